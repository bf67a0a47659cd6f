#include "pipeline/segment.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <random>

#include "base/kill_point.h"
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

/// Keeps the first of several errors that workers meet.
class FirstError {
 public:
  void keep(Error error) {
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = Status(std::move(error));
  }
  [[nodiscard]] bool failed() const {
    const std::lock_guard lock(mutex_);
    return !status_.ok();
  }
  Status take() { return std::move(status_); }

 private:
  mutable std::mutex mutex_;
  Status status_;
};

/// Runs body(i, worker) for i in [0, count) on up to `workers` threads.
template <typename Body>
void for_each_parallel(std::uint32_t workers, std::size_t count, Body&& body) {
  // The library orders bodies and caller already; said again here where the thread sanitizer, which does not
  // see into it, can see it.
  std::atomic<std::size_t> handed{0};
  handed.store(1, std::memory_order_release);  // pairs with the acquire before each body
  oneapi::tbb::task_arena arena(static_cast<int>(workers));
  arena.execute([&] {
    oneapi::tbb::parallel_for(
        std::size_t{0}, count,
        [&](std::size_t i) {
          (void)handed.load(std::memory_order_acquire);
          body(i, static_cast<std::size_t>(oneapi::tbb::this_task_arena::current_thread_index()));
          handed.fetch_add(1, std::memory_order_acq_rel);  // pairs with the acquire at the end
        },
        oneapi::tbb::simple_partitioner());
  });
  (void)handed.load(std::memory_order_acquire);
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
      : records(limits.partition_count), scatter(arena, hasher, limits.partition_count, limits.until_duplicate_height) {
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

void Segment::plan_block(std::uint32_t tx_count) {
  context_.block_first_rel.push_back(context_.tx_count);
  context_.tx_count += tx_count;
}

bool Segment::full() const noexcept {
  if (arena_.used_bytes() >= limits_.arena_bytes) return true;
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

Error Segment::no_output_error(const resolve::SpendRecord& spend) const {
  return {ErrorKind::corrupt, fmt::format("{}: spends an output (index {}) that no earlier block created: the block "
                                          "files are damaged or of another chain",
                                          describe_spender(spend.rel), spend.index)};
}

Status Segment::take_up_live() {
  if (way_ != ResolveWay::join || !database_.state() || database_.state()->tx_count == 0) return {};
  auto file = store::CarryFile::create(database_, limits_.partition_count);
  if (!file) return std::move(file).error();
  FirstError error;
  const std::uint64_t tx_count = database_.state()->tx_count;
  for_each_parallel(limits_.workers, limits_.workers, [&](std::size_t i, std::size_t) {
    const store::TxRange share{tx_count * i / limits_.workers, tx_count * (i + 1) / limits_.workers};
    if (Status status = store::fill_from_tables(database_, hasher_, share, *file.value()); !status)
      error.keep(std::move(status).error());
  });
  if (error.failed()) return error.take();
  carried_ = std::move(file).value();
  return carried_->finish();
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
  if (Status status = write_tables(old_undo, result.files); !status) return std::move(status).error();
  SLUICE_KILL_POINT("segment.finish");
  for (auto* set : sets_) set->release(arena_);
  return result;
}

/// Outputs that a duplicate coinbase replaced were never spent by an input, and leave the sums here.
Status Segment::settle_replaced(std::span<const resolve::PlaceRecord> replaced, SegmentResult& result) {
  for (const resolve::PlaceRecord& output : replaced) {
    Txid txid;
    if (Status status = database_.flat().txids.read(output.tx_number, 1, txid.data()); !status) return status;
    result.sum.subtract(resolve::outpoint_term(txid.data(), output.index));
    ++result.outputs_spent;
  }
  return {};
}

Result<std::vector<store::PriorOutput>> Segment::look_up(std::span<resolve::SpendRecord> left) {
  std::sort(left.begin(), left.end(),
            [](const resolve::SpendRecord& a, const resolve::SpendRecord& b) { return a.txid_prefix < b.txid_prefix; });
  std::vector<store::PriorOutput> found(left.size());
  FirstError error;
  const std::size_t share = std::max<std::size_t>(1024, left.size() / limits_.workers + 1);
  for_each_parallel(limits_.workers, (left.size() + share - 1) / share, [&](std::size_t i, std::size_t) {
    const std::size_t begin = i * share;
    const std::size_t count = std::min(share, left.size() - begin);
    Status status = store::find_prior_outputs(database_, hasher_, left.subspan(begin, count),
                                              std::span(found).subspan(begin, count));
    if (!status) error.keep(std::move(status).error());
  });
  if (error.failed()) return std::move(error.take()).error();
  return found;
}

// Spends of outputs older than the segment: found in memory or looked up in the store, they become
// history of the spender and removals from the tables of unspent outputs.
Status Segment::settle_prior(Unsettled unsettled, SegmentResult& result) {
  const auto is_replacement = [](const resolve::SpendRecord& spend) {
    return (spend.index & resolve::replaces_older) != 0;
  };
  std::vector<resolve::SpendRecord>& left = unsettled.left;
  if (way_ == ResolveWay::join) {
    // What earlier segments left was at hand: replacements are settled, and a spend that found nothing is wrong.
    const auto spend = std::find_if_not(left.begin(), left.end(), is_replacement);
    return spend == left.end() ? Status() : Status(no_output_error(*spend));
  }
  auto found = look_up(left);
  if (!found) return std::move(found).error();

  std::vector<write::Place> places;
  places.reserve(left.size() + unsettled.prior.size());
  const auto settle = [&](const resolve::SpendRecord& spend, const resolve::LiveOutput& output) {
    places.push_back({output.tx_number, output.index});
    resolve::push_removed(arena_, context_, *sets_[0], output);
    resolve::push_spent(arena_, *sets_[0], spend.rel, context_.undo_height(spend.rel), output.tx_number, output.index,
                        output.prefix, output.value);
  };
  for (const resolve::PriorSpend& spend : unsettled.prior) settle(spend.spend, spend.output);
  const auto output_of = [&](std::size_t i) {
    const store::PriorOutput& prior = found.value()[i];
    return resolve::LiveOutput{left[i].key, prior.output.prefix, prior.output.value, prior.tx_number,
                               left[i].index & ~resolve::replaces_older};
  };
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (is_replacement(left[i])) continue;
    if (!found.value()[i].found) return no_output_error(left[i]);
    settle(left[i], output_of(i));
  }
  std::sort(places.begin(), places.end());
  if (const auto twice = std::adjacent_find(places.begin(), places.end()); twice != places.end()) {
    return Error{
        ErrorKind::corrupt,
        fmt::format("heights {} to {}: output {} of transaction number {} is spent twice: the block files are damaged",
                    context_.first_height, context_.first_height + planned_blocks() - 1, twice->index,
                    twice->tx_number)};
  }
  // A coinbase that repeats replaces only what nothing has spent before it.
  std::vector<resolve::PlaceRecord> replaced;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!is_replacement(left[i]) || !found.value()[i].found) continue;
    const resolve::LiveOutput output = output_of(i);
    if (std::binary_search(places.begin(), places.end(), write::Place{output.tx_number, output.index})) continue;
    replaced.push_back({output.tx_number, output.index});
    resolve::push_removed(arena_, context_, *sets_[0], output);
  }
  result.prior_spends = places.size() + replaced.size();
  return settle_replaced(replaced, result);
}

Status Segment::write_tables(HeightRange old_undo, std::vector<store::TableFile>& files) {
  using store::Table;
  using PartitionWriter = std::function<void(std::size_t partition, Worker & worker, write::RowSink & sink)>;
  struct Task {
    Table table;
    std::size_t first;
    std::size_t until;
    const PartitionWriter* writer;
  };
  const PartitionWriter history = [&](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_history(p, sets_, context_, arena_, worker.write, sink);
  };
  const PartitionWriter scripts = [&](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_scripts(p, sets_, arena_, worker.write, sink);
  };
  const PartitionWriter txs = [&](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_txs(p, sets_, context_, arena_, worker.write, sink);
  };
  const PartitionWriter unspent = [&](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_unspent(p, sets_, arena_, worker.write, sink);
  };
  const PartitionWriter removed_outputs = [&](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_removed_outputs(p, sets_, arena_, worker.write, sink);
  };
  const PartitionWriter outputs = [&](std::size_t p, Worker& worker, write::RowSink& sink) {
    write::write_outputs(p, sets_, arena_, worker.write, sink);
  };
  const PartitionWriter output_refs = [&](std::size_t, Worker&, write::RowSink& sink) {
    write::write_output_refs(sets_, context_, arena_, sink);
  };
  const PartitionWriter refs = [&](std::size_t, Worker&, write::RowSink& sink) {
    write::write_refs(sets_, context_, arena_, sink);
  };
  const PartitionWriter undo = [&](std::size_t, Worker&, write::RowSink& sink) {
    const std::uint32_t until = context_.first_height + planned_blocks();
    for (std::uint32_t height = old_undo.first; height < old_undo.until; ++height)
      sink.remove(write::undo_key(height).span());
    const std::uint32_t first = std::min(std::max(context_.undo_first_height, context_.first_height), until);
    write::write_undo(sets_, first, until, arena_, sink);
  };

  // A segment of little content makes few files; a large one gives every worker several.
  const std::size_t group_bytes = 8u << 20;
  const std::size_t groups = std::clamp<std::size_t>(
      arena_.used_bytes() / group_bytes, 1, std::min<std::size_t>(limits_.partition_count, 4 * limits_.workers));
  std::vector<Task> tasks;
  const auto add_tasks = [&](Table table, const PartitionWriter& writer) {
    for (std::size_t group = 0; group < groups; ++group) {
      tasks.push_back(
          {table, group * limits_.partition_count / groups, (group + 1) * limits_.partition_count / groups, &writer});
    }
  };
  add_tasks(Table::history, history), add_tasks(Table::txs, txs), add_tasks(Table::scripts, scripts);
  add_tasks(Table::unspent, unspent), add_tasks(Table::outputs, outputs);
  add_tasks(Table::outputs, removed_outputs);
  tasks.push_back({Table::output_refs, 0, 1, &output_refs});
  tasks.push_back({Table::refs, 0, 1, &refs});
  tasks.push_back({Table::undo, 0, 1, &undo});

  FirstError error;
  std::mutex files_mutex;
  for_each_parallel(limits_.workers, tasks.size(), [&](std::size_t i, std::size_t number) {
    const Task& task = tasks[i];
    store::TableBuilder builder(database_, task.table);
    for (std::size_t partition = task.first; partition < task.until; ++partition)
      (*task.writer)(partition, *workers_[number], builder);
    std::vector<store::TableFile> own;
    if (Status status = builder.finish(own); !status) error.keep(std::move(status).error());
    const std::lock_guard lock(files_mutex);
    files.insert(files.end(), own.begin(), own.end());
  });
  return error.take();
}

}  // namespace sluice::pipeline
