#include "serve/merkle_cache.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace sluice::serve {
namespace {

/// The first bytes: work makes the last ones zero.
std::uint32_t hash_prefix_of(const Digest& hash) noexcept { return load_le<std::uint32_t>(hash.data()); }

}  // namespace

Result<std::vector<Digest>> HeaderMerkleCache::leaves(const ReadView& view, std::uint64_t first,
                                                      std::uint64_t count) const {
  const auto raw = view.headers(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count));
  if (!raw) return raw.error();
  SLUICE_CHECK(raw.value().size() == count * chain::header_bytes);
  std::vector<Digest> hashes;
  hashes.reserve(count + 1);  // folding may add one
  for (std::uint64_t i = 0; i < count; ++i) {
    const Bytes header(raw.value().data() + i * chain::header_bytes, chain::header_bytes);
    hashes.push_back(hash_cast<Digest>(chain::block_hash(coin_, header)));
  }
  return hashes;
}

Result<bool> HeaderMerkleCache::still_there(const ReadView& view, std::uint64_t segment) const {
  const auto end = leaves(view, (segment + 1) * MerkleForest::segment_leaves - 1, 1);
  if (!end) return end.error();
  return end.value()[0] == segment_end_[segment];
}

Status HeaderMerkleCache::follow(const ReadView& view, std::uint64_t count) {
  constexpr std::uint64_t segment = MerkleForest::segment_leaves;
  const std::uint64_t needed = count / segment;
  // One header chained to all before it: if the last needed one is unchanged, so is the rest.
  const std::uint64_t known = std::min<std::uint64_t>(segment_end_.size(), needed);
  std::uint64_t valid = known;
  for (; valid > 0; --valid) {
    const auto there = still_there(view, valid - 1);
    if (!there) return there.error();
    if (there.value()) break;
  }
  if (valid < known) {
    segment_end_.resize(valid);
    forest_.truncate(valid);
    hash_prefix_.resize(valid * segment);
  }
  for (std::uint64_t at = segment_end_.size(); at < needed; ++at) {
    auto hashes = leaves(view, at * segment, segment);
    if (!hashes) return std::move(hashes).error();
    segment_end_.push_back(hashes.value().back());
    for (std::uint64_t i = 0; i < segment; ++i) hash_prefix_.push_back(hash_prefix_of(hashes.value()[i]));
    forest_.append_segment(std::move(hashes).value());
  }
  return {};
}

Result<MerkleProof> HeaderMerkleCache::prove(const ReadView& view, std::uint32_t height,
                                             std::uint32_t checkpoint_height) {
  SLUICE_CHECK(height <= checkpoint_height);
  const std::uint64_t count = std::uint64_t{checkpoint_height} + 1;
  const std::lock_guard lock(mutex_);
  if (Status status = follow(view, count); !status) return std::move(status).error();
  return forest_.prove_in(count, height, [&](std::uint64_t first) {
    return leaves(view, first, std::min(MerkleForest::segment_leaves, count - first));
  });
}

Result<std::optional<std::uint32_t>> HeaderMerkleCache::height_in(const ReadView& view, const BlockHash& hash,
                                                                  std::uint64_t first, std::uint64_t count) const {
  const auto hashes = leaves(view, first, count);
  if (!hashes) return hashes.error();
  const auto found = std::ranges::find(hashes.value(), hash_cast<Digest>(hash));
  if (found == hashes.value().end()) return std::optional<std::uint32_t>{};
  return std::optional(static_cast<std::uint32_t>(first + static_cast<std::uint64_t>(found - hashes.value().begin())));
}

Result<std::optional<std::uint32_t>> HeaderMerkleCache::height_of(const ReadView& view, const BlockHash& hash) {
  const std::uint64_t count = std::uint64_t{view.tip_height()} + 1;
  const std::lock_guard lock(mutex_);
  if (Status status = follow(view, count); !status) return std::move(status).error();
  // A view may be older than the one before it, by some blocks.
  const std::uint64_t known = count / MerkleForest::segment_leaves * MerkleForest::segment_leaves;
  const auto end = hash_prefix_.begin() + static_cast<std::ptrdiff_t>(known);
  const std::uint32_t wanted = hash_prefix_of(hash_cast<Digest>(hash));
  for (auto at = std::find(hash_prefix_.begin(), end, wanted); at != end; at = std::find(at + 1, end, wanted)) {
    const auto found = height_in(view, hash, static_cast<std::uint64_t>(at - hash_prefix_.begin()), 1);
    if (!found || found.value()) return found;
  }
  return height_in(view, hash, known, count - known);
}

Status HeaderMerkleCache::warm(const ReadView& view) {
  const std::lock_guard lock(mutex_);
  return follow(view, std::uint64_t{view.tip_height()} + 1);
}

Result<const BlockMerkleCache::Entry*> BlockMerkleCache::entry_for(const ReadView& view, std::uint32_t height,
                                                                   std::uint32_t tx_count, TxNumber first_tx) {
  const auto last_txid = view.txid(first_tx + tx_count - 1);
  if (!last_txid) return last_txid.error();
  if (const auto found = by_height_.find(height); found != by_height_.end()) {
    const auto at = found->second;
    if (at->tx_count == tx_count && at->first_tx == first_tx && at->last_txid == last_txid.value()) {
      entries_.splice(entries_.begin(), entries_, at);
      return &entries_.front();
    }
    forget(at);
  }
  Entry entry{height, tx_count, first_tx, last_txid.value(), {}};
  const auto txids = view.block_txids(height);
  if (!txids) return txids.error();
  SLUICE_CHECK(txids.value().size() == tx_count);
  constexpr std::uint64_t segment = MerkleForest::segment_leaves;
  for (std::uint64_t first = 0; first + segment <= tx_count; first += segment) {
    std::vector<Digest> hashes;
    for (std::uint64_t i = first; i < first + segment; ++i) hashes.push_back(hash_cast<Digest>(txids.value()[i]));
    entry.forest.append_segment(std::move(hashes));
  }
  entries_.push_front(std::move(entry));
  by_height_[height] = entries_.begin();
  tx_total_ += tx_count;
  while (entries_.size() > 1 && (entries_.size() > blocks_max || tx_total_ > tx_total_max))
    forget(std::prev(entries_.end()));
  return &entries_.front();
}

void BlockMerkleCache::forget(std::list<Entry>::iterator entry) {
  by_height_.erase(entry->height);
  tx_total_ -= entry->tx_count;
  entries_.erase(entry);
}

Result<MerkleProof> BlockMerkleCache::prove(const ReadView& view, std::uint32_t height, std::uint32_t position) {
  const std::uint32_t tx_count = view.block_tx_count(height);
  SLUICE_CHECK(position < tx_count);
  const TxNumber first_tx = view.block_first_tx(height);
  const auto read = [&](std::uint64_t first, std::uint64_t until) -> Result<std::vector<Digest>> {
    std::vector<TxNumber> numbers(until - first);
    std::iota(numbers.begin(), numbers.end(), first_tx + first);
    std::vector<Txid> txids(numbers.size());
    if (Status status = view.read_txids(numbers, txids); !status) return std::move(status).error();
    std::vector<Digest> hashes;
    hashes.reserve(txids.size() + 1);  // folding may add one
    for (const Txid& txid : txids) hashes.push_back(hash_cast<Digest>(txid));
    return hashes;
  };
  if (tx_count < cached_from_tx_count) {
    auto leaves = read(0, tx_count);
    if (!leaves) return std::move(leaves).error();
    return serve::prove(std::move(leaves).value(), position);
  }
  const std::lock_guard lock(mutex_);
  const auto entry = entry_for(view, height, tx_count, first_tx);
  if (!entry) return entry.error();
  return entry.value()->forest.prove_in(tx_count, position, [&](std::uint64_t first) {
    return read(first, std::min<std::uint64_t>(first + MerkleForest::segment_leaves, tx_count));
  });
}

}  // namespace sluice::serve
