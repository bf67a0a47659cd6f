#include "resolve/join.h"

#include <algorithm>
#include <bit>

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

namespace {

/// Shift that spreads numbers below `until`, or up to it, over so many partitions, in order.
unsigned spreading_shift(std::uint64_t until, std::size_t partition_count) noexcept {
  const auto number_bits = static_cast<unsigned>(std::bit_width(until));
  const auto partition_bits = static_cast<unsigned>(std::bit_width(partition_count) - 1);
  return number_bits > partition_bits ? number_bits - partition_bits : 0;
}

}  // namespace

unsigned SegmentContext::created_shift(std::size_t partition_count) const noexcept {
  return spreading_shift(tx_count, partition_count);
}

unsigned SegmentContext::removed_shift(std::size_t partition_count) const noexcept {
  return spreading_shift(first_tx, partition_count);
}

void push_unspent(ChunkArena& arena, const SegmentContext& segment, RecordSet& target, std::uint32_t rel,
                  std::uint32_t index, std::uint64_t prefix, ValueFlags value) {
  const std::size_t partition_count = target.unspent.size();
  const UnspentRecord record{prefix, segment.first_tx + rel, value, index, 0};
  if (target.by_script) target.unspent[partition_of(prefix, partition_shift(partition_count))].push(arena, record);
  target.created[rel >> segment.created_shift(partition_count)].push(arena, record);
}

void push_replaced(ChunkArena& arena, RecordSet& target, std::uint32_t undo_height, const LiveOutput& output) {
  if (undo_height == no_undo) return;
  target.undo.push(arena, {undo_height, output.index, output.tx_number, output.prefix, output.value});
}

void push_removed(ChunkArena& arena, const SegmentContext& segment, RecordSet& target, const LiveOutput& output) {
  const std::size_t partition_count = target.unspent.size();
  if (target.by_script)
    target.unspent[partition_of(output.prefix, partition_shift(partition_count))].push(
        arena, {output.prefix, output.tx_number, output.value, output.index, 1});
  target.removed[output.tx_number >> segment.removed_shift(partition_count)].push(arena,
                                                                                  {output.tx_number, output.index});
}

std::uint32_t SegmentContext::undo_height(std::uint32_t rel) const noexcept {
  return rel >= undo_first_rel() ? height_of(rel) : no_undo;
}

void push_spent(ChunkArena& arena, RecordSet& target, std::uint32_t spender_rel, std::uint32_t undo_height,
                std::uint64_t tx_number, std::uint32_t index, std::uint64_t prefix, ValueFlags value) {
  if (target.by_script)
    target.history[partition_of(prefix, partition_shift(target.history.size()))].push(arena, {prefix, spender_rel});
  if (undo_height != no_undo) target.undo.push(arena, {undo_height, index, tx_number, prefix, value});
}

namespace {

constexpr std::uint32_t empty_slot = ~std::uint32_t{0};

/// Linear probing over indexes into the gathered outputs; at most half full.
class OutputTable {
 public:
  OutputTable(Column<std::uint32_t>& slots, std::span<const LiveOutput> outputs) : slots_(slots), outputs_(outputs) {
    const std::size_t size = std::bit_ceil(2 * outputs.size() + 1);
    slots_.resize(size);
    std::fill(slots_.begin(), slots_.end(), empty_slot);
    mask_ = size - 1;
  }

  /// The slot that holds the key, or the empty one where it belongs.
  [[nodiscard]] std::uint32_t& slot_of(std::uint64_t key) noexcept {
    // The top bits chose the partition; the low ones choose the slot.
    for (std::size_t at = key & mask_;; at = (at + 1) & mask_) {
      std::uint32_t& slot = slots_[at];
      if (slot == empty_slot || outputs_[slot].key == key) return slot;
    }
  }

 private:
  Column<std::uint32_t>& slots_;
  std::span<const LiveOutput> outputs_;
  std::size_t mask_ = 0;
};

class PartitionJoin {
 public:
  PartitionJoin(const SegmentContext& segment, ChunkArena& arena, JoinScratch& scratch, std::span<LiveOutput> outputs,
                RecordSet& target, JoinLeft& left, ResolveFault& fault)
      : segment_(segment),
        arena_(arena),
        outputs_(outputs),
        table_(scratch.slots, outputs),
        replaced_(scratch.replaced),
        target_(target),
        left_(left),
        fault_(fault) {
    replaced_.clear();
  }

  /// Puts the outputs in the table. The latest of several outputs of one outpoint is found by key; the
  /// others are in replaced_.
  ResolveErrc build() {
    for (std::uint32_t i = 0; i < outputs_.size(); ++i) {
      const LiveOutput& output = outputs_[i];
      std::uint32_t& slot = table_.slot_of(output.key);
      if (slot == empty_slot) {
        slot = i;
        continue;
      }
      const LiveOutput& other = outputs_[slot];
      if (!repeats(other, output)) {
        fault_ = {is_own(output) ? rel_of(output) : 0, output.index};
        return ResolveErrc::key_collision;
      }
      replaced_.push_back(output.tx_number > other.tx_number ? slot : i);
      if (output.tx_number > other.tx_number) slot = i;
    }
    return ResolveErrc::ok;
  }

  ResolveErrc spend(const SpendRecord& spend) {
    const std::uint32_t slot = (spend.index & replaces_older) != 0 ? empty_slot : table_.slot_of(spend.key);
    if (slot == empty_slot) {
      left_.spends.push_back(spend);
      return ResolveErrc::ok;
    }
    LiveOutput& output = outputs_[output_for(slot, spend)];
    // A child may stand before its parent, but only in one block.
    if (output.tx_number > segment_.first_tx + spend.rel && segment_.block_begin(rel_of(output)) > spend.rel) {
      left_.spends.push_back(spend);
      return ResolveErrc::ok;
    }
    if (output.spent != 0) {
      fault_ = {spend.rel, spend.index};
      return ResolveErrc::spent_twice;
    }
    push_spent(arena_, target_, spend.rel, segment_.undo_height(spend.rel), output.tx_number, output.index,
               output.prefix, output.value);
    end(output);
    return ResolveErrc::ok;
  }

  void drop_replaced() {
    for (const std::uint32_t i : replaced_) {
      LiveOutput& output = outputs_[i];
      if (output.spent != 0) continue;
      left_.replaced.push_back({output.tx_number, output.index});
      push_replaced(arena_, target_, segment_.undo_height(rel_of(replacement_of(output))), output);
      end(output);
    }
  }

  /// Records what lives, and moves it to the front; the number of them.
  std::size_t keep_unspent() {
    std::size_t count = 0;
    for (const LiveOutput& output : outputs_) {
      if (output.spent != 0) continue;
      if (is_own(output))
        push_unspent(arena_, segment_, target_, rel_of(output), output.index, output.prefix, output.value);
      outputs_[count++] = output;
    }
    return count;
  }

 private:
  [[nodiscard]] bool is_own(const LiveOutput& output) const noexcept { return output.tx_number >= segment_.first_tx; }
  [[nodiscard]] std::uint32_t rel_of(const LiveOutput& output) const noexcept {
    return static_cast<std::uint32_t>(output.tx_number - segment_.first_tx);
  }

  /// Whether two outputs of one key are one outpoint: of a coinbase that an early block repeats.
  [[nodiscard]] bool repeats(const LiveOutput& one, const LiveOutput& other) const noexcept {
    if (!segment_.duplicate_coinbases || one.index != other.index || one.tx_number == other.tx_number) return false;
    const auto may_repeat = [this](const LiveOutput& output) {
      return !is_own(output) || segment_.block_begin(rel_of(output)) == rel_of(output);
    };
    return may_repeat(one) && may_repeat(other);
  }

  /// The next output of the same outpoint; a replaced one has one, in this segment.
  [[nodiscard]] const LiveOutput& replacement_of(const LiveOutput& replaced) noexcept {
    const LiveOutput* next = &outputs_[table_.slot_of(replaced.key)];
    for (const std::uint32_t i : replaced_) {
      const LiveOutput& other = outputs_[i];
      if (other.key == replaced.key && other.tx_number > replaced.tx_number && other.tx_number < next->tx_number)
        next = &other;
    }
    return *next;
  }

  /// The output that a spend means: the latest of its outpoint that is not younger than the spender's
  /// block. Blocks may hold a child before its parent, so only replaced outputs are told apart.
  [[nodiscard]] std::uint32_t output_for(std::uint32_t latest, const SpendRecord& spend) const noexcept {
    const std::uint64_t spender = segment_.first_tx + spend.rel;
    if (replaced_.empty() || outputs_[latest].tx_number <= spender) return latest;
    std::uint32_t best = latest;
    for (const std::uint32_t candidate : replaced_) {
      const LiveOutput& output = outputs_[candidate];
      if (output.key != spend.key || output.tx_number > spender) continue;
      if (best == latest || output.tx_number > outputs_[best].tx_number) best = candidate;
    }
    return best;
  }

  void end(LiveOutput& output) {
    output.spent = 1;
    if (!is_own(output)) push_removed(arena_, segment_, target_, output);
  }

  const SegmentContext& segment_;
  ChunkArena& arena_;
  std::span<LiveOutput> outputs_;
  OutputTable table_;
  std::vector<std::uint32_t>& replaced_;
  RecordSet& target_;
  JoinLeft& left_;
  ResolveFault& fault_;
};

/// Adds the workers' outputs of a partition to those that are carried.
void gather_outputs(std::size_t partition, std::span<RecordSet* const> sources, const SegmentContext& segment,
                    ChunkArena& arena, Column<LiveOutput>& live) {
  const std::size_t carried = live.size();
  std::size_t count = carried;
  for (const RecordSet* source : sources) count += source->outputs[partition].count();
  live.resize(count);
  LiveOutput* at = live.data() + carried;
  for (RecordSet* source : sources) {
    source->outputs[partition].for_each_span([&](const OutputRecord* records, std::size_t record_count) {
      for (std::size_t i = 0; i < record_count; ++i) {
        const OutputRecord& record = records[i];
        *at++ = {record.key, record.prefix, record.value, segment.first_tx + record.rel, record.index, 0};
      }
    });
    source->outputs[partition].release(arena);
  }
}

}  // namespace

ResolveErrc join_partition(std::size_t partition, std::span<RecordSet* const> sources, const SegmentContext& segment,
                           ChunkArena& arena, JoinScratch& scratch, Column<LiveOutput>& live, RecordSet& target,
                           JoinLeft& left, ResolveFault& fault) {
  gather_outputs(partition, sources, segment, arena, live);
  PartitionJoin join(segment, arena, scratch, live.span(), target, left, fault);
  ResolveErrc errc = join.build();
  for (RecordSet* source : sources) {
    source->spends[partition].for_each_span([&](const SpendRecord* spends, std::size_t count) {
      for (std::size_t i = 0; i < count && errc == ResolveErrc::ok; ++i) errc = join.spend(spends[i]);
    });
    source->spends[partition].release(arena);
  }
  if (errc != ResolveErrc::ok) return errc;
  join.drop_replaced();
  live.resize(join.keep_unspent());
  return ResolveErrc::ok;
}

}  // namespace sluice::resolve
