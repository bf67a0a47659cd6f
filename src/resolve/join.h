// The join way: per partition, spends meet outputs, in memory that fits a core's cache.
//
// Both sides were spread by outpoint key (scatter.h). Outputs of earlier segments that still live may be
// carried along, partition by partition, and are then met like the segment's own; so nothing is read at
// random. Otherwise spends without an output are looked up in the store (store/prior_outputs.h).
#pragma once

#include <span>
#include <vector>

#include "base/column.h"
#include "resolve/records.h"

namespace sluice::resolve {

enum class [[nodiscard]] ResolveErrc : std::uint8_t{
    ok,
    spent_twice,    ///< two inputs spend one outpoint
    key_collision,  ///< two outpoints share a key: run again, the secret is drawn anew
    table_full,     ///< one batch has more outputs than the table of live outputs has room for
};

/// What a segment is, for the records that need more than a relative number.
struct SegmentContext {
  std::uint64_t first_tx = 0;  ///< tx number of rel 0
  std::uint32_t first_height = 0;
  std::vector<std::uint32_t> block_first_rel;  ///< [block_count]
  std::uint32_t tx_count = 0;
  std::uint32_t undo_first_height = 0;  ///< blocks from here on leave undo records
  bool duplicate_coinbases = false;     ///< the coin's early blocks repeat coinbase transactions

  [[nodiscard]] std::uint32_t height_of(std::uint32_t rel) const noexcept;
  /// First rel whose block leaves undo records; past the end if none does.
  [[nodiscard]] std::uint32_t undo_first_rel() const noexcept;
  /// The height under which a spend by rel is recorded for undoing, or no_undo.
  [[nodiscard]] std::uint32_t undo_height(std::uint32_t rel) const noexcept;
  /// First rel of the block that rel is in: its coinbase.
  [[nodiscard]] std::uint32_t block_begin(std::uint32_t rel) const noexcept;
  /// Shift that spreads the segment's rels over the partitions of RecordSet::created, in order.
  [[nodiscard]] unsigned created_shift(std::size_t partition_count) const noexcept;
  /// The same for older tx numbers and RecordSet::removed.
  [[nodiscard]] unsigned removed_shift(std::size_t partition_count) const noexcept;
};

struct JoinScratch {
  Column<std::uint32_t> slots;
  std::vector<std::uint32_t> replaced;  ///< outputs that a later one of the same outpoint shadows
};

/// Where a failing spend stands.
struct ResolveFault {
  std::uint32_t rel = 0;    ///< the spending transaction
  std::uint32_t index = 0;  ///< the prevout's output index
};

/// What a join could not settle alone.
struct JoinLeft {
  std::vector<SpendRecord> spends;  ///< of outputs that are neither the segment's nor carried
  /// Outputs that a later duplicate coinbase replaced while unspent: they leave the outpoint sum.
  std::vector<PlaceRecord> replaced;
};

/// Joins one partition over all workers' records and gives their chunks back.
/// Shape:  sources' outputs and spends of `partition` -> target: history of the spenders, unspent, created
///         and removed outputs, undo; `left` gets what remains. `live`: in, the partition's outputs of
///         earlier segments, all unspent, or none if they are not carried; out, what lives after this one.
/// Special: several outputs of one outpoint (Bitcoin's duplicate coinbases): a later one replaces an
///         earlier one that is still unspent.
/// Cost:   one insert or probe a record, in a table that fits the cache.
ResolveErrc join_partition(std::size_t partition, std::span<RecordSet* const> sources, const SegmentContext& segment,
                           ChunkArena& arena, JoinScratch& scratch, Column<LiveOutput>& live, RecordSet& target,
                           JoinLeft& left, ResolveFault& fault);

/// Records an output of the segment that is unspent at its end.
void push_unspent(ChunkArena& arena, const SegmentContext& segment, RecordSet& target, std::uint32_t rel,
                  std::uint32_t index, std::uint64_t prefix, ValueFlags value);

/// Records what undoing the block at undo_height, unless that is no_undo, brings back without a spender: an output
/// that its coinbase replaced.
void push_replaced(ChunkArena& arena, RecordSet& target, std::uint32_t undo_height, const LiveOutput& output);

/// Records an output of an earlier segment that is unspent no longer.
void push_removed(ChunkArena& arena, const SegmentContext& segment, RecordSet& target, const LiveOutput& output);

/// Marks a spender whose block leaves no undo records.
inline constexpr std::uint32_t no_undo = ~std::uint32_t{0};

/// Records the spending side of a matched pair: the spender's history and, near the tip, undo.
/// Bounds: undo_height is the spender's height, or no_undo; tx_number is the spent output's.
void push_spent(ChunkArena& arena, RecordSet& target, std::uint32_t spender_rel, std::uint32_t undo_height,
                std::uint64_t tx_number, std::uint32_t index, std::uint64_t prefix, ValueFlags value);

}  // namespace sluice::resolve
