// The pool's own rules, one case each; tests/model has them all at random.
#include <gtest/gtest.h>

#include <algorithm>

#include "pool_builder.h"

namespace sluice::mempool::test {
namespace {

class MempoolTest : public ::testing::Test {
 protected:
  bool add(std::vector<Buffer> raws) { return pool.add(std::move(raws), chain).ok(); }
  std::vector<ScriptHash> hashes(std::vector<std::uint32_t> scripts) {
    std::vector<ScriptHash> all;
    for (const std::uint32_t script : scripts) all.push_back(scripthash_of(script));
    std::ranges::sort(all);
    return all;
  }
  bool has(const Buffer& raw) { return pool.publish()->find_tx(txid_of(raw)).has_value(); }

  FakeChain chain;
  Mempool pool{MempoolOptions{}};
  const Outpoint coin_a = chain.coin(1, 10'000, 1);
  const Outpoint coin_b = chain.coin(2, 20'000, 2);
  const Buffer parent = raw_tx({coin_a}, {{4'000, 3}, {5'000, 1}});
  const Buffer child = raw_tx({{txid_of(parent), 0}, coin_b}, {{23'500, 4}});
};

TEST_F(MempoolTest, AnswersForOneTransaction) {
  ASSERT_TRUE(add({parent}));
  const auto view = pool.publish();
  EXPECT_EQ(view->tx_count(), 1u);
  EXPECT_EQ(view->tx_bytes(), parent.size());
  const auto history = view->history(scripthash_of(1));
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].txid, txid_of(parent));
  EXPECT_EQ(history[0].fee, 1'000u);
  EXPECT_EQ(history[0].size, parent.size());
  EXPECT_FALSE(history[0].has_unconfirmed_inputs);
  EXPECT_EQ(view->balance(scripthash_of(1)).delta, -5'000);
  EXPECT_EQ(view->balance(scripthash_of(1)).count, 1u);
  EXPECT_EQ(view->balance(scripthash_of(3)).delta, 4'000);
  EXPECT_EQ(view->balance(scripthash_of(9)).count, 0u);
  const auto unspent = view->unspent(scripthash_of(1));
  ASSERT_EQ(unspent.size(), 1u);
  EXPECT_EQ(unspent[0].output_index, 1u);
  EXPECT_EQ(unspent[0].value, 5'000u);
  EXPECT_TRUE(std::ranges::equal(unspent[0].script, script_of(1)));
  EXPECT_EQ(view->spent(scripthash_of(1)), std::vector{coin_a});
  EXPECT_EQ(view->spender(coin_a), txid_of(parent));
  EXPECT_EQ(view->spender(coin_b), std::nullopt);
  EXPECT_TRUE(std::ranges::equal(view->find_tx(txid_of(parent))->raw, parent));
  EXPECT_EQ(pool.take_touched(), hashes({1, 3}));
  EXPECT_TRUE(pool.take_touched().empty());
}

TEST_F(MempoolTest, ChildrenMayComeFirst) {
  ASSERT_TRUE(add({child}));
  EXPECT_EQ(pool.tx_count(), 0u);
  EXPECT_EQ(pool.waiting_count(), 1u);
  EXPECT_TRUE(pool.knows(txid_of(child)));
  ASSERT_TRUE(add({parent}));
  EXPECT_EQ(pool.tx_count(), 2u);
  EXPECT_EQ(pool.waiting_count(), 0u);
  const auto history = pool.publish()->history(scripthash_of(3));
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].txid, txid_of(parent));  // height 0 before height -1
  EXPECT_TRUE(history[1].has_unconfirmed_inputs);
  EXPECT_EQ(pool.publish()->balance(scripthash_of(3)).delta, 0);
  EXPECT_TRUE(pool.publish()->unspent(scripthash_of(3)).empty());
}

TEST_F(MempoolTest, AWholeFamilyInReverseInOneBatch) {
  ASSERT_TRUE(add({raw_tx({{txid_of(child), 0}}, {{23'000, 5}}), child, parent}));
  EXPECT_EQ(pool.tx_count(), 3u);
}

TEST_F(MempoolTest, AnUnchangedPoolIsTheSameView) {
  ASSERT_TRUE(add({parent}));
  const auto first = pool.publish();
  ASSERT_TRUE(add({parent}));
  EXPECT_EQ(pool.counters().duplicates, 1u);
  EXPECT_EQ(pool.publish(), first);
  ASSERT_TRUE(add({child}));
  const auto second = pool.publish();
  EXPECT_GT(second->version(), first->version());
  EXPECT_FALSE(first->find_tx(txid_of(child)));
  EXPECT_TRUE(second->find_tx(txid_of(child)));
}

TEST_F(MempoolTest, ConfirmingTheParentChangesTheChildsHeight) {
  ASSERT_TRUE(add({parent, child}));
  (void)pool.take_touched();
  const auto before = pool.publish();
  pool.confirm(std::vector{txid_of(parent)}, std::vector{coin_a});
  EXPECT_EQ(pool.take_touched(), hashes({1, 2, 3, 4}));
  const auto after = pool.publish();
  EXPECT_FALSE(after->find_tx(txid_of(parent)));
  EXPECT_FALSE(after->find_tx(txid_of(child))->has_unconfirmed_inputs);
  EXPECT_EQ(after->balance(scripthash_of(3)).delta, -4'000);
  EXPECT_EQ(after->spent(scripthash_of(3)), (std::vector{Outpoint{txid_of(parent), 0}}));
  EXPECT_TRUE(before->find_tx(txid_of(child))->has_unconfirmed_inputs);
}

TEST_F(MempoolTest, ABlockEvictsWhatItContradictsAndItsDescendants) {
  ASSERT_TRUE(add({parent, child}));
  pool.confirm({}, std::vector{coin_a});
  EXPECT_EQ(pool.tx_count(), 0u);
  EXPECT_EQ(pool.counters().conflicts, 2u);
  EXPECT_EQ(pool.footprint_bytes(), 0u);
  EXPECT_TRUE(pool.publish()->fee_histogram().empty());
}

TEST_F(MempoolTest, ANewcomerReplacesItsRival) {
  ASSERT_TRUE(add({parent, child}));
  const Buffer rival = raw_tx({coin_a}, {{1'000, 6}});
  ASSERT_TRUE(add({rival}));
  EXPECT_EQ(pool.tx_count(), 1u);
  EXPECT_TRUE(has(rival));
  EXPECT_EQ(pool.counters().replaced, 2u);
}

TEST_F(MempoolTest, ARemovedParentsChildWaitsForTheBlock) {
  ASSERT_TRUE(add({parent, child}));
  pool.remove(std::vector{txid_of(parent)});
  EXPECT_EQ(pool.tx_count(), 0u);
  EXPECT_EQ(pool.waiting_count(), 1u);
  // The parent was in a block that is only now connected.
  chain.unspent.erase(coin_a);
  chain.unspent[{txid_of(parent), 0}] = {scripthash_of(3), 4'000, true};
  pool.confirm(std::vector{txid_of(parent)}, std::vector{coin_a});
  ASSERT_TRUE(add({}));
  EXPECT_TRUE(has(child));
  EXPECT_FALSE(pool.publish()->find_tx(txid_of(child))->has_unconfirmed_inputs);
}

TEST_F(MempoolTest, RemovedTogetherNobodyWaits) {
  ASSERT_TRUE(add({parent, child}));
  pool.remove(std::vector{txid_of(child), txid_of(parent)});
  EXPECT_EQ(pool.tx_count() + pool.waiting_count(), 0u);
  EXPECT_EQ(pool.counters().removed, 2u);
}

TEST_F(MempoolTest, ADisconnectedBlockGivesItsTransactionsBack) {
  chain.unspent[{txid_of(parent), 0}] = {scripthash_of(3), 4'000, true};
  ASSERT_TRUE(add({child}));
  EXPECT_FALSE(pool.publish()->find_tx(txid_of(child))->has_unconfirmed_inputs);
  chain.unspent.erase({txid_of(parent), 0});
  pool.unconfirm(std::vector{txid_of(parent)});
  EXPECT_EQ(pool.waiting_count(), 1u);
  ASSERT_TRUE(add({parent}));
  EXPECT_TRUE(pool.publish()->find_tx(txid_of(child))->has_unconfirmed_inputs);
  EXPECT_EQ(pool.publish()->balance(scripthash_of(3)).delta, 0);
}

TEST_F(MempoolTest, AParentMayComeBackBeforeAnybodySaysSo) {
  chain.unspent[{txid_of(parent), 0}] = {scripthash_of(3), 4'000, true};
  ASSERT_TRUE(add({child}));
  (void)pool.take_touched();
  ASSERT_TRUE(add({parent}));
  EXPECT_EQ(pool.take_touched(), hashes({1, 2, 3, 4}));
  EXPECT_TRUE(pool.publish()->find_tx(txid_of(child))->has_unconfirmed_inputs);
  EXPECT_TRUE(pool.publish()->unspent(scripthash_of(3)).empty());
}

TEST_F(MempoolTest, BadTransactionsAreRefusedAndTheOthersTaken) {
  Buffer cut = parent;
  cut.pop_back();
  const Buffer coinbase = raw_tx({{Txid{}, 0xffff'ffff}}, {{1, 1}});
  const Buffer twice = raw_tx({coin_b, coin_b}, {{1, 1}});
  const Buffer creates = raw_tx({coin_b}, {{20'001, 1}});
  const Buffer missing_output = raw_tx({{txid_of(parent), 2}}, {{1, 1}});
  ASSERT_TRUE(add({cut, coinbase, twice, creates, parent, missing_output, {}}));
  EXPECT_EQ(pool.tx_count(), 1u);
  EXPECT_EQ(pool.waiting_count(), 0u);
  EXPECT_EQ(pool.counters().refused, 6u);
  EXPECT_NE(pool.last_refusal().find(txid_of(missing_output).display()), std::string::npos);
}

TEST_F(MempoolTest, AFailingChainChangesNothing) {
  ASSERT_TRUE(add({child}));
  chain.broken = true;
  EXPECT_FALSE(add({parent}));
  EXPECT_EQ(pool.tx_count(), 0u);
  EXPECT_EQ(pool.waiting_count(), 1u);
  chain.broken = false;
  ASSERT_TRUE(add({parent}));
  EXPECT_EQ(pool.tx_count(), 2u);
}

TEST_F(MempoolTest, DataOutputsHaveNoHistory) {
  sluice::test::Tx tx;
  tx.inputs.push_back({coin_a.txid, coin_a.index, {}, 0, {}});
  tx.outputs.push_back({1, {std::byte{0x6a}}});
  ASSERT_TRUE(add({sluice::test::serialize(tx)}));
  EXPECT_EQ(pool.tx_count(), 1u);
  EXPECT_EQ(pool.take_touched(), hashes({1}));
}

TEST_F(MempoolTest, TheWaitingRoomForgetsTheOldest) {
  MempoolOptions options;
  options.waiting_bytes_max = 10'000;
  pool = Mempool(options);
  std::vector<Buffer> orphans;
  for (std::uint32_t i = 0; i < 100; ++i) {
    orphans.push_back(raw_tx({{txid_of(parent), 0}}, {{i, 1}}));
    ASSERT_TRUE(add({orphans.back()}));
  }
  EXPECT_LT(pool.waiting_count(), 20u);
  EXPECT_GT(pool.waiting_count(), 0u);
  EXPECT_EQ(pool.counters().forgotten + pool.waiting_count(), 100u);
  EXPECT_FALSE(pool.knows(txid_of(orphans.front())));
  EXPECT_TRUE(pool.knows(txid_of(orphans.back())));
}

TEST_F(MempoolTest, OverBudgetTheLowestRatesAreLeftOut) {
  MempoolOptions options;
  options.budget_bytes = 40'000;
  pool = Mempool(options);
  std::vector<Buffer> raws;
  for (std::uint32_t i = 0; i < 100; ++i)
    raws.push_back(raw_tx({chain.coin(100 + i, 100'000, 7)}, {{100'000 - 100 * (i + 1), 8}}));
  ASSERT_TRUE(add(raws));
  EXPECT_LE(pool.footprint_bytes(), options.budget_bytes);
  EXPECT_GT(pool.tx_count(), 10u);
  EXPECT_EQ(pool.counters().left_out, 100 - pool.tx_count());
  EXPECT_EQ(pool.left_out_count(), pool.counters().left_out);
  EXPECT_FALSE(has(raws.front()));
  EXPECT_TRUE(has(raws.back()));
  // Who spends an output of one left out is left out as well, and nobody is fetched again.
  const Buffer orphan = raw_tx({{txid_of(raws.front()), 0}}, {{1, 9}});
  ASSERT_TRUE(add({orphan}));
  EXPECT_EQ(pool.waiting_count(), 0u);
  std::vector<Txid> node{txid_of(orphan)};
  for (const Buffer& raw : raws) node.push_back(txid_of(raw));
  EXPECT_TRUE(pool.difference(node).fetch.empty());
  EXPECT_TRUE(pool.difference(node).gone.empty());
  // A block with the parent makes the child welcome.
  pool.confirm(std::vector{txid_of(raws.front())}, {});
  EXPECT_EQ(pool.difference(node).fetch, (std::vector{txid_of(orphan), txid_of(raws.front())}));
  // With room again all are.
  std::vector<Txid> block;
  for (std::size_t i = 50; i < 100; ++i) block.push_back(txid_of(raws[i]));
  pool.confirm(block, {});
  EXPECT_EQ(pool.left_out_count(), 0u);
}

TEST_F(MempoolTest, DifferenceNamesWhatToFetchAndWhatIsGone) {
  ASSERT_TRUE(add({parent, raw_tx({{txid_of(child), 0}}, {{1, 1}})}));
  const auto difference = pool.difference(std::vector{txid_of(child), txid_of(child)});
  EXPECT_EQ(difference.fetch, std::vector{txid_of(child)});
  EXPECT_EQ(difference.gone.size(), 2u);  // the parent, and the one that waits
}

}  // namespace
}  // namespace sluice::mempool::test
