// Transactions to a block: their order as the coin's miners have it, merkle root, proof of work of regtest.
#pragma once

#include <vector>

#include "base/random.h"
#include "devnet_node/chain_state.h"

namespace sluice::devnet_node {

/// Puts the transactions of a block, which come parents first, in a lawful order. Bitcoin keeps it, Bitcoin Cash sorts
/// by txid, Radiant has no rule: some move anywhere, some children step before a parent.
void order_transactions(std::vector<Transaction>& txs, chain::Coin coin, Random& random);

/// Ids with witness, in the same order; empty if no transaction has one.
[[nodiscard]] std::vector<Digest> witness_ids(const std::vector<Transaction>& txs, chain::Coin coin);

/// The block on top of `parent`: spacing_seconds later, under the same bits.
/// Bounds: txs[0] is the coinbase; the bits are those of a regtest, where every second hash will do.
[[nodiscard]] std::vector<std::byte> mine_block(const Block& parent, const std::vector<Transaction>& txs,
                                                chain::Coin coin, std::uint32_t spacing_seconds);

}  // namespace sluice::devnet_node
