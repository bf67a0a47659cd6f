// Turns the records of a partition into sorted rows. Pure: rows go to a sink.
//
// A sink takes rows in key order: put(key, value), remove(key). The store's table builder is one,
// tests use vectors.
#pragma once

#include <span>
#include <vector>

#include "base/column.h"
#include "resolve/join.h"
#include "resolve/records.h"
#include "write/row_sink.h"
#include "write/rows.h"

namespace sluice::write {

/// Memory that one worker reuses from partition to partition.
struct WriteScratch {
  Column<resolve::HistoryRecord> history;
  Column<resolve::HistoryRecord> history_sorted;
  Column<resolve::TxRecord> txs;
  Column<resolve::TxRecord> txs_sorted;
  Column<resolve::ScriptKey> scripts;
  Column<resolve::UnspentRecord> unspent;
  Column<resolve::PlaceRecord> places;
  std::vector<std::byte> value;
};

using Sources = std::span<resolve::RecordSet* const>;

/// Each function gathers one partition of one kind from all workers, gives its chunks back, sorts,
/// drops equal records and writes the rows. Partitions in ascending order give ascending keys.
void write_history(std::size_t partition, Sources sources, const resolve::SegmentContext& segment, ChunkArena& arena,
                   WriteScratch& scratch, RowSink& sink);
void write_scripts(std::size_t partition, Sources sources, ChunkArena& arena, WriteScratch& scratch, RowSink& sink);
void write_txs(std::size_t partition, Sources sources, const resolve::SegmentContext& segment, ChunkArena& arena,
               WriteScratch& scratch, RowSink& sink);
void write_unspent(std::size_t partition, Sources sources, ChunkArena& arena, WriteScratch& scratch, RowSink& sink);
void write_outputs(std::size_t partition, Sources sources, ChunkArena& arena, WriteScratch& scratch, RowSink& sink);
/// Removals of older outputs from the same table: their keys come before those of write_outputs.
void write_removed_outputs(std::size_t partition, Sources sources, ChunkArena& arena, WriteScratch& scratch,
                           RowSink& sink);

/// These are few and are written whole.
void write_output_refs(Sources sources, const resolve::SegmentContext& segment, ChunkArena& arena, RowSink& sink);
void write_refs(Sources sources, const resolve::SegmentContext& segment, ChunkArena& arena, RowSink& sink);
/// One row a block in [first_height, until_height), empty ones included.
void write_undo(Sources sources, std::uint32_t first_height, std::uint32_t until_height, ChunkArena& arena,
                RowSink& sink);

}  // namespace sluice::write
