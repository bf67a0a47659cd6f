// The stages at work: threads, rings and slots between the block files and the index.
//
//   free ─▶ source ─▶ raw ─▶ parse ─▶ parsed ─▶ classify ─▶ classified ─▶ order ─▶ ordered ─▶ resolve ─▶ free
//          1 thread        N threads         N threads             1 thread            N threads
//
// Items on the rings are slot numbers; a slot holds one batch with all its columns, and whoever holds
// the number owns the slot. The order stage puts batches back in height order, gives transactions
// their numbers, appends the flat files, and ends segments: it waits until resolve has settled what
// it was given, finishes the segment on all threads, and commits.
//
// A bad block or an unreadable file ends the run in height order too: everything before the batch it
// is in gets committed, then the error is returned.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "classify/classify_scripts.h"
#include "flow/ring.h"
#include "parse/parse_blocks.h"
#include "pipeline/counters.h"
#include "pipeline/memory_plan.h"
#include "pipeline/segment.h"
#include "pipeline/swap_index.h"
#include "source/block_source.h"

namespace sluice::pipeline {

struct BlockRange {
  std::uint32_t first = 0;
  std::uint32_t until = 0;
};

struct PipelineOptions {
  const chain::Network* network = nullptr;
  bool parity = false;
  bool swap_only = false;
  MemoryPlan memory;
  std::uint32_t read_bytes = 1u << 20;
  std::uint32_t batch_blocks = 4096;
  std::uint32_t parse_threads = 0;     ///< 0: as many as the segment has workers
  std::uint32_t classify_threads = 0;  ///< 0: as many as the segment has workers
  std::uint32_t undo_first_height = 0;
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal: commit what is in flight and leave
  SwapIndex* swaps = nullptr;               ///< at the height of the index; null: none is kept
};

class BlockPipeline {
 public:
  BlockPipeline(store::Database& database, const source::BlockMap& map, source::BlockReader& reader,
                const PipelineOptions& options, Counters& counters);
  ~BlockPipeline();

  /// Indexes and commits the range. Returns when all threads have ended.
  /// Errors: the first of corrupt (bad block, bad spend), io, limit; stopped if asked to stop. What
  ///         came before is committed.
  Status run(BlockRange range);
  /// After a run with CommitForm::rows: see SyncReport::touched.
  [[nodiscard]] const std::vector<std::uint64_t>& touched() const noexcept { return touched_; }

 private:
  struct Slot;

  void run_source(BlockRange range);
  void run_parse();
  void run_classify();
  void run_order(BlockRange range);
  void run_resolve(std::uint32_t worker);

  Status order_batch(Slot& slot);
  Status append_flat(const Slot& slot);
  Status finish_segment(bool last);
  void hand_to_resolve(std::uint32_t index);
  void wait_for_resolve();
  void fail(Error error);
  [[nodiscard]] bool stopping() const noexcept {
    return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
  }

  store::Database& database_;
  const source::BlockMap& map_;
  source::BlockReader& reader_;
  PipelineOptions options_;
  Counters& counters_;
  const parse::BatchBounds bounds_;  ///< of every batch but those of one block that is larger

  std::vector<source::RawBuffer> buffers_;    ///< [slots]
  std::vector<std::unique_ptr<Slot>> slots_;  ///< [slots]
  using Ring = flow::MpmcRing<std::uint32_t>;
  Ring free_, raw_, parsed_, classified_;
  std::vector<std::unique_ptr<Ring>> ordered_;  ///< one shared by all workers (join), or one each (table)
  std::atomic<std::uint32_t> parsers_left_{0};
  std::atomic<std::uint32_t> classifiers_left_{0};
  std::atomic<std::uint32_t> in_resolve_{0};
  flow::Gate resolve_idle_;

  // Order stage only.
  Segment segment_;
  std::vector<std::uint32_t> waiting_;  ///< [slots] by sequence modulo slots: arrived out of order
  std::uint64_t next_sequence_ = 0;
  store::State next_state_;
  Column<std::uint32_t> places_;
  Column<std::byte> headers_;
  Column<store::BlockPlace> block_places_;
  std::uint64_t unsynced_bytes_ = 0;
  std::vector<std::uint64_t> touched_;

  std::mutex mutex_;  // guards the two below and counters_.classified; taken when something ends, never per batch
  Status failure_;    ///< of resolve or commit: nothing more is committed
  Status end_;        ///< why blocks stop before the range does
};

}  // namespace sluice::pipeline
