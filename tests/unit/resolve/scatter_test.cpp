// One batch into records: places of refs, replacements of early coinbases, scripts seen lately.
#include "resolve/scatter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "fake_batch.h"

namespace sluice::resolve {
namespace {

using classify::RefType;
using test::FakeBatch;
using test::FakeBlock;
using test::FakeOutput;
using test::FakeTx;
using test::numbered_script;
using test::numbered_txid;
using test::outpoint_bytes;
using test::records_of;

class ScatterTest : public testing::Test {
 protected:
  RecordSet& scatter(const std::vector<FakeBlock>& blocks, std::uint32_t first_rel = 0,
                     std::uint32_t until_duplicate_height = 0) {
    target_.release(arena_);
    Scatter scatter(arena_, test::test_hasher, 4, until_duplicate_height);
    scatter.add_batch(FakeBatch(blocks, first_rel).input(), target_);
    return target_;
  }
  /// The places of refs that one transaction leaves.
  std::vector<RefPlaceRecord> places(const FakeTx& tx) { return records_of(scatter({{1, {tx}}}).ref_places); }

  ChunkArena arena_{512u << 20, 4096};
  RecordSet target_{4};
};

const Txid parent = numbered_txid(1);
const test::Ref minted = outpoint_bytes(parent, 3);
const test::Ref carried = outpoint_bytes(numbered_txid(2), 0);

FakeTx tx_with(std::vector<test::FakeRef> refs) {
  return {numbered_txid(10), {{parent, 3}}, {{7, numbered_script(1), std::move(refs)}}};
}

TEST_F(ScatterTest, RefOfASpentOutpointIsMinted) {
  for (const RefType type : {RefType::normal, RefType::singleton}) {
    const auto found = places(tx_with({{minted, type}}));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].ref, minted);
    EXPECT_EQ(found[0].is_location, 0u);
  }
}

TEST_F(ScatterTest, CarriedSingletonHasALocationAndNormalRefHasNone) {
  const auto singleton = places(tx_with({{carried, RefType::singleton}}));
  ASSERT_EQ(singleton.size(), 1u);
  EXPECT_EQ(singleton[0].is_location, 1u);
  EXPECT_TRUE(places(tx_with({{carried, RefType::normal}})).empty());
}

TEST_F(ScatterTest, RefInSeveralOutputsHasOnePlace) {
  FakeTx tx = tx_with({{minted, RefType::normal}, {carried, RefType::normal}});
  tx.outputs.push_back({1, numbered_script(2), {{carried, RefType::singleton}, {minted, RefType::singleton}}});
  const auto found = places(tx);
  ASSERT_EQ(found.size(), 2u);
  for (const RefPlaceRecord& place : found) EXPECT_EQ(place.is_location, place.ref == carried ? 1u : 0u);
}

TEST_F(ScatterTest, OutputRefsCountTheirOrderAnewInEachOutput) {
  FakeTx tx = tx_with({{minted, RefType::normal}, {carried, RefType::singleton}});
  tx.outputs.push_back({1, numbered_script(2), {}});
  tx.outputs.push_back({1, numbered_script(2), {{carried, RefType::normal}}});
  const auto refs = records_of(scatter({{1, {{numbered_txid(5), {}, {}}, tx}}}, 40).output_refs);
  ASSERT_EQ(refs.size(), 3u);
  const auto expect = [&](std::size_t i, std::uint32_t index, std::uint32_t order, RefType type, const test::Ref& ref) {
    EXPECT_EQ(refs[i].rel, 41u);
    EXPECT_EQ(refs[i].index, index);
    EXPECT_EQ(refs[i].order, order);
    EXPECT_EQ(refs[i].type, static_cast<std::uint32_t>(type));
    EXPECT_EQ(refs[i].ref, ref);
  };
  expect(0, 0, 0, RefType::normal, minted);
  expect(1, 0, 1, RefType::singleton, carried);
  expect(2, 2, 0, RefType::normal, carried);
}

TEST_F(ScatterTest, OnlyIndexedOutputsLeaveRecords) {
  const FakeTx tx{numbered_txid(10), {}, {{5, numbered_script(1), {}, false}, {6, numbered_script(2), {}, true}}};
  const RecordSet& set = scatter({{1, {tx}}}, 9);
  const auto outputs = records_of(set.outputs);
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].index, 1u);
  EXPECT_EQ(outputs[0].rel, 9u);
  EXPECT_EQ(outputs[0].prefix, prefix_of(numbered_script(2)));
  EXPECT_EQ(outputs[0].key, test::test_hasher(tx.txid.data(), 1));
  EXPECT_EQ(outputs[0].value.value(), 6u);
  EXPECT_EQ(set.outputs_created, 1u);
  EXPECT_EQ(records_of(set.history).size(), 1u);
  EXPECT_EQ(records_of(set.scripts).size(), 1u);
  EXPECT_EQ(set.sum, outpoint_term(tx.txid.data(), 1));
}

TEST_F(ScatterTest, RecordsStandInThePartitionOfTheirTopBits) {
  FakeBlock block{1, {}};
  for (std::uint64_t i = 0; i < 200; ++i)
    block.txs.push_back({numbered_txid(i), {{numbered_txid(i + 1000), 1}}, {{1, numbered_script(i), {}}}});
  const RecordSet& set = scatter({block});
  for (std::size_t p = 0; p < 4; ++p) {
    for (const auto& record : records_of(set.outputs[p])) EXPECT_EQ(record.key >> 62, p);
    for (const auto& record : records_of(set.spends[p])) EXPECT_EQ(record.key >> 62, p);
    for (const auto& record : records_of(set.history[p])) EXPECT_EQ(std::uint64_t{record.prefix} >> 62, p);
    for (const auto& record : records_of(set.txs[p])) EXPECT_EQ(std::uint64_t{record.txid_prefix} >> 62, p);
    for (const auto& record : records_of(set.scripts[p]))
      EXPECT_EQ((load_be<std::uint64_t>(record.bytes.data()) & prefix_mask) >> 62, p);
  }
  EXPECT_EQ(records_of(set.txs).size(), 200u);
  EXPECT_EQ(records_of(set.spends).size(), 200u);
}

// Hundreds of thousands of refs against tens of thousands of inputs: pairwise this would take minutes.
TEST_F(ScatterTest, GiantTransactionIsNotMatchedPairwise) {
  constexpr std::uint32_t input_count = 30'000, ref_count = 200'000;
  FakeTx tx{numbered_txid(10), {}, {}};
  for (std::uint32_t i = 0; i < input_count; ++i) tx.inputs.emplace_back(parent, i);
  FakeOutput output{1, numbered_script(1), {}};
  for (std::uint32_t i = 0; i < ref_count; ++i) output.refs.push_back({outpoint_bytes(parent, i), RefType::normal});
  tx.outputs.push_back(std::move(output));
  const auto begin = std::chrono::steady_clock::now();
  const RecordSet& set = scatter({{1, {tx}}});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(set.ref_places.count(), input_count);
  EXPECT_EQ(set.output_refs.count(), ref_count);
}

TEST_F(ScatterTest, CoinbasesAskForOlderOutputsBelowTheHeightOnly) {
  const auto block = [](std::uint32_t height, std::uint64_t number) {
    const FakeOutput output{1, numbered_script(1), {}};
    return FakeBlock{height,
                     {{numbered_txid(number), {}, {output, output}}, {numbered_txid(number + 1), {}, {output}}}};
  };
  const RecordSet& set = scatter({block(8, 80), {9, {}}, block(9, 90), block(10, 100)}, 500, 10);
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>> asked;
  for (const SpendRecord& spend : records_of(set.spends)) {
    EXPECT_NE(spend.index & replaces_older, 0u);
    asked.emplace(spend.rel, spend.index & ~replaces_older, spend.key);
  }
  const auto key = [](std::uint64_t number, std::uint32_t index) {
    return test::test_hasher(numbered_txid(number).data(), index);
  };
  EXPECT_EQ(asked,
            (decltype(asked){{500, 0, key(80, 0)}, {500, 1, key(80, 1)}, {502, 0, key(90, 0)}, {502, 1, key(90, 1)}}));
  EXPECT_EQ(set.outputs_spent, 0u);
  EXPECT_TRUE(records_of(scatter({block(8, 80)}).spends).empty());
}

TEST_F(ScatterTest, HostilePrevoutIndexIsNoReplacement) {
  const FakeTx tx{numbered_txid(10), {{parent, 0xffffffff}}, {}};
  const auto spends = records_of(scatter({{1, {tx}}}).spends);
  ASSERT_EQ(spends.size(), 1u);
  EXPECT_EQ(spends[0].index & replaces_older, 0u);
}

TEST(RecentScripts, EveryScriptIsRecordedBetweenClears) {
  RecentScripts recent;
  Random random(3);
  std::vector<ScriptHash> scripts;
  for (std::uint64_t i = 0; i < 2000; ++i) scripts.push_back(numbered_script(i));
  // Half of them share their slots, and neighbours there replace one another all the time.
  for (std::size_t i = 0; i < scripts.size() / 2; ++i) store_le(scripts[i].data() + 16, ~std::uint64_t{0} - i);
  for (int round = 0; round < 3; ++round) {
    std::set<ScriptHash> used, recorded;
    for (int i = 0; i < 20'000; ++i) {
      const ScriptHash& script = scripts[random.below(scripts.size())];
      used.insert(script);
      if (recent.replace(script)) recorded.insert(script);
    }
    EXPECT_EQ(recorded, used);
    recent.clear();
  }
}

TEST(RecentScripts, BusyScriptIsRecordedOnce) {
  RecentScripts recent;
  EXPECT_TRUE(recent.replace(numbered_script(1)));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(recent.replace(numbered_script(1)));
}

TEST(Partitions, ShiftAndIndex) {
  EXPECT_EQ(partition_shift(1), 64u);
  EXPECT_EQ(partition_shift(2), 63u);
  EXPECT_EQ(partition_shift(256), 56u);
  EXPECT_EQ(partition_of(~std::uint64_t{0}, 64), 0u);
  EXPECT_EQ(partition_of(~std::uint64_t{0}, 56), 255u);
  EXPECT_EQ(partition_of(std::uint64_t{1} << 56, 56), 1u);
}

TEST(OutpointSums, AddAndSubtractCancelInAnyOrder) {
  std::vector<OutpointSum> terms;
  for (std::uint64_t i = 0; i < 200; ++i) terms.push_back(outpoint_term(numbered_txid(i).data(), 0xffffffff));
  OutpointSum sum;
  for (const OutpointSum& term : terms) sum.add(term);
  std::reverse(terms.begin(), terms.end());
  for (const OutpointSum& term : terms) sum.subtract(term);
  EXPECT_EQ(sum, OutpointSum{});
  sum.subtract({1, 0});
  EXPECT_EQ(sum, (OutpointSum{~std::uint64_t{0}, ~std::uint64_t{0}}));
  sum.add({1, 0});
  EXPECT_EQ(sum, OutpointSum{});
}

// The sum's keys are part of the format: every index of a chain has the same sum.
TEST(OutpointSums, TermsNeverChange) {
  const OutpointSum term = outpoint_term(Txid{}.data(), 0);
  const OutpointSum other = outpoint_term(Txid{}.data(), 1);
  EXPECT_NE(term, other);
  EXPECT_EQ(term.low, 0x6f31184e94d851bau);
  EXPECT_EQ(term.high, 0xff878f940056144eu);
  EXPECT_EQ(other.low, 0xd5aec339086e7a61u);
  EXPECT_EQ(other.high, 0x5b88146e59c012c8u);
}

}  // namespace
}  // namespace sluice::resolve
