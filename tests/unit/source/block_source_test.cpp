// Batches: right bytes, right order, bounds kept, under every back end and every kind of trouble.
#include "source/block_source.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <deque>

#include "allocation_counter.h"
#include "block_maker.h"
#include "faulty_io.h"
#include "machine_has_uring.h"

namespace sluice::source {
namespace {

using test::append;
using test::BlockMaker;
using test::Buffer;
using test::Faults;
using test::FaultyIo;
using test::MadeBlock;
using test::record;
using test::records;
using test::regtest;
using test::TestDir;

BlockMap scanned(const TestDir& dir) {
  BlockReader reader(dir.path(), make_thread_io(4, 1));
  auto map = scan_blocks(regtest(), reader);
  if (!map) ADD_FAILURE() << map.error().message;
  return std::move(map).value();
}

/// A chain over several files, shuffled a little (as a node stores what it gets), with stale blocks between.
struct Fixture {
  explicit Fixture(std::uint64_t seed, std::size_t count = 300, std::size_t body_bytes_max = 3000,
                   bool obscured = false)
      : maker(seed) {
    blocks = maker.chain(count, body_bytes_max);
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    for (std::size_t i = 1; i + 6 < count; ++i) {
      if (maker.random().chance(0.3)) std::swap(order[i], order[i + maker.random().below(6)]);
    }
    XorKey key;
    if (obscured) {
      for (std::byte& b : key.bytes) b = static_cast<std::byte>(maker.random().next() | 1);
      dir.write("xor.dat", key.bytes);
    }
    for (std::uint32_t file = 0; file < 4; ++file) {
      Buffer bytes;
      for (std::size_t i = count * file / 4; i < count * (file + 1) / 4; ++i) {
        append(bytes, record(blocks[order[i]]));
        if (maker.random().chance(0.1)) append(bytes, record(maker.on(blocks[order[i] / 2].hash)));
      }
      key.apply(bytes, 0);
      if (file % 2 == 1) bytes.resize(bytes.size() + 1000);
      dir.write(file, bytes);
    }
    map = scanned(dir);
  }

  BlockMaker maker;
  TestDir dir;
  std::vector<MadeBlock> blocks;
  BlockMap map;
};

/// Runs a source to its end with slots coming back late, and checks every batch.
void expect_all(const Fixture& fixture, BlockReader& reader, std::size_t slot_count, const SourceLimits& limits,
                std::uint32_t first, std::uint32_t until) {
  std::vector<RawBuffer> slots(slot_count);
  BlockSource source(fixture.map, reader, slots, limits, first, until);
  std::deque<std::uint32_t> away;
  std::uint32_t height = first;
  for (std::uint32_t slot = 0; slot < slot_count; ++slot) source.give(slot);
  for (bool running = true; running;) {
    std::uint32_t slot = 0;
    switch (source.step(slot)) {
      case SourceStep::ready: {
        const RawBatch batch = slots[slot].batch();
        ASSERT_FALSE(batch.blocks.empty());
        ASSERT_LE(batch.blocks.size(), limits.batch_blocks_max);
        ASSERT_TRUE(batch.blocks.size() == 1 || batch.raw.size() <= limits.batch_bytes);
        ASSERT_GE(slots[slot].memory().size(), batch.raw.size() + raw_padding_bytes);
        std::uint64_t end = 0;
        for (const RawBlock& block : batch.blocks) {
          const MadeBlock& wanted = fixture.blocks[height];
          ASSERT_EQ(block.height, height);
          ASSERT_EQ(block.hash, wanted.hash);
          ASSERT_EQ(block.size, wanted.bytes.size());
          ASSERT_TRUE(block.begin == end || block.begin == end + record_head_bytes);
          end = std::uint64_t{block.begin} + block.size;
          ASSERT_LE(end, batch.raw.size());
          ASSERT_TRUE(std::equal(wanted.bytes.begin(), wanted.bytes.end(), batch.raw.begin() + block.begin))
              << "height " << height;
          ++height;
        }
        ASSERT_EQ(end, batch.raw.size());
        away.push_back(slot);
        break;
      }
      case SourceStep::progressed: break;
      case SourceStep::starved:
        ASSERT_FALSE(away.empty());
        source.give(away.front());
        away.pop_front();
        break;
      case SourceStep::finished: running = false; break;
      case SourceStep::failed: FAIL() << source.error().message;
    }
  }
  EXPECT_EQ(height, until);
  EXPECT_EQ(source.counters().blocks, until - first);
}

TEST(BlockSource, EveryBackEndGivesTheSameBlocks) {
  const Fixture plain(40), obscured(41, 300, 3000, true);
  bool uring_ran = false;
  for (const char* setting : {"threads", "io_uring"}) {
    auto choice = choose_io(setting, 16);
    if (!choice) continue;
    uring_ran |= choice.value().io->name() == "io_uring";
    for (const Fixture* fixture : {&plain, &obscured}) {
      BlockReader reader(fixture->dir.path(), choose_io(setting, 16).value().io);
      for (const std::uint64_t batch_bytes : {1u, 5000u, 60'000u, 8u << 20}) {
        expect_all(*fixture, reader, 3, {.batch_bytes = batch_bytes, .read_bytes_max = 4096}, 0,
                   fixture->map.height_count());
      }
    }
  }
  EXPECT_EQ(uring_ran, test::machine_has_uring()) << "io_uring is there but was not run";
}

TEST(BlockSource, BatchCapacitiesSlotsAndRanges) {
  const Fixture fixture(42, 120);
  BlockReader reader(fixture.dir.path(), make_thread_io(4, 2));
  for (const std::uint32_t blocks_max : {1u, 2u, 7u, 4096u}) {
    for (const std::size_t slots : {1u, 2u, 5u}) {
      expect_all(fixture, reader, slots, {.batch_bytes = 20'000, .batch_blocks_max = blocks_max}, 0, 120);
    }
  }
  expect_all(fixture, reader, 2, {}, 17, 63);
  expect_all(fixture, reader, 2, {}, 119, 120);
  expect_all(fixture, reader, 2, {}, 50, 50);
}

TEST(BlockSource, ShortLateReorderedAndInterruptedReads) {
  const Fixture fixture(43, 150), obscured(44, 150, 3000, true);
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Fixture& chosen = seed % 2 ? fixture : obscured;
    auto io = std::make_unique<FaultyIo>(1 + static_cast<std::uint32_t>(seed % 9),
                                         Faults{.seed = seed, .short_read = 0.4, .interrupted = 0.2, .reorder = true});
    const FaultyIo& faulty = *io;
    BlockReader reader(chosen.dir.path(), std::move(io));
    expect_all(chosen, reader, 1 + seed % 4, {.batch_bytes = 9000, .read_bytes_max = 4096}, 0, 150);
    EXPECT_GT(faulty.short_reads(), 0);
  }
}

TEST(BlockSource, NeighboursAreReadTogetherAndSeveralInFlight) {
  TestDir dir;
  const auto blocks = BlockMaker(45).chain(400, 500);
  dir.write(0, records(blocks, 0, 400));
  const BlockMap map = scanned(dir);
  auto io = std::make_unique<FaultyIo>(8, Faults{});
  const FaultyIo& faulty = *io;
  BlockReader reader(dir.path(), std::move(io));
  std::vector<RawBuffer> slots(4);
  BlockSource source(map, reader, slots, {.batch_bytes = 20'000, .read_bytes_max = 1 << 20}, 0, 400);
  for (std::uint32_t slot = 0; slot < 4; ++slot) source.give(slot);
  std::uint32_t slot = 0;
  SourceStep step = SourceStep::progressed;
  while ((step = source.step(slot)) != SourceStep::finished) {
    ASSERT_TRUE(step == SourceStep::ready || step == SourceStep::progressed);
    if (step == SourceStep::ready) source.give(slot);
  }
  EXPECT_EQ(source.counters().reads, source.counters().batches);  // one extent a batch
  EXPECT_EQ(source.counters().blocks, 400u);
  EXPECT_EQ(faulty.most_in_flight(), 4u);
  EXPECT_EQ(source.counters().in_flight_high_water, 4u);
}

TEST(BlockSource, BlockLargerThanABatchGetsAGrownSlot) {
  TestDir dir;
  BlockMaker maker(46);
  Fixture fixture(47, 5);
  std::vector<MadeBlock> blocks{maker.genesis()};
  for (int i = 1; i < 60; ++i) blocks.push_back(maker.on(blocks.back().hash, i % 7 == 3 ? 200'000 : 700));
  dir.write(0, records(blocks, 0, 60));
  fixture.blocks = blocks;
  fixture.map = scanned(dir);
  for (const std::size_t slots : {1u, 2u, 4u}) {
    BlockReader reader(dir.path(), choose_io("", 4).value().io);
    expect_all(fixture, reader, slots, {.batch_bytes = 10'000, .oversize_bytes_max = 250'000}, 0, 60);
    expect_all(fixture, reader, slots, {.batch_bytes = 10'000, .oversize_bytes_max = 10 << 20}, 0, 60);
  }
}

TEST(BlockSource, BlockBeyondTheMemoryBudgetIsSaid) {
  TestDir dir;
  BlockMaker maker(48);
  std::vector<MadeBlock> blocks{maker.genesis(), {}, {}};
  blocks[1] = maker.on(blocks[0].hash, 100);
  blocks[2] = maker.on(blocks[1].hash, (3 << 20) + 5);
  dir.write(0, records(blocks, 0, 3));
  const BlockMap map = scanned(dir);
  BlockReader reader(dir.path(), make_thread_io(4, 1));
  std::vector<RawBuffer> slots(2);
  BlockSource source(map, reader, slots, {.batch_bytes = 1 << 20, .oversize_bytes_max = 3 << 20}, 0, 3);
  source.give(0);
  source.give(1);
  std::uint32_t slot = 0;
  SourceStep step = SourceStep::progressed;
  while ((step = source.step(slot)) == SourceStep::progressed || step == SourceStep::ready) {}
  ASSERT_EQ(step, SourceStep::failed);
  EXPECT_EQ(source.error().kind, ErrorKind::limit);
  EXPECT_EQ(source.error().message, "block at height 2 needs 4 MiB: raise --memory-budget");
  EXPECT_EQ(source.step(slot), SourceStep::failed);
}

/// Runs until the source fails, and gives its error.
Error failure_of(const BlockMap& map, BlockReader& reader) {
  std::vector<RawBuffer> slots(2);
  BlockSource source(map, reader, slots, {.batch_bytes = 5000}, 0, map.height_count());
  source.give(0);
  source.give(1);
  for (;;) {
    std::uint32_t slot = 0;
    switch (source.step(slot)) {
      case SourceStep::ready: source.give(slot); break;
      case SourceStep::progressed: break;
      case SourceStep::failed: return source.error();
      default: ADD_FAILURE() << "no failure"; return {};
    }
  }
}

TEST(BlockSource, FileThatShrankSinceTheScan) {
  TestDir dir;
  const auto blocks = BlockMaker(49).chain(50);
  const Buffer bytes = records(blocks, 0, 50);
  dir.write(0, bytes);
  const BlockMap map = scanned(dir);
  dir.write(0, Bytes(bytes).first(bytes.size() - 20));
  BlockReader reader(dir.path(), choose_io("", 4).value().io);
  const Error error = failure_of(map, reader);
  EXPECT_EQ(error.kind, ErrorKind::corrupt);
  EXPECT_NE(error.message.find(dir.file(0) + ", offset " + std::to_string(bytes.size() - 20)), std::string::npos)
      << error.message;
}

TEST(BlockSource, HeaderThatChangedSinceTheScan) {
  TestDir dir;
  const auto blocks = BlockMaker(50).chain(50);
  Buffer bytes = records(blocks, 0, 50);
  dir.write(0, bytes);
  const BlockMap map = scanned(dir);
  for (const std::size_t at : {std::size_t{0}, std::size_t{79}}) {
    Buffer changed = bytes;
    changed[map.at(33).offset + at] ^= std::byte{0x10};
    dir.write(0, changed);
    BlockReader reader(dir.path(), make_thread_io(4, 1));
    const Error error = failure_of(map, reader);
    EXPECT_EQ(error.kind, ErrorKind::corrupt);
    EXPECT_NE(error.message.find(dir.file(0) + ", offset " + std::to_string(map.at(33).offset)), std::string::npos)
        << error.message;
    EXPECT_NE(error.message.find("height 33"), std::string::npos);
  }
}

TEST(BlockSource, EveryFailingReadIsReported) {
  TestDir dir;
  const auto blocks = BlockMaker(51).chain(60);
  dir.write(0, records(blocks, 0, 60));
  const BlockMap map = scanned(dir);
  for (const std::int64_t fail_at : {0, 1, 3}) {
    BlockReader reader(dir.path(),
                       std::make_unique<FaultyIo>(3, Faults{.seed = 3, .reorder = true, .fail_at = fail_at}));
    const Error error = failure_of(map, reader);
    EXPECT_EQ(error.kind, ErrorKind::io);
    EXPECT_NE(error.message.find("cannot read " + dir.file(0) + ", offset "), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("Input/output error"), std::string::npos);
  }
  std::filesystem::remove(dir.file(0));
  BlockReader reader(dir.path(), make_thread_io(3, 1));
  EXPECT_NE(failure_of(map, reader).message.find("No such file"), std::string::npos);
}

/// Runs a source to its end; returns the allocations after the first 8 batches.
std::uint64_t allocations_of_a_run(const Fixture& fixture, BlockReader& reader) {
  std::vector<RawBuffer> slots(4);
  BlockSource source(fixture.map, reader, slots, {.batch_bytes = 16'384, .batch_blocks_max = 32}, 0,
                     fixture.map.height_count());
  for (std::uint32_t slot = 0; slot < 4; ++slot) source.give(slot);
  std::uint64_t before = 0, batches = 0;
  for (;;) {
    std::uint32_t slot = 0;
    switch (source.step(slot)) {
      case SourceStep::ready:
        if (++batches == 8) before = test::allocation_count();
        source.give(slot);
        break;
      case SourceStep::progressed: break;
      case SourceStep::finished: EXPECT_GT(batches, 40u); return test::allocation_count() - before;
      default: ADD_FAILURE() << "the source failed or starved"; return ~std::uint64_t{0};
    }
  }
}

TEST(BlockSource, NoAllocationAfterWarmUp) {
  const Fixture fixture(52, 800, 2000);
  for (const char* setting : {"threads", "io_uring"}) {
    auto choice = choose_io(setting, 8);
    if (!choice) continue;
    BlockReader reader(fixture.dir.path(), std::move(choice.value().io));
    const std::uint64_t first = allocations_of_a_run(fixture, reader);
    EXPECT_GT(first, 0u) << "opening a file builds its name: the counter counts";
    EXPECT_EQ(allocations_of_a_run(fixture, reader), 0u) << setting;
  }
}

}  // namespace
}  // namespace sluice::source
