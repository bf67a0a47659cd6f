// One segment of a sync: records of many blocks, resolved, sorted and written as table files.
//
// Workers fill it batch by batch (add_batch, each worker with its own number); when it is full or the
// chain ends, finish() turns it into table files or rows that the database brings in with one step.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "pipeline/resolve_way.h"
#include "resolve/join.h"
#include "resolve/scatter.h"
#include "resolve/table.h"
#include "store/carry_file.h"
#include "store/database.h"
#include "store/prior_outputs.h"
#include "store/row_batch.h"
#include "write/row_writer.h"

namespace sluice::pipeline {

/// How what a segment adds comes into the index.
enum class CommitForm : std::uint8_t {
  table_files,  ///< sorted files, brought in: much at a time
  rows,         ///< one write through the log: a block or two at the tip
};
inline constexpr std::array all_forms{CommitForm::table_files, CommitForm::rows};

struct SegmentLimits {
  CommitForm form = CommitForm::table_files;
  std::size_t arena_bytes = 0;    ///< records of one segment; the segment ends when they fill it
  std::size_t reserve_bytes = 0;  ///< address space beyond that: what batches in flight may still add
  std::size_t chunk_bytes = 0;
  std::size_t partition_count = 0;  ///< power of two
  std::size_t table_entries = 0;    ///< table way: live outputs kept in memory
  std::uint32_t workers = 1;
  std::uint32_t until_duplicate_height = 0;
  bool by_script = true;  ///< see resolve::RecordSet
};

/// What a finished segment adds to the index.
struct SegmentResult {
  std::vector<store::TableFile> files;
  std::unique_ptr<store::RowBatch> rows;  ///< null if it came out as table files
  resolve::OutpointSum sum;
  std::uint64_t outputs_created = 0;
  std::uint64_t outputs_spent = 0;  ///< replaced duplicates included
  std::uint64_t prior_spends = 0;   ///< spends that had to be looked up in the store
};

class Segment {
 public:
  Segment(store::Database& database, ResolveWay way, const SegmentLimits& limits);
  ~Segment();

  /// Join way, once, before the first begin(): takes up the live outputs of a committed index.
  Status take_up_live();

  /// Makes room for the plan of so many blocks, so that plan_block() allocates nothing.
  void reserve_blocks(std::size_t block_count) { context_.block_first_rel.reserve(block_count); }
  /// Begins at a committed point. undo_first_height: see SegmentContext.
  void begin(std::uint64_t first_tx, std::uint32_t first_height, std::uint32_t undo_first_height);

  /// Adds blocks to the segment's plan, in height order, before their batches are added.
  void plan_block(std::uint32_t tx_count, std::uint32_t input_count);
  [[nodiscard]] std::uint32_t planned_txs() const noexcept { return context_.tx_count; }
  [[nodiscard]] std::uint32_t planned_blocks() const noexcept {
    return static_cast<std::uint32_t>(context_.block_first_rel.size());
  }

  /// Resolves one batch. Bounds: worker < workers, each used by one thread at a time. Table way: every
  /// worker sees every batch, in order, and one of them owns it; join way: any one worker sees it.
  void add_batch(std::uint32_t worker, const resolve::BatchInput& batch, bool own);
  [[nodiscard]] bool every_worker_sees_all() const noexcept { return way_ == ResolveWay::table; }

  /// Gives the records' memory to whoever needs it meanwhile. Bounds: between finish() and begin().
  void give_back_pages() noexcept { arena_.release_pages(); }

  [[nodiscard]] bool full() const noexcept;
  [[nodiscard]] std::size_t used_bytes() const noexcept { return arena_.used_bytes(); }

  struct HeightRange {
    std::uint32_t first = 0;
    std::uint32_t until = 0;
  };
  /// Resolves what is left, sorts and writes all rows. old_undo: heights whose undo rows the index has
  /// and that are to be removed. last: no segment follows that would want this one's live outputs.
  /// Errors: corrupt (a spend without output, named), io.
  Result<SegmentResult> finish(HeightRange old_undo, bool last);

 private:
  struct Worker;
  struct Parallelism;

  /// What the records of a segment could not settle among themselves.
  struct Unsettled {
    std::vector<resolve::PriorSpend> prior;  ///< of older outputs that are in memory
    std::vector<resolve::SpendRecord> left;  ///< of older outputs that are not
    std::vector<resolve::PlaceRecord> replaced;
  };
  Status join_all(bool last, Unsettled& unsettled);
  void finish_table(Unsettled& unsettled);
  Status settle_replaced(std::span<const resolve::PlaceRecord> replaced, SegmentResult& result);
  Status settle_prior(Unsettled unsettled, SegmentResult& result);
  Status replace_older(std::span<const resolve::SpendRecord> replacements, std::span<const write::Place> spent_places,
                       SegmentResult& result);
  Status look_up(std::span<const resolve::SpendRecord> spends, std::span<store::PriorOutput> found);
  /// Writes some partitions of a table into a sink.
  using PartitionWriter = std::function<void(std::size_t partition, Worker& worker, write::RowSink& sink)>;
  struct TableWriter {
    store::Table table;
    bool partitioned;  ///< else all of it is partition 0
    PartitionWriter write;
  };
  [[nodiscard]] std::vector<TableWriter> table_writers(HeightRange old_undo);
  void write_rows(std::span<const TableWriter> writers, store::RowBatch& rows);
  Status write_files(std::span<const TableWriter> writers, std::vector<store::TableFile>& files);
  [[nodiscard]] Error spend_error(resolve::ResolveErrc errc, const resolve::ResolveFault& fault) const;
  [[nodiscard]] Error no_output_error(const resolve::SpendRecord& spend) const;
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
  std::size_t undo_bytes_to_come_ = 0;         ///< records that finish() will make, of the blocks planned
  std::unique_ptr<store::CarryFile> carried_;  ///< join way: live outputs of earlier segments; null: there are none
};

}  // namespace sluice::pipeline
