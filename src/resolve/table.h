// The table way: live outputs in memory, found the moment they are spent.
//
// One shard a worker, chosen by outpoint key, so that no shard is ever locked. A shard is a flat
// open-addressing table with linear probing and backward-shift deletion (no tombstones, so a table
// that has seen a whole chain is as fast as a fresh one). Outputs stay over the end of a segment as
// long as there is room: the oldest go first, because old outputs are spent last. What a shard lacks
// is looked up in the store.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "resolve/join.h"
#include "resolve/scatter.h"

namespace sluice::resolve {

class LiveTable {
 public:
  /// Bounds: capacity is rounded up to a power of two; memory is 40 bytes a slot, touched as it fills.
  explicit LiveTable(std::size_t capacity);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Probes stay short up to here; beyond it a segment should end.
  [[nodiscard]] std::size_t comfortable_size() const noexcept { return (mask_ + 1) / 4 * 3; }

  void prefetch(std::uint64_t key) const noexcept { __builtin_prefetch(&slots_[slot_key(key) & mask_]); }

  /// Adds an output; returns the entry of the same key that was there before, or an empty one.
  /// Bounds: fewer than 7/8 of the slots are taken (CHECK).
  [[nodiscard]] LiveOutput replace(LiveOutput output) noexcept;
  /// Takes an output out; an entry with key 0 if it is not there.
  [[nodiscard]] LiveOutput take(std::uint64_t key) noexcept;
  [[nodiscard]] bool has_room() const noexcept { return size_ < (mask_ + 1) / 8 * 7; }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t at = 0; at <= mask_; ++at) {
      if (slots_[at].key != 0) visit(slots_[at]);
    }
  }

  /// Keeps the youngest `keep` outputs. Bounds: all of them are in the store.
  void evict_oldest(std::size_t keep);

 private:
  [[nodiscard]] static std::uint64_t slot_key(std::uint64_t key) noexcept { return key == 0 ? 1 : key; }
  void remove_at(std::size_t at) noexcept;

  struct Unmap {
    std::size_t bytes;
    void operator()(LiveOutput* slots) const noexcept;
  };
  std::unique_ptr<LiveOutput[], Unmap> slots_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

/// A spend of an output that is in the store, found in memory.
struct PriorSpend {
  SpendRecord spend;
  LiveOutput output;
};

/// One worker of the table way.
class TableResolver {
 public:
  TableResolver(ChunkArena& arena, const OutpointHasher& hasher, std::size_t capacity, std::uint32_t worker,
                std::uint32_t workers);

  /// Applies the worker's share of a batch. Bounds: batches come in order.
  /// Errors: key_collision. Spends whose output is not here go to target.spends.
  ResolveErrc add_batch(const BatchInput& batch, RecordSet& target, ResolveFault& fault);

  /// The segment ends: its outputs that live become unspent records.
  void finish_segment(const SegmentContext& segment, RecordSet& target);
  /// Everything in the table is committed: forgets what belonged to the segment, makes room.
  void begin_segment(std::uint64_t first_tx, std::uint32_t undo_first_height, bool duplicate_coinbases);

  /// May be asked from another thread; as of the last batch.
  [[nodiscard]] bool full() const noexcept {
    return size_seen_.load(std::memory_order_relaxed) >= table_.comfortable_size();
  }
  [[nodiscard]] std::vector<PriorSpend>& prior() noexcept { return prior_; }
  [[nodiscard]] std::vector<PlaceRecord>& replaced() noexcept { return replaced_; }

 private:
  /// Blocks [first, until) of a batch.
  struct BlockSpan {
    std::size_t first;
    std::size_t until;
  };
  ResolveErrc add_outputs(const BatchInput& batch, BlockSpan blocks, RecordSet& target, ResolveFault& fault);
  void add_spends(const BatchInput& batch, BlockSpan blocks, RecordSet& target);
  [[nodiscard]] std::uint32_t undo_height(std::uint32_t height) const noexcept {
    return height >= undo_first_height_ ? height : no_undo;
  }
  [[nodiscard]] bool mine(std::uint64_t key) const noexcept { return (key >> 32) % workers_ == worker_; }

  struct KeyedOutput {
    std::uint64_t key;
    std::uint32_t tx;
    std::uint32_t output;
  };
  struct KeyedSpend {
    std::uint64_t key;
    std::uint32_t tx;
    std::uint32_t input;
  };

  ChunkArena& arena_;
  const OutpointHasher& hasher_;
  std::uint32_t worker_;
  std::uint32_t workers_;
  std::uint64_t first_tx_ = 0;
  std::uint32_t undo_first_height_ = 0;
  bool duplicate_coinbases_ = false;
  LiveTable table_;
  std::atomic<std::size_t> size_seen_{0};  // relaxed: a number to compare, nothing hangs on its order
  Column<KeyedOutput> outputs_;
  Column<KeyedSpend> spends_;
  std::vector<PriorSpend> prior_;
  std::vector<PlaceRecord> replaced_;
};

}  // namespace sluice::resolve
