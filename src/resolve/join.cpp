#include "resolve/join.h"

#include <algorithm>
#include <bit>

#include "resolve/scatter.h"

namespace sluice::resolve {

std::uint32_t SegmentContext::height_of(std::uint32_t rel) const noexcept {
  const auto after = std::upper_bound(block_first_rel.begin(), block_first_rel.end(), rel);
  SLUICE_CHECK(after != block_first_rel.begin());
  return first_height + static_cast<std::uint32_t>(after - block_first_rel.begin()) - 1;
}

std::uint32_t SegmentContext::undo_first_rel() const noexcept {
  if (undo_first_height <= first_height) return 0;
  const std::size_t block = undo_first_height - first_height;
  return block < block_first_rel.size() ? block_first_rel[block] : ~std::uint32_t{0};
}

std::uint32_t SegmentContext::block_begin(std::uint32_t rel) const noexcept {
  return block_first_rel[height_of(rel) - first_height];
}

unsigned SegmentContext::created_shift(std::size_t partition_count) const noexcept {
  const auto rel_bits = static_cast<unsigned>(std::bit_width(tx_count));
  const auto partition_bits = static_cast<unsigned>(std::bit_width(partition_count) - 1);
  return rel_bits > partition_bits ? rel_bits - partition_bits : 0;
}

void push_unspent(ChunkArena& arena, const SegmentContext& segment, RecordSet& target, std::uint32_t rel,
                  std::uint32_t index, std::uint64_t prefix, ValueFlags value) {
  const std::size_t partition_count = target.unspent.size();
  const UnspentRecord record{prefix, segment.first_tx + rel, value, index, 0};
  target.unspent[partition_of(prefix, partition_shift(partition_count))].push(arena, record);
  target.created[rel >> segment.created_shift(partition_count)].push(arena, record);
}

std::uint32_t SegmentContext::undo_height(std::uint32_t rel) const noexcept {
  return rel >= undo_first_rel() ? height_of(rel) : no_undo;
}

void push_spent(ChunkArena& arena, RecordSet& target, std::uint32_t spender_rel, std::uint32_t undo_height,
                std::uint64_t tx_number, std::uint32_t index, std::uint64_t prefix, ValueFlags value) {
  target.history[partition_of(prefix, partition_shift(target.history.size()))].push(arena, {prefix, spender_rel});
  if (undo_height != no_undo) target.undo.push(arena, {undo_height, index, tx_number, prefix, value});
}

namespace {

constexpr std::uint32_t empty_slot = ~std::uint32_t{0};
constexpr std::uint32_t spent_mark = ~std::uint32_t{0};

/// Linear probing over indexes into the gathered outputs; at most half full.
class OutputTable {
 public:
  OutputTable(JoinScratch& scratch, std::size_t count) : scratch_(scratch) {
    const std::size_t size = std::bit_ceil(2 * count + 1);
    scratch.slots.resize(size);
    std::fill(scratch.slots.begin(), scratch.slots.end(), empty_slot);
    mask_ = size - 1;
  }

  /// The slot that holds the key, or the empty one where it belongs.
  [[nodiscard]] std::uint32_t& slot_of(std::uint64_t key) noexcept {
    // The top bits chose the partition; the low ones choose the slot.
    for (std::size_t at = key & mask_;; at = (at + 1) & mask_) {
      std::uint32_t& slot = scratch_.slots[at];
      if (slot == empty_slot || scratch_.outputs[slot].key == key) return slot;
    }
  }

 private:
  JoinScratch& scratch_;
  std::size_t mask_ = 0;
};

/// Gathers a partition's outputs into scratch, in a table. The latest of several outputs of one
/// outpoint is found by key; the others are in scratch.replaced.
ResolveErrc build_table(const SegmentContext& segment, JoinScratch& scratch, OutputTable& table, ResolveFault& fault) {
  for (std::uint32_t i = 0; i < scratch.outputs.size(); ++i) {
    const OutputRecord& output = scratch.outputs[i];
    std::uint32_t& slot = table.slot_of(output.key);
    if (slot == empty_slot) {
      slot = i;
      continue;
    }
    const OutputRecord& other = scratch.outputs[slot];
    const bool duplicate = segment.duplicate_coinbases && other.index == output.index && other.rel != output.rel &&
                           segment.block_begin(other.rel) == other.rel && segment.block_begin(output.rel) == output.rel;
    if (!duplicate) {
      fault = {output.rel, output.index};
      return ResolveErrc::key_collision;
    }
    scratch.replaced.push_back(output.rel > other.rel ? slot : i);
    if (output.rel > other.rel) slot = i;
  }
  return ResolveErrc::ok;
}

/// The output that a spend means: the latest of its outpoint that is not younger than the spender's
/// block. Blocks may hold a child before its parent, so only replaced outputs are told apart.
std::uint32_t output_for(const JoinScratch& scratch, std::uint32_t latest, const SpendRecord& spend) noexcept {
  if (scratch.replaced.empty() || scratch.outputs[latest].rel <= spend.rel) return latest;
  std::uint32_t best = latest;
  for (const std::uint32_t candidate : scratch.replaced) {
    const OutputRecord& output = scratch.outputs[candidate];
    if (output.key != spend.key || output.rel > spend.rel) continue;
    if (best == latest || output.rel > scratch.outputs[best].rel) best = candidate;
  }
  return best;
}

}  // namespace

ResolveErrc join_partition(std::size_t partition, std::span<RecordSet* const> sources, const SegmentContext& segment,
                           ChunkArena& arena, JoinScratch& scratch, RecordSet& target, JoinLeft& left,
                           ResolveFault& fault) {
  std::size_t count = 0;
  for (const RecordSet* source : sources) count += source->outputs[partition].count();
  scratch.outputs.resize(count);
  scratch.replaced.clear();
  OutputRecord* at = scratch.outputs.data();
  for (RecordSet* source : sources) {
    at = source->outputs[partition].copy_to(at);
    source->outputs[partition].release(arena);
  }
  OutputTable table(scratch, count);
  if (const ResolveErrc errc = build_table(segment, scratch, table, fault); errc != ResolveErrc::ok) return errc;

  ResolveErrc errc = ResolveErrc::ok;
  const auto join_spend = [&](const SpendRecord& spend) {
    const std::uint32_t slot = (spend.index & replaces_older) != 0 ? empty_slot : table.slot_of(spend.key);
    if (slot == empty_slot) {
      left.spends.push_back(spend);
      return;
    }
    OutputRecord& output = scratch.outputs[output_for(scratch, slot, spend)];
    // A child may stand before its parent, but only in one block.
    if (output.rel > spend.rel && segment.block_begin(output.rel) > spend.rel) {
      left.spends.push_back(spend);
      return;
    }
    if (output.index == spent_mark) {
      fault = {spend.rel, spend.index};
      errc = ResolveErrc::spent_twice;
      return;
    }
    push_spent(arena, target, spend.rel, segment.undo_height(spend.rel), segment.first_tx + output.rel, output.index,
               output.prefix, output.value);
    output.index = spent_mark;
  };
  for (RecordSet* source : sources) {
    source->spends[partition].for_each_span([&](const SpendRecord* spends, std::size_t spend_count) {
      for (std::size_t i = 0; i < spend_count; ++i) join_spend(spends[i]);
    });
    source->spends[partition].release(arena);
  }
  if (errc != ResolveErrc::ok) return errc;

  for (const std::uint32_t i : scratch.replaced) {
    OutputRecord& output = scratch.outputs[i];
    if (output.index == spent_mark) continue;
    left.replaced.push_back({output.rel, output.index});
    output.index = spent_mark;
  }
  for (const OutputRecord& output : scratch.outputs) {
    if (output.index != spent_mark)
      push_unspent(arena, segment, target, output.rel, output.index, output.prefix, output.value);
  }
  return ResolveErrc::ok;
}

}  // namespace sluice::resolve
