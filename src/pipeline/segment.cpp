#include "pipeline/segment.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <mutex>
#include <random>

#include "base/kill_point.h"
#include "pipeline/parallel.h"
#include "store/table_builder.h"

namespace sluice::pipeline {
namespace {

/// Arenas from this size on are worth huge pages.
constexpr std::size_t huge_page_arena_bytes = std::size_t{64} << 20;

resolve::OutpointHasher draw_hasher() {
  std::random_device device;
  resolve::OutpointHasher hasher{};
  for (auto& word : hasher.secret) word = static_cast<std::uint64_t>(device()) << 32 | device();
  return hasher;
}

}  // namespace

/// oneTBB allows one thread a core unless told otherwise; the number of threads is the operator's.
struct Segment::Parallelism {
  oneapi::tbb::global_control control;
  explicit Parallelism(std::uint32_t workers)
      : control(oneapi::tbb::global_control::max_allowed_parallelism, workers) {}
};

struct Segment::Worker {
  resolve::RecordSet records;
  resolve::Scatter scatter;
  std::unique_ptr<resolve::TableResolver> table;
  resolve::JoinScratch join;
  Column<resolve::LiveOutput> live;
  resolve::JoinLeft left;
  write::WriteScratch write;
  resolve::ResolveErrc errc = resolve::ResolveErrc::ok;
  resolve::ResolveFault fault;

  Worker(ChunkArena& arena, const resolve::OutpointHasher& hasher, const SegmentLimits& limits, ResolveWay way,
         std::uint32_t number)
      : records(limits.partition_count, limits.by_script),
        scatter(arena, hasher, limits.partition_count, limits.until_duplicate_height) {
    if (way != ResolveWay::table) return;
    table = std::make_unique<resolve::TableResolver>(arena, hasher, limits.table_entries / limits.workers, number,
                                                     limits.workers);
  }
};

Segment::Segment(store::Database& database, ResolveWay way, const SegmentLimits& limits)
    : database_(database),
      way_(way),
      limits_(limits),
      parallelism_(std::make_unique<Parallelism>(limits.workers)),
      hasher_(draw_hasher()),
      arena_(limits.arena_bytes + limits.reserve_bytes, limits.chunk_bytes,
             limits.arena_bytes >= huge_page_arena_bytes) {
  for (std::uint32_t i = 0; i < limits.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(arena_, hasher_, limits_, way, i));
    sets_.push_back(&workers_.back()->records);
  }
}

Segment::~Segment() {
  for (auto* set : sets_) set->release(arena_);
}

void Segment::begin(std::uint64_t first_tx, std::uint32_t first_height, std::uint32_t undo_first_height) {
  std::vector<std::uint32_t> blocks = std::move(context_.block_first_rel);  // its room is kept
  blocks.clear();
  context_ = {};
  context_.block_first_rel = std::move(blocks);
  undo_bytes_to_come_ = 0;
  context_.first_tx = first_tx;
  context_.first_height = first_height;
  context_.undo_first_height = undo_first_height;
  context_.duplicate_coinbases = first_height < limits_.until_duplicate_height;
  for (auto& worker : workers_) {
    worker->scatter.begin_segment();
    worker->left = {};
    worker->errc = resolve::ResolveErrc::ok;
    if (worker->table) worker->table->begin_segment(first_tx, undo_first_height, context_.duplicate_coinbases);
  }
}

void Segment::plan_block(std::uint32_t tx_count, std::uint32_t input_count) {
  if (context_.first_height + planned_blocks() >= context_.undo_first_height)
    undo_bytes_to_come_ += input_count * sizeof(resolve::UndoRecord);
  context_.block_first_rel.push_back(context_.tx_count);
  context_.tx_count += tx_count;
}

bool Segment::full() const noexcept {
  if (arena_.used_bytes() + undo_bytes_to_come_ >= limits_.arena_bytes) return true;
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->table && worker->table->full(); });
}

void Segment::add_batch(std::uint32_t worker_number, const resolve::BatchInput& batch, bool own) {
  Worker& worker = *workers_[worker_number];
  if (worker.errc != resolve::ResolveErrc::ok) return;
  if (way_ != ResolveWay::table) {
    worker.scatter.add_batch(batch, worker.records);
    return;
  }
  if (own) worker.scatter.add_common(batch, worker.records);
  worker.errc = worker.table->add_batch(batch, worker.records, worker.fault);
}

std::string Segment::describe_spender(std::uint32_t rel) const {
  Txid txid;
  const std::uint32_t height = context_.height_of(rel);
  if (!database_.flat().txids.read(context_.first_tx + rel, 1, txid.data())) return fmt::format("height {}", height);
  return fmt::format("height {}, transaction {}", height, txid.display());
}

Error Segment::spend_error(resolve::ResolveErrc errc, const resolve::ResolveFault& fault) const {
  const std::string where = describe_spender(fault.rel);
  switch (errc) {
    case resolve::ResolveErrc::spent_twice:
      return {ErrorKind::corrupt,
              fmt::format("{}: spends output {} of a transaction that is already spent: the block files are damaged",
                          where, fault.index)};
    case resolve::ResolveErrc::table_full:
      return {ErrorKind::limit,
              fmt::format("{}: more outputs in one batch than the table of live outputs holds: raise --memory-budget",
                          where)};
    default:
      return {ErrorKind::corrupt,
              fmt::format("{}: two outputs share an internal key: run again, keys are drawn anew", where)};
  }
}

Status Segment::join_all(bool last, Unsettled& unsettled) {
  std::unique_ptr<store::CarryFile> next;
  if (way_ == ResolveWay::join && !last) {
    auto file = store::CarryFile::create(database_, limits_.partition_count);
    if (!file) return std::move(file).error();
    next = std::move(file).value();
  }
  FirstError error;
  for_each_parallel(limits_.workers, limits_.partition_count, [&](std::size_t partition, std::size_t number) {
    Worker& worker = *workers_[number];
    worker.live.clear();
    if (carried_) {
      if (Status status = carried_->read(partition, worker.live); !status) return error.keep(std::move(status).error());
    }
    resolve::ResolveFault fault;
    const auto errc = resolve::join_partition(partition, sets_, context_, arena_, worker.join, worker.live,
                                              worker.records, worker.left, fault);
    if (errc != resolve::ResolveErrc::ok) return error.keep(spend_error(errc, fault));
    if (!next) return;
    if (Status status = next->append(partition, worker.live.span()); !status) error.keep(std::move(status).error());
  });
  if (error.failed()) return error.take();
  std::size_t left_count = 0;
  for (const auto& worker : workers_) left_count += worker->left.spends.size();
  unsettled.left.reserve(left_count);
  for (auto& worker : workers_) {
    auto& spends = worker->left.spends;
    unsettled.left.insert(unsettled.left.end(), spends.begin(), spends.end());
    auto& replaced = worker->left.replaced;
    unsettled.replaced.insert(unsettled.replaced.end(), replaced.begin(), replaced.end());
    worker->left = {};
  }
  carried_ = std::move(next);
  return carried_ ? carried_->finish() : Status();
}

void Segment::finish_table(Unsettled& unsettled) {
  for_each_parallel(limits_.workers, limits_.workers, [&](std::size_t i, std::size_t) {
    workers_[i]->table->finish_segment(context_, workers_[i]->records);
  });
  for (auto& worker : workers_) {
    const auto& prior = worker->table->prior();
    unsettled.prior.insert(unsettled.prior.end(), prior.begin(), prior.end());
    const auto& replaced = worker->table->replaced();
    unsettled.replaced.insert(unsettled.replaced.end(), replaced.begin(), replaced.end());
    for (auto& list : worker->records.spends) {
      list.for_each_span([&](const resolve::SpendRecord* spends, std::size_t count) {
        unsettled.left.insert(unsettled.left.end(), spends, spends + count);
      });
      list.release(arena_);
    }
  }
}

Result<SegmentResult> Segment::finish(HeightRange old_undo, bool last) {
  for (const auto& worker : workers_) {
    if (worker->errc != resolve::ResolveErrc::ok) return spend_error(worker->errc, worker->fault);
  }
  Unsettled unsettled;
  if (way_ == ResolveWay::table) {
    finish_table(unsettled);
  } else if (Status status = join_all(last, unsettled); !status) {
    return std::move(status).error();
  }

  SegmentResult result;
  for (const resolve::RecordSet* set : sets_) {
    result.sum.add(set->sum);
    result.outputs_created += set->outputs_created;
    result.outputs_spent += set->outputs_spent;
  }
  if (Status status = settle_replaced(unsettled.replaced, result); !status) return std::move(status).error();
  if (Status status = settle_prior(std::move(unsettled), result); !status) return std::move(status).error();
  const std::vector<TableWriter> writers = table_writers(old_undo);
  if (limits_.form == CommitForm::rows) {
    result.rows = std::make_unique<store::RowBatch>(database_);
    write_rows(writers, *result.rows);
  } else if (Status status = write_files(writers, result.files); !status) {
    return std::move(status).error();
  }
  SLUICE_KILL_POINT("segment.finish");
  for (auto* set : sets_) set->release(arena_);
  return result;
}

std::vector<Segment::TableWriter> Segment::table_writers(HeightRange old_undo) {
  using store::Table;
  const auto history = [this](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_history(p, sets_, context_, arena_, worker.write, sink);
  };
  const auto scripts = [this](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_scripts(p, sets_, arena_, worker.write, sink);
  };
  const auto txs = [this](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_txs(p, sets_, context_, arena_, worker.write, sink);
  };
  const auto unspent = [this](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_unspent(p, sets_, arena_, worker.write, sink);
  };
  const auto outputs = [this](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_outputs(p, sets_, arena_, worker.write, sink);
  };
  const auto removed_outputs = [this](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_removed_outputs(p, sets_, arena_, worker.write, sink);
  };
  const auto output_refs = [this](std::size_t, Worker&, write::RowSink& sink) {
    write::write_output_refs(sets_, context_, arena_, sink);
  };
  const auto refs = [this](std::size_t, Worker&, write::RowSink& sink) {
    write::write_refs(sets_, context_, arena_, sink);
  };
  const auto undo = [this, old_undo](std::size_t, Worker&, write::RowSink& sink) {
    const std::uint32_t until = context_.first_height + planned_blocks();
    for (std::uint32_t height = old_undo.first; height < old_undo.until; ++height)
      sink.remove(write::undo_key(height).span());
    const std::uint32_t first = std::min(std::max(context_.undo_first_height, context_.first_height), until);
    write::write_undo(sets_, first, until, arena_, sink);
  };
  return {{Table::history, true, history},
          {Table::txs, true, txs},
          {Table::scripts, true, scripts},
          {Table::unspent, true, unspent},
          {Table::outputs, true, outputs},
          {Table::outputs, true, removed_outputs},
          {Table::output_refs, false, output_refs},
          {Table::refs, false, refs},
          {Table::undo, false, undo}};
}

void Segment::write_rows(std::span<const TableWriter> writers, store::RowBatch& rows) {
  for (const TableWriter& writer : writers) {
    store::RowBatch::Sink sink = rows.sink(writer.table);
    const std::size_t partitions = writer.partitioned ? limits_.partition_count : 1;
    for (std::size_t partition = 0; partition < partitions; ++partition) writer.write(partition, *workers_[0], sink);
  }
}

Status Segment::write_files(std::span<const TableWriter> writers, std::vector<store::TableFile>& files) {
  struct Task {
    const TableWriter* writer;
    std::size_t first;
    std::size_t until;
  };
  // A segment of little content makes few files; a large one gives every worker several.
  const std::size_t group_bytes = 8u << 20;
  const std::size_t groups = std::clamp<std::size_t>(
      arena_.used_bytes() / group_bytes, 1, std::min<std::size_t>(limits_.partition_count, 4 * limits_.workers));
  std::vector<Task> tasks;
  for (const TableWriter& writer : writers) {
    if (!writer.partitioned) {
      tasks.push_back({&writer, 0, 1});
      continue;
    }
    for (std::size_t group = 0; group < groups; ++group)
      tasks.push_back(
          {&writer, group * limits_.partition_count / groups, (group + 1) * limits_.partition_count / groups});
  }

  FirstError error;
  std::mutex files_mutex;
  for_each_parallel(limits_.workers, tasks.size(), [&](std::size_t i, std::size_t number) {
    const Task& task = tasks[i];
    store::TableBuilder builder(database_, task.writer->table);
    for (std::size_t partition = task.first; partition < task.until; ++partition)
      task.writer->write(partition, *workers_[number], builder);
    std::vector<store::TableFile> own;
    if (Status status = builder.finish(own); !status) error.keep(std::move(status).error());
    const std::lock_guard lock(files_mutex);
    files.insert(files.end(), own.begin(), own.end());
  });
  return error.take();
}

}  // namespace sluice::pipeline
