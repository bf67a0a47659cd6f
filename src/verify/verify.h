// Proves an index whole, or names what is wrong with it: `sluice verify`.
//
//   without block files   every row well formed and in range, tables and flat files agree with each
//                         other and with the state record, headers link and carry their work,
//                         transaction ids hash to the headers' merkle roots
//   with block files      every block and transaction stands where the index says
//   deep                  every row is recomputed from the block files and compared
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chain/coin.h"
#include "store/database.h"

namespace sluice::verify {

struct VerifyOptions {
  const chain::Network* network = nullptr;  ///< null: the one that the index names
  std::string db_directory;
  std::string blocks_directory;  ///< empty: no block files are looked at
  bool deep = false;             ///< needs blocks_directory
  std::uint64_t memory_budget = std::uint64_t{1} << 30;
  std::uint32_t deep_passes = 0;  ///< 0: as few as fit the memory budget
  std::uint32_t reads_in_flight = 16;
  std::size_t findings_max = 20;  ///< findings kept as text; all are counted
  store::StoreOptions store;
  const std::atomic<bool>* stop = nullptr;
};

/// One kind of check: how much it looked at, and how much of it was wrong.
struct CheckCount {
  std::string name;
  std::uint64_t items = 0;
  std::uint64_t findings = 0;
};

struct VerifyReport {
  std::vector<std::string> findings;  ///< the first findings_max, one line each
  std::uint64_t finding_count = 0;
  std::vector<CheckCount> checks;
  std::uint32_t height = 0;  ///< of the tip that the state record names
  std::uint64_t tx_count = 0;
  std::string digest;        ///< store::digest_index over everything; "" if the index cannot be read whole
  std::uint32_t passes = 0;  ///< over the block files
  /// Blocks that the swap rows are behind the index: no damage, they come when it is next opened with SWAP_INDEX.
  /// nullopt: there are no swap rows, or how far they go cannot be told.
  std::optional<std::uint32_t> swap_blocks_behind;

  [[nodiscard]] bool whole() const noexcept { return finding_count == 0; }
};

/// Where a long run is.
struct VerifyProgress {
  std::string_view check;  ///< what is being looked at
  std::uint32_t height = 0;
  std::uint64_t bytes_done = 0;   ///< of block files, all passes together
  std::uint64_t bytes_total = 0;  ///< 0 while no block file is read
  std::uint64_t txs_done = 0;
};
using VerifyHook = std::function<void(const VerifyProgress&)>;

/// Reads the whole index once or a few times, and the block files `passes` times.
/// Errors: not_found (no index there), config (another network's index, deep without block files), unsupported
///         (another format version), io (the block files' directory cannot be read), stopped. Damage is no error:
///         it is in the report.
/// Cost:   memory within the budget, but for 152 bytes a block; time linear in the index, with deep in
///         passes times the block files.
[[nodiscard]] Result<VerifyReport> verify_index(const VerifyOptions& options, const VerifyHook& progress);

/// The last lines of the command's output: what was looked at, the digest, the verdict.
[[nodiscard]] std::string describe(const VerifyReport& report);

}  // namespace sluice::verify
