// The stages at work on a chain with the whole mix of transactions, in several files: nothing is allocated
// once the first batches are through, several stages are busy in one moment, and what one stage counts
// out the next counts in.
//
// Allocations are counted in this program's operator new, and only while the counters of the running
// pipeline say that it is past its warm-up and before its segment ends: the window is exact, whatever
// the scheduler does.
#include <gtest/gtest.h>

#include "allocation_window.h"
#include "pipeline/block_pipeline.h"
#include "source/block_reader.h"
#include "sync_bench.h"

namespace sluice::pipeline::test {
namespace {

class DataPlane : public testing::Test {
 protected:
  void make(const std::vector<std::vector<std::byte>>& raws) {
    constexpr std::size_t blocks_a_file = 40;
    for (std::size_t first = 0; first < raws.size(); first += blocks_a_file)
      bench_.append(static_cast<int>(first / blocks_a_file),
                    std::span(raws).subspan(first).first(std::min(blocks_a_file, raws.size() - first)));
    auto choice = source::choose_io(source::io_setting(), 8);
    ASSERT_TRUE(choice.ok());
    reader_ = std::make_unique<source::BlockReader>(bench_.blocks_dir(), std::move(choice.value().io));
    auto map = source::scan_blocks(bench_.network(), *reader_);
    ASSERT_TRUE(map.ok()) << map.error().message;
    map_ = std::move(map).value();
  }

  void run(const std::string& name, ResolveWay way, std::uint32_t threads, Counters& counters) {
    auto database = store::Database::open(bench_.db_dir(name), store::OpenMode::read_write, {});
    ASSERT_TRUE(database.ok()) << database.error().message;
    MemoryRequest request;
    request.way = way;
    request.threads = threads;
    request.block_count = map_.height_count();
    request.batch_bytes = 256 << 10;
    request.slots = 2 + threads;
    auto plan = plan_memory(request);
    ASSERT_TRUE(plan.ok());
    PipelineOptions options;
    options.network = &bench_.network();
    options.batch_blocks = 4;
    options.memory = plan.value();
    options.undo_first_height = map_.height_count() - 10;
    BlockPipeline pipeline(*database.value(), map_, *reader_, options, counters);
    if (counted_) watch_allocations(counters, first_, until_);
    const Status status = pipeline.run({0, map_.height_count()});
    seen_ = end_watch();
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  void expect_no_allocations(ResolveWay way, std::uint32_t threads) {
    make(raw_chain(small_chain(200, 150, 76)));
    Counters measured;
    run("measure", way, threads, measured);
    const std::uint64_t batches = measured.of(Stage::resolve).batches.load();
    ASSERT_GT(batches, 40U);
    first_ = 2;
    until_ = batches;
    counted_ = true;
    Counters counted;
    run("counted", way, threads, counted);
    EXPECT_EQ(counted.of(Stage::resolve).batches.load(), batches);
    EXPECT_EQ(seen_, 0U) << "allocations";
  }

  SyncBench bench_;
  std::unique_ptr<source::BlockReader> reader_;
  source::BlockMap map_;
  bool counted_ = false;
  std::uint64_t first_ = 0, until_ = 0, seen_ = 0;
};

TEST_F(DataPlane, TheCounterSeesAllocations) {
  Counters counters;
  watch_allocations(counters, 0, 1);
  const auto numbers = std::make_unique<std::vector<int>>(100);
  EXPECT_EQ(end_watch(), 2U);
  EXPECT_EQ(numbers->size(), 100U);
  watch_allocations(counters, 1, 2);
  const std::vector<int> before_the_window(100);
  EXPECT_EQ(end_watch(), 0U);
  EXPECT_EQ(before_the_window.size(), 100U);
}

TEST_F(DataPlane, TheJoinWayAllocatesNothingAfterWarmUp) { expect_no_allocations(ResolveWay::join, 1); }
TEST_F(DataPlane, TheTableWayAllocatesNothingAfterWarmUp) { expect_no_allocations(ResolveWay::table, 1); }
TEST_F(DataPlane, ManyThreadsAllocateNothingAfterWarmUp) { expect_no_allocations(ResolveWay::join, 4); }

TEST_F(DataPlane, StagesCountTheSameItemsAndBytes) {
  make(raw_chain(small_chain(120, 100, 77)));
  for (const ResolveWay way : all_ways) {
    for (const std::uint32_t threads : {1u, 3u}) {
      SCOPED_TRACE(std::to_string(threads) + " threads, " + std::string(name_of(way)));
      Counters counters;
      run("counters" + std::to_string(threads) + std::string(name_of(way)), way, threads, counters);
      const auto& source = counters.of(Stage::source);
      for (const Stage stage : {Stage::parse, Stage::classify, Stage::order, Stage::resolve}) {
        SCOPED_TRACE(stage_names[static_cast<std::size_t>(stage)]);
        const flow::StageCounters& counted = counters.of(stage);
        EXPECT_EQ(counted.batches.load(), source.batches.load());
        EXPECT_EQ(counted.bytes.load(), source.bytes.load());
        EXPECT_EQ(counted.items.load(), counters.txs.load());
        EXPECT_GT(counted.busy_ns.load(), 0U);
        EXPECT_EQ(counted.busy_now.load(), 0U);
      }
      EXPECT_EQ(counters.of(Stage::write).batches.load(), counters.segments.load());
      EXPECT_EQ(counters.of(Stage::write).busy_now.load(), 0U);
      EXPECT_EQ(counters.bytes.load(), source.bytes.load());
      EXPECT_GE(source.bytes.load(), map_.best_bytes);
      EXPECT_EQ(counters.height.load(), map_.height_count());
      EXPECT_GE(counters.segments.load(), 1U);
      EXPECT_LE(counters.most_busy.load(), 5U) << "write works while all others rest";
      for (std::size_t i = 0; i < 4; ++i) EXPECT_GE(counters.queue_high_water[i].load(), 1U);
    }
  }
}

// Counted when a stage begins a batch, so it is a true moment; on one busy core it may take a few runs to meet one.
TEST_F(DataPlane, ThreeStagesAreBusyAtOnce) {
  make(raw_chain(small_chain(150, 120, 78)));
  std::uint32_t most = 0;
  for (int attempt = 0; attempt < 10 && most < 3; ++attempt) {
    Counters counters;
    run("busy" + std::to_string(attempt), ResolveWay::join, 2, counters);
    most = counters.most_busy.load();
  }
  EXPECT_GE(most, 3U);
}

}  // namespace
}  // namespace sluice::pipeline::test
