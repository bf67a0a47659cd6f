#include "pipeline/index_blocks.h"

#include <fmt/format.h>

#include <condition_variable>
#include <thread>

#include "pipeline/memory_plan.h"

namespace sluice::pipeline {
namespace {

/// Early Bitcoin blocks repeat coinbase transactions; from this height on BIP34 makes it impossible.
constexpr std::uint32_t duplicate_coinbase_until = 227931;

Result<MemoryPlan> plan_of(const store::Database& database, const source::BlockMap& map, const SyncOptions& options,
                           BlockRange range) {
  MemoryRequest request;
  request.budget_bytes = options.memory_budget;
  request.threads = options.threads;
  request.way = options.way;
  request.block_count = map.scanned.size();
  for (std::uint32_t height = range.first; height < range.until; ++height) request.chain_bytes += map.at(height).size;
  if (database.state()) request.live_outputs = database.state()->outputs_created - database.state()->outputs_spent;
  request.batch_bytes = options.batch_bytes;
  request.slots = options.slots;
  request.partitions = options.partitions;
  request.segment_bytes = options.segment_bytes;
  auto plan = plan_memory(request);
  if (!plan) return plan;
  if (options.network->coin != chain::Coin::radiant)
    plan.value().segment.until_duplicate_height = duplicate_coinbase_until;
  plan.value().segment.form = options.form;
  plan.value().segment.by_script = !options.swap_only;
  if (options.merge) plan.value().merge = *options.merge;
  return plan;
}

PipelineOptions pipeline_options(const SyncOptions& options, const MemoryPlan& plan, std::uint32_t until,
                                 SwapIndex* swaps) {
  PipelineOptions pipeline;
  pipeline.network = options.network;
  pipeline.parity = options.parity;
  pipeline.swap_only = options.swap_only;
  pipeline.memory = plan;
  pipeline.read_bytes = options.read_bytes;
  pipeline.batch_blocks = options.batch_blocks;
  pipeline.parse_threads = options.parse_threads;
  pipeline.classify_threads = options.classify_threads;
  pipeline.undo_first_height = until > options.reorg_limit ? until - options.reorg_limit : 0;
  pipeline.stop = options.stop;
  pipeline.swaps = swaps;
  return pipeline;
}

}  // namespace

Status check_same_index(const SyncOptions& options, const store::Database& database) {
  if (!database.state()) return {};
  const store::State& state = *database.state();
  if (state.coin == options.network->coin_name && state.net == options.network->name && state.parity == options.parity)
    return store::check_contents(database.directory(), state, options.swap_only);
  return Error{ErrorKind::config,
               fmt::format("{}: this index is of {} {}{}, not of {} {}{}: choose another --db-dir",
                           database.directory(), state.coin, state.net, state.parity ? " with parity" : "",
                           options.network->coin_name, options.network->name, options.parity ? " with parity" : "")};
}

Status index_blocks(store::Database& database, const source::BlockMap& map, source::BlockReader& reader,
                    SwapIndex* swaps, const SyncOptions& options, BlockRange range, SyncReport& report,
                    std::unique_ptr<Counters>& counters, const ProgressHook& progress) {
  if (range.first >= range.until) return {};
  SLUICE_CHECK(!database.has_older_views());
  SLUICE_CHECK(swaps == nullptr || swaps->block_count() == range.first);
  if (swaps != nullptr) swaps->forget();
  const auto plan = plan_of(database, map, options, range);
  if (!plan) return plan.error();
  report.way = plan.value().way;
  report.batch_bytes = plan.value().batch_bytes;
  report.slots = plan.value().slots;
  report.partition_count = plan.value().segment.partition_count;

  counters = std::make_unique<Counters>();
  BlockPipeline pipeline(database, map, reader, pipeline_options(options, plan.value(), range.until, swaps), *counters);
  const std::uint64_t begin = flow::now_ns();
  Status status;
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::thread runner([&] {
    Status result = pipeline.run(range);
    const std::lock_guard lock(mutex);
    status = std::move(result);
    done = true;
    ended.notify_one();
  });
  for (std::unique_lock lock(mutex); !ended.wait_for(lock, std::chrono::milliseconds(100), [&] { return done; });) {
    if (progress) progress(*counters, report);
  }
  runner.join();
  report.touched.insert(report.touched.end(), pipeline.touched().begin(), pipeline.touched().end());
  report.index_seconds = static_cast<double>(flow::now_ns() - begin) / 1e9;
  if (progress) progress(*counters, report);
  return status;
}

}  // namespace sluice::pipeline
