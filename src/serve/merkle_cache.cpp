#include "serve/merkle_cache.h"

#include <algorithm>

#include "base/check.h"

namespace sluice::serve {

std::vector<Digest> HeaderMerkleCache::leaves(const ReadView& view, std::uint64_t first, std::uint64_t count) const {
  const std::vector<std::byte> raw = view.headers(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count));
  SLUICE_CHECK(raw.size() == count * chain::header_bytes);
  std::vector<Digest> hashes;
  hashes.reserve(count + 1);  // folding may add one
  for (std::uint64_t i = 0; i < count; ++i) {
    const Bytes header(raw.data() + i * chain::header_bytes, chain::header_bytes);
    hashes.push_back(hash_cast<Digest>(chain::block_hash(coin_, header)));
  }
  return hashes;
}

void HeaderMerkleCache::follow(const ReadView& view, std::uint64_t count) {
  constexpr std::uint64_t segment = MerkleForest::segment_leaves;
  const std::uint64_t needed = count / segment;
  const auto still_there = [&](std::uint64_t at) {
    return leaves(view, (at + 1) * segment - 1, 1)[0] == segment_end_[at];
  };
  // One header chained to all before it: if the last needed one is unchanged, so is the rest.
  std::uint64_t valid = std::min<std::uint64_t>(segment_end_.size(), needed);
  if (valid > 0 && !still_there(valid - 1)) {
    while (valid > 0 && !still_there(valid - 1)) --valid;
    segment_end_.resize(valid);
    forest_.truncate(valid);
  }
  for (std::uint64_t at = segment_end_.size(); at < needed; ++at) {
    std::vector<Digest> hashes = leaves(view, at * segment, segment);
    segment_end_.push_back(hashes.back());
    forest_.append_segment(std::move(hashes));
  }
}

MerkleProof HeaderMerkleCache::prove(const ReadView& view, std::uint32_t height, std::uint32_t checkpoint_height) {
  SLUICE_CHECK(height <= checkpoint_height);
  const std::uint64_t count = std::uint64_t{checkpoint_height} + 1;
  const std::lock_guard lock(mutex_);
  follow(view, count);
  return forest_.prove_in(count, height, [&](std::uint64_t first) {
    return leaves(view, first, std::min(MerkleForest::segment_leaves, count - first));
  });
}

void HeaderMerkleCache::warm(const ReadView& view) {
  const std::lock_guard lock(mutex_);
  follow(view, std::uint64_t{view.tip_height()} + 1);
}

BlockMerkleCache::Entry& BlockMerkleCache::entry_for(const ReadView& view, std::uint32_t height, std::uint32_t tx_count,
                                                     TxNumber first_tx) {
  const Txid last_txid = view.txid(first_tx + tx_count - 1);
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (at->height != height) continue;
    if (at->tx_count == tx_count && at->first_tx == first_tx && at->last_txid == last_txid) {
      entries_.splice(entries_.begin(), entries_, at);
      return entries_.front();
    }
    entries_.erase(at);
    break;
  }
  Entry entry{height, tx_count, first_tx, last_txid, {}};
  const std::vector<Txid> txids = view.block_txids(height);
  SLUICE_CHECK(txids.size() == tx_count);
  constexpr std::uint64_t segment = MerkleForest::segment_leaves;
  for (std::uint64_t first = 0; first + segment <= tx_count; first += segment) {
    std::vector<Digest> hashes;
    for (std::uint64_t i = first; i < first + segment; ++i) hashes.push_back(hash_cast<Digest>(txids[i]));
    entry.forest.append_segment(std::move(hashes));
  }
  entries_.push_front(std::move(entry));
  if (entries_.size() > blocks_max) entries_.pop_back();
  return entries_.front();
}

MerkleProof BlockMerkleCache::prove(const ReadView& view, std::uint32_t height, std::uint32_t position) {
  const std::uint32_t tx_count = view.block_tx_count(height);
  SLUICE_CHECK(position < tx_count);
  const TxNumber first_tx = view.block_first_tx(height);
  const auto read = [&](std::uint64_t first, std::uint64_t until) {
    std::vector<Digest> hashes;
    hashes.reserve(until - first + 1);
    for (std::uint64_t i = first; i < until; ++i) hashes.push_back(hash_cast<Digest>(view.txid(first_tx + i)));
    return hashes;
  };
  if (tx_count < cached_from_tx_count) return serve::prove(read(0, tx_count), position);
  const std::lock_guard lock(mutex_);
  const Entry& entry = entry_for(view, height, tx_count, first_tx);
  return entry.forest.prove_in(tx_count, position, [&](std::uint64_t first) {
    return read(first, std::min<std::uint64_t>(first + MerkleForest::segment_leaves, tx_count));
  });
}

}  // namespace sluice::serve
