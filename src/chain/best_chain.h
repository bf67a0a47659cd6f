// The chain of most work among headers found in any order.
//
// 1. index the records by hash; a repeated hash is a duplicate of its first record
// 2. link each record to its parent, and list the children of each
// 3. walk breadth-first from the genesis record, adding up work; what is not reached is unlinked
// 4. the best tip is the one of most work; from there back to the genesis lies the best chain
//
// No recursion, and whatever the records say (a record that is its own parent, rings of records,
// repeated hashes) each is visited at most once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/hash256.h"
#include "chain/header.h"

namespace sluice::chain {

struct HeaderRecord {
  BlockHash hash;
  BlockHash previous;
  std::uint32_t bits = 0;
};

/// All numbers are positions in the list of records. The four lists hold each position once.
struct BestChain {
  std::vector<std::uint32_t> by_height;   ///< [height]; empty if the genesis record is missing
  std::vector<std::uint32_t> stale;       ///< linked to the genesis, but on another branch; ascending
  std::vector<std::uint32_t> duplicates;  ///< hash seen in an earlier record; ascending
  std::vector<std::uint32_t> unlinked;    ///< parent unknown or itself unlinked, or bad bits; ascending
  Uint256 work;                           ///< of the whole best chain, genesis included
};

/// Ties of work: the tip whose record comes first wins, as a node keeps the branch that it saw first.
/// Records whose bits encode no target cannot be part of a chain and count as unlinked.
/// Bounds: records.size() < 2^32 - 1.   Cost: linear in time and memory (about 60 bytes a record).
[[nodiscard]] BestChain find_best_chain(std::span<const HeaderRecord> records, const BlockHash& genesis);

}  // namespace sluice::chain
