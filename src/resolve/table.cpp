#include "resolve/table.h"

#include <sys/mman.h>

#include <algorithm>

#include "base/prefix.h"

namespace sluice::resolve {
namespace {

/// Keys are computed this far ahead of their use, so that the slot's cache line is there in time.
constexpr std::size_t prefetch_distance = 16;

}  // namespace

void LiveTable::Unmap::operator()(LiveOutput* slots) const noexcept { ::munmap(slots, bytes); }

LiveTable::LiveTable(std::size_t capacity) {
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(capacity, 64));
  const std::size_t bytes = slots * sizeof(LiveOutput);
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  SLUICE_CHECK(memory != MAP_FAILED);
  (void)::madvise(memory, bytes, MADV_HUGEPAGE);
  slots_ = {static_cast<LiveOutput*>(memory), Unmap{bytes}};
  mask_ = slots - 1;
}

LiveOutput LiveTable::replace(LiveOutput output) noexcept {
  SLUICE_CHECK(has_room());
  output.key = slot_key(output.key);
  for (std::size_t at = output.key & mask_;; at = (at + 1) & mask_) {
    LiveOutput& slot = slots_[at];
    if (slot.key != 0 && slot.key != output.key) continue;
    const LiveOutput before = slot;
    if (before.key == 0) ++size_;
    slot = output;
    return before;
  }
}

LiveOutput LiveTable::take(std::uint64_t key) noexcept {
  key = slot_key(key);
  for (std::size_t at = key & mask_;; at = (at + 1) & mask_) {
    if (slots_[at].key == 0) return {};
    if (slots_[at].key != key) continue;
    const LiveOutput found = slots_[at];
    remove_at(at);
    return found;
  }
}

// Closes the gap: every follower that may move into it without passing its home slot does.
void LiveTable::remove_at(std::size_t at) noexcept {
  --size_;
  for (std::size_t next = (at + 1) & mask_; slots_[next].key != 0; next = (next + 1) & mask_) {
    const std::size_t home = slots_[next].key & mask_;
    if (((next - home) & mask_) < ((next - at) & mask_)) continue;
    slots_[at] = slots_[next];
    at = next;
  }
  slots_[at].key = 0;
}

void LiveTable::evict_oldest(std::size_t keep) {
  if (size_ <= keep) return;
  std::vector<LiveOutput> kept;
  kept.reserve(size_);
  for_each([&](const LiveOutput& output) { kept.push_back(output); });
  const auto older_last = [](const LiveOutput& a, const LiveOutput& b) { return a.tx_number > b.tx_number; };
  if (keep > 0)
    std::nth_element(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(keep - 1), kept.end(), older_last);
  kept.resize(keep);
  std::fill_n(slots_.get(), mask_ + 1, LiveOutput{});
  size_ = 0;
  for (const LiveOutput& output : kept) (void)replace(output);
}

TableResolver::TableResolver(ChunkArena& arena, const OutpointHasher& hasher, std::size_t capacity,
                             std::uint32_t worker, std::uint32_t workers)
    : arena_(arena), hasher_(hasher), worker_(worker), workers_(workers), table_(capacity) {}

ResolveErrc TableResolver::add_batch(const BatchInput& batch, RecordSet& target, ResolveFault& fault) {
  // A block may hold a child before its parent, so its outputs are all there before its spends. Many blocks
  // at once leave the prefetching more to do; where a coinbase may be spent and repeated, order tells.
  const std::size_t count = batch.raw.blocks.size();
  const std::size_t step = duplicate_coinbases_ ? 1 : count;
  for (std::size_t first = 0; first < count; first += step) {
    const BlockSpan blocks{first, first + step};
    if (const ResolveErrc errc = add_outputs(batch, blocks, target, fault); errc != ResolveErrc::ok) return errc;
    add_spends(batch, blocks, target);
  }
  size_seen_.store(table_.size(), std::memory_order_relaxed);
  return ResolveErrc::ok;
}

ResolveErrc TableResolver::add_outputs(const BatchInput& batch, BlockSpan blocks, RecordSet& target,
                                       ResolveFault& fault) {
  const parse::TxBatch& txs = *batch.txs;
  outputs_.reserve_address_space(txs.output_value.capacity());  // as many as any batch may hold
  outputs_.clear();
  for (std::uint32_t tx = txs.block_tx_begin[blocks.first]; tx < txs.block_tx_begin[blocks.until]; ++tx) {
    for (std::uint32_t output = txs.output_begin[tx]; output < txs.output_begin[tx + 1]; ++output) {
      const std::uint64_t key = hasher_(txs.txid[tx].data(), output - txs.output_begin[tx]);
      if (batch.scripts->indexed[output] != 0 && mine(key)) outputs_.push_back({key, tx, output});
    }
  }
  RefCursor refs(*batch.scripts);
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (i + prefetch_distance < outputs_.size()) table_.prefetch(outputs_[i + prefetch_distance].key);
    const auto [key, tx, output] = outputs_[i];
    const std::uint32_t rel = batch.first_rel + tx;
    const std::uint32_t index = output - txs.output_begin[tx];
    const ValueFlags value = ValueFlags::of(txs.output_value[output], target.by_script && refs.has_refs(output));
    if (!table_.has_room()) {
      fault = {rel, index};
      return ResolveErrc::table_full;
    }
    const LiveOutput before =
        table_.replace({key, prefix_of(batch.scripts->scripthash[output]), value, first_tx_ + rel, index, 0});
    if (before.key == 0) continue;
    const bool coinbase = std::binary_search(txs.block_tx_begin.begin(), txs.block_tx_begin.end(), tx);
    if (!duplicate_coinbases_ || before.index != index || !coinbase) {
      fault = {rel, index};
      return ResolveErrc::key_collision;
    }
    // An older segment's output is in the store, where the coinbase asks for it (Scatter).
    if (before.tx_number < first_tx_) continue;
    replaced_.push_back({before.tx_number, index});
    push_replaced(arena_, target, undo_height(batch.raw.blocks[blocks.first].height),
                  before);  // one block at a time here
  }
  return ResolveErrc::ok;
}

void TableResolver::add_spends(const BatchInput& batch, BlockSpan blocks, RecordSet& target) {
  const parse::TxBatch& txs = *batch.txs;
  const std::byte* raw = batch.raw.raw.data();
  spends_.reserve_address_space(txs.prevout_offset.capacity());  // as many as any batch may hold
  spends_.clear();
  for (std::uint32_t tx = txs.block_tx_begin[blocks.first]; tx < txs.block_tx_begin[blocks.until]; ++tx) {
    for (std::uint32_t input = txs.input_begin[tx]; input < txs.input_begin[tx + 1]; ++input) {
      const std::byte* prevout = raw + txs.prevout_offset[input];
      const std::uint64_t key = hasher_(prevout, load_le<std::uint32_t>(prevout + 32));
      if (mine(key)) spends_.push_back({key, tx, input});
    }
  }
  std::size_t block = blocks.first;
  for (std::size_t i = 0; i < spends_.size(); ++i) {
    if (i + prefetch_distance < spends_.size()) table_.prefetch(spends_[i + prefetch_distance].key);
    const auto [key, tx, input] = spends_[i];
    const std::uint32_t rel = batch.first_rel + tx;
    LiveOutput output = table_.take(key);
    while (tx >= txs.block_tx_begin[block + 1]) ++block;
    // A child may stand before its parent, but only in one block: an output of a later one is not there yet.
    if (output.tx_number >= first_tx_ + batch.first_rel + txs.block_tx_begin[block + 1]) output.key = 0;
    if (output.key != 0 && output.tx_number >= first_tx_) {
      const std::uint32_t height = batch.raw.blocks[block].height;
      push_spent(arena_, target, rel, undo_height(height), output.tx_number, output.index, output.prefix, output.value);
      continue;
    }
    const std::byte* prevout = raw + txs.prevout_offset[input];
    const SpendRecord spend{key, load_be<std::uint64_t>(prevout) & prefix_mask,
                            load_le<std::uint32_t>(prevout + 32) & ~replaces_older, rel};
    if (output.key != 0) prior_.push_back({spend, output});
    else target.spends[partition_of(key, partition_shift(target.spends.size()))].push(arena_, spend);
  }
}

void TableResolver::finish_segment(const SegmentContext& segment, RecordSet& target) {
  table_.for_each([&](const LiveOutput& output) {
    if (output.tx_number < segment.first_tx) return;
    const auto rel = static_cast<std::uint32_t>(output.tx_number - segment.first_tx);
    push_unspent(arena_, segment, target, rel, output.index, output.prefix, output.value);
  });
}

void TableResolver::begin_segment(std::uint64_t first_tx, std::uint32_t undo_first_height, bool duplicate_coinbases) {
  first_tx_ = first_tx;
  undo_first_height_ = undo_first_height;
  duplicate_coinbases_ = duplicate_coinbases;
  prior_.clear();
  replaced_.clear();
  table_.evict_oldest(table_.comfortable_size() / 2);
  size_seen_.store(table_.size(), std::memory_order_relaxed);
}

}  // namespace sluice::resolve
