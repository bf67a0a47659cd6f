// First half of resolve: turns one batch into records, spread over partitions.
//
// Order-free: any worker may take any batch of the segment, and the rows come out the same, because
// everything is sorted before it is written. What differs between the ways of resolving is only
// what happens to outputs and spends:
//   join   both become records, and meet per partition at the end of the segment (join.h);
//   table  both go straight to the table of live outputs (table.h).
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <span>

#include "classify/script_batch.h"
#include "parse/tx_batch.h"
#include "resolve/outpoint_key.h"
#include "resolve/records.h"
#include "source/format/raw_batch.h"

namespace sluice::resolve {

/// One batch with its place in the segment.
struct BatchInput {
  source::RawBatch raw;
  const parse::TxBatch* txs = nullptr;
  const classify::ScriptBatch* scripts = nullptr;
  std::uint32_t first_rel = 0;
};

/// Remembers scripts seen lately, so that a busy address is recorded once in a while and not with
/// every output. Forgetting is harmless: equal rows merge when they are written.
class RecentScripts {
 public:
  RecentScripts() : slots_(std::make_unique<ScriptKey[]>(slot_count)) {}

  /// True if the script was not in its slot; it is now.
  [[nodiscard]] bool replace(const ScriptHash& scripthash) noexcept {
    // The slot is chosen by the other half, which an entry does not hold.
    ScriptKey& slot = slots_[load_le<std::uint64_t>(scripthash.data() + 16) >> (64 - slot_bits)];
    const ScriptKey key = ScriptKey::of(scripthash);
    if (slot == key) return false;
    slot = key;
    return true;
  }
  void clear() noexcept { std::fill_n(slots_.get(), slot_count, ScriptKey{}); }

 private:
  static constexpr unsigned slot_bits = 15;
  static constexpr std::size_t slot_count = std::size_t{1} << slot_bits;  // 512 KiB: stays in a core's L2
  std::unique_ptr<ScriptKey[]> slots_;
};

/// Everything but outputs and spends: transactions, scripts, funding history, refs.
class Scatter {
 public:
  /// Bounds: partition_count is a power of two; hasher and arena outlive this.
  /// until_duplicate_height: coinbases below it may repeat an older one (Bitcoin; 0 elsewhere).
  Scatter(ChunkArena& arena, const OutpointHasher& hasher, std::size_t partition_count,
          std::uint32_t until_duplicate_height);

  /// Adds a batch to target, for the join way: outputs and spends become records.
  void add_batch(const BatchInput& batch, RecordSet& target);

  /// Adds what both ways share, and nothing of outputs' and spends' matching.
  void add_common(const BatchInput& batch, RecordSet& target);

  /// A new segment begins: what was seen before no longer counts as recorded.
  void begin_segment() noexcept { recent_.clear(); }

 private:
  void add_script(const ScriptHash& scripthash, std::uint32_t rel, RecordSet& target);
  void add_replacements(const BatchInput& batch, RecordSet& target);
  void add_refs(const BatchInput& batch, std::size_t tx, std::size_t first_ref, std::size_t until_ref,
                RecordSet& target);

  struct TxRef {
    std::array<std::byte, 36> ref;
    bool singleton;
    bool minted;
  };

  ChunkArena& arena_;
  const OutpointHasher& hasher_;
  unsigned partition_shift_;
  std::uint32_t until_duplicate_height_;
  RecentScripts recent_;
  Column<TxRef> tx_refs_;
};

/// The bit marks in ScriptBatch::refs become one flag per output, in order: walks along.
class RefCursor {
 public:
  explicit RefCursor(const classify::ScriptBatch& scripts) noexcept : refs_(scripts.refs.span()) {}
  /// Bounds: called with ascending outputs.
  [[nodiscard]] bool has_refs(std::size_t output) noexcept {
    while (next_ < refs_.size() && refs_[next_].output < output) ++next_;
    return next_ < refs_.size() && refs_[next_].output == output;
  }

 private:
  std::span<const classify::OutputRef> refs_;
  std::size_t next_ = 0;
};

}  // namespace sluice::resolve
