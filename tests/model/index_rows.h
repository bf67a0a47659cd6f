// Everything an index says, as ordered containers: read from a database, or expected by the model.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "naive_index.h"
#include "store/database.h"

namespace sluice::test {

/// Equal rows mean equal indexes. Rows that only one side can know are compared by what both can:
/// the model keeps the latest location of a ref, the index all of them.
struct IndexRows {
  std::vector<std::string> headers;
  std::vector<std::string> txids;
  std::vector<std::uint32_t> places;
  std::vector<std::uint64_t> block_first_tx;
  std::set<std::pair<std::uint64_t, std::uint64_t>> history;  ///< prefix, tx number
  std::set<std::string> scripts;
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>, std::uint64_t>
      unspent;  ///< -> value << 1 | has refs
  std::map<std::tuple<std::uint64_t, std::uint32_t>, std::pair<std::uint64_t, std::uint64_t>>
      outputs;  ///< -> prefix, value << 1 | has refs
  std::set<std::pair<std::uint64_t, std::uint64_t>> txs;
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::string> output_refs;
  std::map<std::string, std::uint64_t> mints;
  std::map<std::string, std::uint64_t> latest;
  std::pair<std::uint64_t, std::uint64_t> outpoint_sum;
  std::uint64_t unspent_count = 0;

  friend bool operator==(const IndexRows&, const IndexRows&) = default;
};

[[nodiscard]] IndexRows rows_of(const store::Database& database);
[[nodiscard]] IndexRows rows_of(const model::NaiveIndex& model);

/// Names the parts in which the two differ, for failure messages.
[[nodiscard]] std::string difference(const IndexRows& expected, const IndexRows& actual);

}  // namespace sluice::test
