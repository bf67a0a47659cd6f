// One partition's outputs meet its spends; and what a segment knows of its blocks.
#include "resolve/join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "fake_batch.h"

namespace sluice::resolve {
namespace {

using test::records_of;

class Join : public testing::Test {
 protected:
  void SetUp() override {
    segment_.first_tx = 10'000;
    segment_.first_height = 100;
    segment_.block_first_rel = {0, 10, 10, 20};
    segment_.tx_count = 30;
    segment_.undo_first_height = 1000;
  }

  void output(std::uint64_t key, std::uint32_t rel, std::uint32_t index = 0, std::size_t worker = 0) {
    sources_[worker]->outputs[0].push(arena_, {key, key * 3, ValueFlags::of(key, false), rel, index});
  }
  void spend(std::uint64_t key, std::uint32_t rel, std::uint32_t index = 0, std::size_t worker = 1) {
    sources_[worker]->spends[0].push(arena_, {key, key * 5, index, rel});
  }
  void carried(std::uint64_t key, std::uint64_t tx_number, std::uint32_t index = 0) {
    live_.push_back({key, key * 3, ValueFlags::of(key, false), tx_number, index, 0});
  }
  ResolveErrc join() { return join_partition(0, sources_, segment_, arena_, scratch_, live_, target_, left_, fault_); }

  ChunkArena arena_{16u << 20, 1024};
  RecordSet sets_[4] = {RecordSet(1), RecordSet(1), RecordSet(1), RecordSet(1)};
  RecordSet* sources_[4] = {&sets_[0], &sets_[1], &sets_[2], &sets_[3]};
  RecordSet target_{1};
  SegmentContext segment_;
  JoinScratch scratch_;
  Column<LiveOutput> live_;
  JoinLeft left_;
  ResolveFault fault_;
};

TEST_F(Join, NothingToJoin) {
  EXPECT_EQ(join(), ResolveErrc::ok);
  EXPECT_TRUE(left_.spends.empty());
}

TEST_F(Join, OutputThatLivesIsUnspentAndCreated) {
  output(7, 3, 2);
  ASSERT_EQ(join(), ResolveErrc::ok);
  for (const auto* lists : {&target_.unspent, &target_.created}) {
    const auto records = records_of(*lists);
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].prefix, 21u);
    EXPECT_EQ(records[0].tx_number, 10'003u);
    EXPECT_EQ(records[0].value.value(), 7u);
    EXPECT_EQ(records[0].index, 2u);
    EXPECT_EQ(records[0].removed, 0u);
  }
  EXPECT_TRUE(records_of(target_.history).empty());
}

// A block may hold a child before its parent.
TEST_F(Join, SpendMeetsItsOutputFromEitherSide) {
  output(7, 3);
  spend(7, 5);
  output(8, 6);
  spend(8, 5);
  ASSERT_EQ(join(), ResolveErrc::ok);
  EXPECT_TRUE(records_of(target_.unspent).empty());
  EXPECT_TRUE(left_.spends.empty());
  auto history = records_of(target_.history);
  ASSERT_EQ(history.size(), 2u);
  for (const HistoryRecord& record : history) EXPECT_EQ(std::uint32_t{record.rel}, 5u);
}

TEST_F(Join, UnknownOutputIsLeft) {
  output(7, 3);
  spend(9, 5, 4);
  ASSERT_EQ(join(), ResolveErrc::ok);
  ASSERT_EQ(left_.spends.size(), 1u);
  EXPECT_EQ(left_.spends[0].key, 9u);
  EXPECT_EQ(left_.spends[0].index, 4u);
  EXPECT_EQ(left_.spends[0].rel, 5u);
  EXPECT_EQ(records_of(target_.unspent).size(), 1u);
}

TEST_F(Join, SpentTwiceIsAFaultThatNamesTheSpender) {
  output(7, 3, 1);
  spend(7, 5, 1, 1);
  spend(7, 9, 1, 2);
  EXPECT_EQ(join(), ResolveErrc::spent_twice);
  EXPECT_EQ(fault_.rel, 9u);
  EXPECT_EQ(fault_.index, 1u);
}

TEST_F(Join, EqualKeysOfTwoOutputsAreACollision) {
  output(7, 3, 1, 0);
  output(7, 9, 1, 3);
  EXPECT_EQ(join(), ResolveErrc::key_collision);
  EXPECT_EQ(fault_.rel, 9u);
}

TEST_F(Join, OnlyCoinbasesOfDifferentBlocksMayRepeat) {
  segment_.duplicate_coinbases = true;
  const struct {
    std::uint32_t first_rel, first_index, second_rel, second_index;
    ResolveErrc errc;
  } cases[] = {{0, 0, 20, 0, ResolveErrc::ok},
               {20, 0, 0, 0, ResolveErrc::ok},
               {0, 0, 20, 1, ResolveErrc::key_collision},
               {0, 0, 21, 0, ResolveErrc::key_collision},
               {1, 0, 20, 0, ResolveErrc::key_collision},
               {0, 0, 0, 0, ResolveErrc::key_collision}};
  for (const auto& [first_rel, first_index, second_rel, second_index, errc] : cases) {
    output(7, first_rel, first_index, 0);
    output(7, second_rel, second_index, 1);
    live_.clear();
    EXPECT_EQ(join(), errc) << first_rel << " " << second_rel;
  }
}

TEST_F(Join, LaterCoinbaseReplacesAnUnspentOne) {
  segment_.duplicate_coinbases = true;
  output(7, 20, 0, 0);
  output(7, 0, 0, 1);
  output(7, 10, 0, 2);
  ASSERT_EQ(join(), ResolveErrc::ok);
  const auto unspent = records_of(target_.unspent);
  ASSERT_EQ(unspent.size(), 1u);
  EXPECT_EQ(unspent[0].tx_number, 10'020u);
  ASSERT_EQ(left_.replaced.size(), 2u);
  EXPECT_EQ(left_.replaced[0].tx_number + left_.replaced[1].tx_number, 20'010u);
}

TEST_F(Join, CoinbaseSpentBeforeItsRepetitionIsNotReplaced) {
  segment_.duplicate_coinbases = true;
  output(7, 0);
  output(7, 20);
  spend(7, 15);
  ASSERT_EQ(join(), ResolveErrc::ok);
  EXPECT_TRUE(left_.replaced.empty());
  const auto unspent = records_of(target_.unspent);
  ASSERT_EQ(unspent.size(), 1u);
  EXPECT_EQ(unspent[0].tx_number, 10'020u);
}

TEST_F(Join, ReplacementIsAlwaysLeftForTheStore) {
  segment_.duplicate_coinbases = true;
  output(7, 0);
  spend(7, 0, replaces_older);
  ASSERT_EQ(join(), ResolveErrc::ok);
  ASSERT_EQ(left_.spends.size(), 1u);
  EXPECT_NE(left_.spends[0].index & replaces_older, 0u);
  EXPECT_EQ(records_of(target_.unspent).size(), 1u);
}

TEST_F(Join, CarriedOutputIsMetLikeTheSegmentsOwn) {
  carried(7, 55, 4);
  carried(8, 56);
  output(9, 3);
  spend(7, 5, 4);
  ASSERT_EQ(join(), ResolveErrc::ok);
  EXPECT_TRUE(left_.spends.empty());
  const auto history = records_of(target_.history);
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(std::uint64_t{history[0].prefix}, 21u);
  EXPECT_EQ(std::uint32_t{history[0].rel}, 5u);
  const auto removed = records_of(target_.removed);
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(std::uint64_t{removed[0].tx_number}, 55u);
  EXPECT_EQ(std::uint32_t{removed[0].index}, 4u);
  const auto unspent = records_of(target_.unspent);
  ASSERT_EQ(unspent.size(), 2u) << "one removal, and the segment's own; what is only carried on has its row";
  for (const UnspentRecord& record : unspent) EXPECT_EQ(record.removed, record.tx_number == 55 ? 1u : 0u);
  EXPECT_EQ(records_of(target_.created).size(), 1u);
  ASSERT_EQ(live_.size(), 2u);
  EXPECT_EQ(live_[0].key + live_[1].key, 17u);
}

TEST_F(Join, CarriedCoinbaseIsReplacedUnlessSpentBefore) {
  segment_.duplicate_coinbases = true;
  carried(7, 55);
  carried(8, 56);
  output(7, 20);
  output(8, 20);
  spend(8, 15);
  spend(7, 20, replaces_older);
  ASSERT_EQ(join(), ResolveErrc::ok);
  ASSERT_EQ(left_.replaced.size(), 1u);
  EXPECT_EQ(std::uint64_t{left_.replaced[0].tx_number}, 55u);
  EXPECT_EQ(records_of(target_.removed).size(), 2u);
  ASSERT_EQ(live_.size(), 2u);
  for (const LiveOutput& output : live_) EXPECT_EQ(output.tx_number, 10'020u);
}

// Undoing a block brings back what its coinbase replaced, like what it spent.
TEST_F(Join, ReplacedOutputLeavesUndoAtTheHeightOfItsReplacement) {
  segment_.duplicate_coinbases = true;
  segment_.undo_first_height = 0;
  carried(7, 55, 3);
  output(7, 20, 3);
  output(7, 10, 3);
  ASSERT_EQ(join(), ResolveErrc::ok);
  std::map<std::uint32_t, std::uint64_t> replaced;  // height -> tx number
  for (const UndoRecord& record : records_of(target_.undo)) {
    EXPECT_EQ(record.index, 3u);
    replaced[record.height] = record.tx_number;
  }
  EXPECT_EQ(replaced, (std::map<std::uint32_t, std::uint64_t>{{102, 55}, {103, 10'010}}));
}

TEST_F(Join, CarriedOutputSpentTwiceIsAFault) {
  carried(7, 55);
  spend(7, 5);
  spend(7, 9);
  EXPECT_EQ(join(), ResolveErrc::spent_twice);
}

TEST_F(Join, OutputWithTheKeyOfACarriedOneIsACollision) {
  carried(7, 55);
  output(7, 3);
  EXPECT_EQ(join(), ResolveErrc::key_collision);
}

TEST_F(Join, OnlyBlocksNearTheTipLeaveUndo) {
  segment_.undo_first_height = 103;
  for (const std::uint32_t rel : {0u, 19u, 20u, 29u}) {
    output(100 + rel, 1, rel);
    spend(100 + rel, rel, rel);
  }
  ASSERT_EQ(join(), ResolveErrc::ok);
  const auto undo = records_of(target_.undo);
  ASSERT_EQ(undo.size(), 2u);
  for (const UndoRecord& record : undo) {
    EXPECT_EQ(record.height, 103u);
    EXPECT_EQ(record.tx_number, 10'001u);
    EXPECT_GE(record.index, 20u);
    EXPECT_EQ(record.prefix, 3 * record.value.value());
  }
}

// Keys whose low bits are equal stand in one run of slots.
TEST_F(Join, ManyWorkersAndCrowdedSlots) {
  for (const unsigned step : {0u, 8u, 40u}) {
    std::map<std::uint64_t, std::uint32_t> expected;  // key -> spender
    Random random(5);
    for (std::uint64_t i = 1; i <= 3000; ++i) {
      const std::uint64_t key = i << step;
      const auto created = static_cast<std::uint32_t>(random.below(30));
      output(key, created, static_cast<std::uint32_t>(i), random.below(4));
      if (random.below(3) == 0) continue;
      expected[key] = created + static_cast<std::uint32_t>(random.below(30 - created));
      spend(key, expected[key], static_cast<std::uint32_t>(i), random.below(4));
    }
    live_.clear();
    ASSERT_EQ(join(), ResolveErrc::ok);
    EXPECT_TRUE(left_.spends.empty());
    EXPECT_EQ(live_.size(), 3000 - expected.size());
    const auto history = records_of(target_.history);
    EXPECT_EQ(history.size(), expected.size());
    for (const HistoryRecord& record : history) EXPECT_EQ(std::uint32_t{record.rel}, expected.at(record.prefix / 3));
    EXPECT_EQ(records_of(target_.unspent).size(), 3000 - expected.size());
    target_.release(arena_);
    EXPECT_EQ(arena_.used_bytes(), 0u) << "chunks were not given back";
  }
}

TEST(SegmentContext, HeightsAtBlockBorders) {
  SegmentContext segment;
  segment.first_height = 50;
  segment.block_first_rel = {0, 1, 1, 1, 5};  // blocks 51 and 52 are empty
  segment.tx_count = 9;
  const std::uint32_t heights[] = {50, 53, 53, 53, 53, 54, 54, 54, 54};
  for (std::uint32_t rel = 0; rel < 9; ++rel) EXPECT_EQ(segment.height_of(rel), heights[rel]) << rel;
  EXPECT_EQ(segment.block_begin(0), 0u);
  EXPECT_EQ(segment.block_begin(4), 1u);
  EXPECT_EQ(segment.block_begin(8), 5u);
}

TEST(SegmentContext, UndoBeginsAtItsHeight) {
  SegmentContext segment;
  segment.first_height = 50;
  segment.block_first_rel = {0, 1, 1, 5};
  segment.tx_count = 9;
  const auto first_rel = [&](std::uint32_t height) {
    segment.undo_first_height = height;
    return segment.undo_first_rel();
  };
  EXPECT_EQ(first_rel(0), 0u);
  EXPECT_EQ(first_rel(50), 0u);
  EXPECT_EQ(first_rel(51), 1u);
  EXPECT_EQ(first_rel(52), 1u);
  EXPECT_EQ(first_rel(53), 5u);
  EXPECT_EQ(first_rel(54), ~0u);
  segment.undo_first_height = 53;
  EXPECT_EQ(segment.undo_height(4), no_undo);
  EXPECT_EQ(segment.undo_height(5), 53u);
}

TEST(SegmentContext, CreatedPartitionsAreInRangeAndInOrder) {
  for (const std::uint32_t tx_count : {1u, 2u, 3u, 255u, 256u, 257u, 1u << 20, ~0u}) {
    for (const std::size_t partitions : {1, 2, 256, 65536}) {
      SegmentContext segment;
      segment.tx_count = tx_count;
      const unsigned shift = segment.created_shift(partitions);
      EXPECT_LT(std::uint64_t{tx_count - 1} >> shift, partitions) << tx_count << " " << partitions;
    }
  }
}

TEST(SegmentContext, RemovedPartitionsAreInRangeAndInOrder) {
  for (const std::uint64_t first_tx :
       {std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256}, std::uint64_t{1} << 39}) {
    for (const std::size_t partitions : {1, 2, 256, 65536}) {
      SegmentContext segment;
      segment.first_tx = first_tx;
      EXPECT_LT((first_tx - 1) >> segment.removed_shift(partitions), partitions) << first_tx << " " << partitions;
    }
  }
}

}  // namespace
}  // namespace sluice::resolve
