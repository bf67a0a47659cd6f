#include "devnet_node/block_builder.h"

#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "devnet/buffer.h"
#include "devnet/digest.h"

namespace sluice::devnet_node {
namespace {

/// A witness follows the marker 00 01 behind the version.
bool has_witness(const Transaction& tx, chain::Coin coin) {
  return coin == chain::Coin::bitcoin && tx.raw[4] == std::byte{0};
}

void shuffle_some(std::vector<Transaction>& txs, Random& random) {
  for (std::size_t moves = txs.size() / 64 + 1; moves > 0; --moves) {
    const auto from = static_cast<std::size_t>(random.below(txs.size()));
    const auto to = static_cast<std::size_t>(random.below(txs.size()));
    std::swap(txs[from], txs[to]);
  }
  for (std::size_t tries = txs.size() / 8 + 1; tries > 0; --tries) {
    const auto child = static_cast<std::size_t>(random.below(txs.size()));
    const auto parent = std::find_if(txs.begin(), txs.end(), [&](const Transaction& tx) {
      return std::any_of(txs[child].inputs.begin(), txs[child].inputs.end(),
                         [&](const Outpoint& input) { return input.txid == tx.txid; });
    });
    const auto place = static_cast<std::size_t>(parent - txs.begin());
    if (parent == txs.end() || place > child) continue;
    std::rotate(parent, txs.begin() + static_cast<std::ptrdiff_t>(child),
                txs.begin() + static_cast<std::ptrdiff_t>(child) + 1);
  }
}

}  // namespace

void order_transactions(std::vector<Transaction>& txs, chain::Coin coin, Random& random) {
  if (txs.empty() || coin == chain::Coin::bitcoin) return;
  if (coin == chain::Coin::radiant) return shuffle_some(txs, random);
  std::sort(txs.begin(), txs.end(), [](const Transaction& left, const Transaction& right) {
    const auto& a = left.txid.bytes;
    const auto& b = right.txid.bytes;
    return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  });
}

std::vector<Digest> witness_ids(const std::vector<Transaction>& txs, chain::Coin coin) {
  std::vector<Digest> ids;
  if (std::none_of(txs.begin(), txs.end(), [&](const Transaction& tx) { return has_witness(tx, coin); })) return ids;
  for (const Transaction& tx : txs)
    ids.push_back(has_witness(tx, coin) ? devnet::double_sha256(tx.raw) : hash_cast<Digest>(tx.txid));
  return ids;
}

std::vector<std::byte> mine_block(const Block& parent, const std::vector<Transaction>& txs, chain::Coin coin,
                                  std::uint32_t spacing_seconds) {
  SLUICE_CHECK(!txs.empty() && txs.front().is_coinbase());
  std::vector<Digest> ids;
  std::size_t size = 0;
  for (const Transaction& tx : txs) {
    ids.push_back(hash_cast<Digest>(tx.txid));
    size += tx.raw.size();
  }
  std::vector<std::byte> block;
  block.reserve(size + chain::header_bytes + 9);
  devnet::put_le(block, std::uint32_t{0x20000000});
  devnet::put_bytes(block, parent.hash.span());
  devnet::put_bytes(block, devnet::merkle_root(std::move(ids)).span());
  devnet::put_le(block, parent.header.time + spacing_seconds);
  devnet::put_le(block, parent.header.bits);
  devnet::put_le(block, std::uint32_t{0});
  for (std::uint32_t nonce = 0; !chain::meets_target(chain::block_hash(coin, block), parent.header.bits); ++nonce)
    store_le(block.data() + 76, nonce);
  devnet::put_compact(block, txs.size());
  for (const Transaction& tx : txs) devnet::put_bytes(block, tx.raw);
  return block;
}

}  // namespace sluice::devnet_node
