// The table of live outputs, and one worker of the table way.
#include "resolve/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "fake_batch.h"

namespace sluice::resolve {
namespace {

using test::FakeBatch;
using test::FakeBlock;
using test::FakeOutput;
using test::FakeTx;
using test::numbered_script;
using test::numbered_txid;
using test::records_of;

LiveOutput live(std::uint64_t key, std::uint64_t tx_number = 0) {
  return {key, key + 1, ValueFlags::of(key & 0xff, true), tx_number, 3, 0};
}

TEST(LiveTable, TakesWhatWasPut) {
  LiveTable table(64);
  EXPECT_EQ(table.take(5).key, 0u);
  EXPECT_EQ(table.replace(live(5, 9)).key, 0u);
  EXPECT_EQ(table.size(), 1u);
  const LiveOutput found = table.take(5);
  EXPECT_EQ(found.key, 5u);
  EXPECT_EQ(found.prefix, 6u);
  EXPECT_EQ(found.value.bits, live(5).value.bits);
  EXPECT_EQ(found.tx_number, 9u);
  EXPECT_EQ(found.index, 3u);
  EXPECT_EQ(table.take(5).key, 0u);
  EXPECT_EQ(table.size(), 0u);
}

TEST(LiveTable, SecondOutputOfAKeyReturnsTheFirst) {
  LiveTable table(64);
  (void)table.replace(live(5, 1));
  EXPECT_EQ(table.replace(live(5, 2)).tx_number, 1u);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.take(5).tx_number, 2u);
}

// 0 marks an empty slot; a key that happens to be 0 must be kept all the same.
TEST(LiveTable, KeyZeroIsAKey) {
  LiveTable table(64);
  EXPECT_EQ(table.replace(live(0, 4)).key, 0u);
  EXPECT_NE(table.take(0).key, 0u);
  (void)table.replace(live(0, 4));
  EXPECT_NE(table.replace(live(1, 5)).key, 0u) << "keys 0 and 1 share a slot, and say so";
}

// Every arrangement of removals from runs that wrap around the end of the table.
TEST(LiveTable, BackwardShiftOverTheEnd) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    LiveTable table(64);
    std::set<std::uint64_t> keys;
    while (keys.size() < 20) {
      const std::uint64_t key = (random.below(1000) << 6) | ((56 + random.below(12)) & 63);
      if (key != 0 && keys.insert(key).second) (void)table.replace(live(key));
    }
    while (!keys.empty()) {
      const auto gone = std::next(keys.begin(), static_cast<std::ptrdiff_t>(random.below(keys.size())));
      ASSERT_EQ(table.take(*gone).key, *gone);
      keys.erase(gone);
      std::set<std::uint64_t> seen;
      table.for_each([&](const LiveOutput& output) { seen.insert(output.key); });
      ASSERT_EQ(seen, keys) << "seed " << seed;
    }
  }
}

TEST(LiveTable, EvictionKeepsTheYoungest) {
  for (const std::size_t keep : {0, 1, 17, 39, 40, 100}) {
    LiveTable table(64);
    for (std::uint64_t i = 0; i < 40; ++i) (void)table.replace(live((i + 1) * 0x9e3779b97f4a7c15, (i * 7) % 40));
    table.evict_oldest(keep);
    EXPECT_EQ(table.size(), std::min<std::size_t>(keep, 40));
    std::set<std::uint64_t> numbers;
    table.for_each([&](const LiveOutput& output) { numbers.insert(output.tx_number); });
    EXPECT_EQ(numbers.size(), table.size());
    if (!numbers.empty()) {
      EXPECT_EQ(*numbers.begin(), 40 - table.size());
      EXPECT_EQ(*numbers.rbegin(), 39u);
    }
    for (std::uint64_t i = 0; i < 40; ++i)
      EXPECT_EQ(table.take((i + 1) * 0x9e3779b97f4a7c15).key != 0,
                (i * 7) % 40 >= 40 - std::min<std::size_t>(keep, 40));
  }
}

TEST(LiveTable, SaysWhenItIsFull) {
  LiveTable table(64);
  std::uint64_t key = 1;
  for (; table.has_room(); ++key) (void)table.replace(live(key));
  EXPECT_EQ(table.size(), 56u);
  EXPECT_EQ(table.take(1 << 20).key, 0u) << "a search in a full table must end";
  EXPECT_EQ(table.comfortable_size(), 48u);
  EXPECT_DEATH((void)table.replace(live(key)), "has_room");
}

class Resolver : public testing::Test {
 protected:
  void begin(std::uint64_t first_tx, std::uint32_t undo_first_height = ~0u, bool duplicates = false) {
    resolver_.begin_segment(first_tx, undo_first_height, duplicates);
    target_.release(arena_);
  }
  ResolveErrc add(const std::vector<FakeBlock>& blocks, std::uint32_t first_rel) {
    return resolver_.add_batch(FakeBatch(blocks, first_rel).input(), target_, fault_);
  }

  ChunkArena arena_{16u << 20, 1024};
  TableResolver resolver_{arena_, test::test_hasher, 64, 0, 1};
  RecordSet target_{1};
  ResolveFault fault_;
};

FakeTx funding(std::uint64_t number, std::size_t outputs = 1) {
  FakeTx tx{numbered_txid(number), {}, {}};
  for (std::size_t i = 0; i < outputs; ++i) tx.outputs.push_back({number, numbered_script(number), {}});
  return tx;
}
FakeTx spending(std::uint64_t number, std::uint64_t parent, std::uint32_t index = 0) {
  return {numbered_txid(number), {{numbered_txid(parent), index}}, {}};
}

TEST_F(Resolver, ChildBeforeParentInOneBatch) {
  begin(100, 7);
  ASSERT_EQ(add({{6, {funding(1)}}, {7, {spending(2, 1), spending(3, 4), funding(4)}}}, 0), ResolveErrc::ok);
  EXPECT_EQ(records_of(target_.spends).size(), 0u);
  const auto undo = records_of(target_.undo);
  ASSERT_EQ(undo.size(), 2u);
  EXPECT_EQ(undo[0].height, 7u);
  EXPECT_EQ(undo[0].tx_number, 100u);
  EXPECT_EQ(undo[1].tx_number, 103u);
}

TEST_F(Resolver, OutputOfAnEarlierSegmentIsPrior) {
  begin(0);
  ASSERT_EQ(add({{0, {funding(1)}}}, 0), ResolveErrc::ok);
  begin(1);
  ASSERT_EQ(add({{1, {spending(2, 1), spending(3, 50)}}}, 0), ResolveErrc::ok);
  ASSERT_EQ(resolver_.prior().size(), 1u);
  EXPECT_EQ(resolver_.prior()[0].output.tx_number, 0u);
  EXPECT_EQ(resolver_.prior()[0].spend.rel, 0u);
  const auto left = records_of(target_.spends);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].rel, 1u);
}

// The second spend finds nothing here, and the store will not know the output either.
TEST_F(Resolver, SpentTwiceIsLeftForTheStoreToRefuse) {
  begin(0);
  ASSERT_EQ(add({{0, {funding(1), spending(2, 1), spending(3, 1)}}}, 0), ResolveErrc::ok);
  EXPECT_EQ(records_of(target_.spends).size(), 1u);
  EXPECT_EQ(records_of(target_.history).size(), 1u);
}

TEST_F(Resolver, RepeatedTransactionIsACollision) {
  begin(0);
  EXPECT_EQ(add({{0, {funding(5), funding(1), funding(1)}}}, 10), ResolveErrc::key_collision);
  EXPECT_EQ(fault_.rel, 12u);
}

TEST_F(Resolver, RepeatedCoinbaseReplacesWhereTheCoinAllowsIt) {
  begin(0, ~0u, true);
  ASSERT_EQ(add({{0, {funding(1)}}, {1, {funding(2)}}}, 0), ResolveErrc::ok);
  ASSERT_EQ(add({{2, {funding(1)}}}, 2), ResolveErrc::ok);
  ASSERT_EQ(resolver_.replaced().size(), 1u);
  EXPECT_EQ(std::uint64_t{resolver_.replaced()[0].tx_number}, 0u);
  EXPECT_EQ(add({{3, {funding(3), funding(2)}}}, 3), ResolveErrc::key_collision) << "not a coinbase";
}

TEST_F(Resolver, CoinbaseMayBeSpentAndRepeatedInOneBatch) {
  begin(0, ~0u, true);
  ASSERT_EQ(add({{0, {funding(1)}}, {1, {funding(2), spending(3, 1)}}, {2, {funding(1)}}}, 0), ResolveErrc::ok);
  EXPECT_TRUE(resolver_.replaced().empty());
  EXPECT_TRUE(records_of(target_.spends).empty());
  EXPECT_EQ(records_of(target_.history).size(), 1u);
}

TEST_F(Resolver, BatchBeyondTheTableIsRefusedNotFatal) {
  begin(0);
  EXPECT_EQ(add({{0, {funding(1, 100)}}}, 20), ResolveErrc::table_full);
  EXPECT_EQ(fault_.rel, 20u);
  EXPECT_EQ(fault_.index, 56u);
}

TEST_F(Resolver, FullIsToldAndTheNextSegmentMakesRoom) {
  begin(0);
  EXPECT_FALSE(resolver_.full());
  ASSERT_EQ(add({{0, {funding(1, 50)}}}, 0), ResolveErrc::ok);
  EXPECT_TRUE(resolver_.full());
  begin(1);
  EXPECT_FALSE(resolver_.full());
}

TEST_F(Resolver, FinishWritesTheSegmentsOwnOutputsOnly) {
  begin(0);
  ASSERT_EQ(add({{0, {funding(1, 2)}}}, 0), ResolveErrc::ok);
  begin(1);
  ASSERT_EQ(add({{1, {funding(2, 3), spending(3, 2, 1)}}}, 0), ResolveErrc::ok);
  SegmentContext segment;
  segment.first_tx = 1;
  segment.first_height = 1;
  segment.block_first_rel = {0};
  segment.tx_count = 2;
  resolver_.finish_segment(segment, target_);
  std::set<std::uint32_t> indexes;
  for (const UnspentRecord& record : records_of(target_.unspent)) {
    EXPECT_EQ(record.tx_number, 1u);
    indexes.insert(record.index);
  }
  EXPECT_EQ(indexes, (std::set<std::uint32_t>{0, 2}));
  EXPECT_EQ(records_of(target_.created).size(), 2u);
}

}  // namespace
}  // namespace sluice::resolve
