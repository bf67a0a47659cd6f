// One segment of a sync: records of many blocks, resolved, sorted and written as table files.
//
// Workers fill it batch by batch (add_batch, each worker with its own number); when it is full or the
// chain ends, finish() turns it into files that the database brings in with one step.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "resolve/join.h"
#include "resolve/scatter.h"
#include "resolve/table.h"
#include "store/database.h"
#include "write/row_writer.h"

namespace sluice::pipeline {

enum class ResolveWay : std::uint8_t { join, table };

struct SegmentLimits {
  std::size_t arena_bytes = 0;    ///< records of one segment; the segment ends when they fill it
  std::size_t reserve_bytes = 0;  ///< address space beyond that: what batches in flight may still add
  std::size_t chunk_bytes = 0;
  std::size_t partition_count = 0;  ///< power of two
  std::size_t table_entries = 0;    ///< table way: live outputs kept in memory
  std::uint32_t workers = 1;
  std::uint32_t until_duplicate_height = 0;
};

/// What a finished segment adds to the index.
struct SegmentResult {
  std::vector<store::TableFile> files;
  resolve::OutpointSum sum;
  std::uint64_t outputs_created = 0;
  std::uint64_t outputs_spent = 0;  ///< replaced duplicates included
  std::uint64_t prior_spends = 0;   ///< spends that had to be looked up in the store
};

class Segment {
 public:
  Segment(store::Database& database, ResolveWay way, const SegmentLimits& limits);
  ~Segment();

  /// Makes room for the plan of so many blocks, so that plan_block() allocates nothing.
  void reserve_blocks(std::size_t block_count) { context_.block_first_rel.reserve(block_count); }
  /// Begins at a committed point. undo_first_height: see SegmentContext.
  void begin(std::uint64_t first_tx, std::uint32_t first_height, std::uint32_t undo_first_height);

  /// Adds blocks to the segment's plan, in height order, before their batches are added.
  void plan_block(std::uint32_t tx_count);
  [[nodiscard]] std::uint32_t planned_txs() const noexcept { return context_.tx_count; }
  [[nodiscard]] std::uint32_t planned_blocks() const noexcept {
    return static_cast<std::uint32_t>(context_.block_first_rel.size());
  }

  /// Resolves one batch. Bounds: worker < workers, each used by one thread at a time. Table way: every
  /// worker sees every batch, in order, and one of them owns it; join way: any one worker sees it.
  void add_batch(std::uint32_t worker, const resolve::BatchInput& batch, bool own);
  [[nodiscard]] bool every_worker_sees_all() const noexcept { return way_ == ResolveWay::table; }

  [[nodiscard]] bool full() const noexcept;
  [[nodiscard]] std::size_t used_bytes() const noexcept { return arena_.used_bytes(); }

  /// Resolves what is left, sorts and writes all rows. old_undo: heights whose undo rows the index has
  /// and that are to be removed. Errors: corrupt (a spend without output, named), io.
  struct HeightRange {
    std::uint32_t first = 0;
    std::uint32_t until = 0;
  };
  Result<SegmentResult> finish(HeightRange old_undo);

 private:
  struct Worker;
  struct Parallelism;

  Status join_all();
  void finish_table(std::vector<resolve::PriorSpend>& prior, std::vector<resolve::SpendRecord>& left,
                    std::vector<resolve::JoinLeft::Replaced>& replaced);
  Status settle_prior(std::vector<resolve::PriorSpend> prior, std::vector<resolve::SpendRecord> left,
                      SegmentResult& result);
  Status write_tables(HeightRange old_undo, std::vector<store::TableFile>& files);
  [[nodiscard]] Error spend_error(resolve::ResolveErrc errc, const resolve::ResolveFault& fault) const;
  [[nodiscard]] std::string describe_spender(std::uint32_t rel) const;

  store::Database& database_;
  ResolveWay way_;
  SegmentLimits limits_;
  std::unique_ptr<Parallelism> parallelism_;
  resolve::OutpointHasher hasher_;
  ChunkArena arena_;
  resolve::SegmentContext context_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<resolve::RecordSet*> sets_;
};

}  // namespace sluice::pipeline
