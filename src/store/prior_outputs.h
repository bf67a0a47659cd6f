// Finds outputs that earlier segments created, for the spends that the segment itself could not
// settle: prevout txid -> tx number -> output.
#pragma once

#include <span>
#include <vector>

#include "resolve/outpoint_key.h"
#include "resolve/records.h"
#include "store/database.h"
#include "write/row_writer.h"
#include "write/rows.h"

namespace sluice::store {

struct PriorOutput {
  bool found = false;
  std::uint64_t tx_number = 0;
  write::OutputEntry output{};
};

/// Looks up each spend. Spends sorted by txid prefix read the tables nearly in order.
/// Shape:  answers[i] belongs to spends[i]; found is false where no unspent output matches.
/// Cost:   one seek in txs and one get in outputs a spend; several threads may each take a share.
Status find_prior_outputs(const Database& database, const resolve::OutpointHasher& hasher,
                          std::span<const resolve::SpendRecord> spends, std::span<PriorOutput> answers);

}  // namespace sluice::store
