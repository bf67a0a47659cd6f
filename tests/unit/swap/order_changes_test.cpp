// Shown: the life of an order, case by case, in rows that are read back through their keys.
#include <gtest/gtest.h>

#include "sample_orders.h"
#include "support/map_rows.h"
#include "swap/order_changes.h"

namespace sluice::swap {
namespace {

using test::order_of;
using test::outpoint_of;
using test::token_of;

constexpr std::uint64_t txs_per_block = 100;
const std::string sample_terms = "the terms of the maker";

struct ChangesTest : testing::Test {
  test::MapRows rows;
  ChangeRules rules;
  std::map<Outpoint, CoinFound> coins;
  std::vector<OrderChange> changes;

  Status settle_all(OrderChanges& work) {
    return work.settle(
        [this](const Outpoint& outpoint) -> Result<CoinFound> {
          const auto coin = coins.find(outpoint);
          return coin == coins.end() ? CoinFound{} : coin->second;
        },
        [](std::uint64_t number) { return static_cast<std::uint32_t>(number / txs_per_block); });
  }
  void commit(OrderChanges& work) {
    work.write_to(rows);
    changes = work.changes();
  }
  OrderChanges open() {
    auto work = OrderChanges::over(rows, rules);
    EXPECT_TRUE(work.ok());
    return std::move(work).value();
  }

  struct Ad {
    unsigned token = 1, outpoint = 1, want = 2;
  };
  /// One block with its spends and ads, settled.
  void block(const std::vector<unsigned>& spends, const std::vector<Ad>& ads) {
    OrderChanges work = open();
    const std::uint32_t height = work.state().block_count;
    const std::uint64_t first_tx = height * txs_per_block;
    work.begin_block(height, first_tx);
    for (std::size_t i = 0; i < spends.size(); ++i)
      ASSERT_TRUE(work.spend(outpoint_of(spends[i]), first_tx + 1 + i).ok());
    for (std::size_t i = 0; i < ads.size(); ++i) {
      const Order order = order_of(token_of(ads[i].token), outpoint_of(ads[i].outpoint), token_of(ads[i].want),
                                   first_tx + 10 + i, sample_terms);
      ASSERT_TRUE(work.advertise(order).ok());
    }
    ASSERT_TRUE(work.end_block().ok());
    ASSERT_TRUE(settle_all(work).ok());
    commit(work);
  }
  void undo() {
    OrderChanges work = open();
    ASSERT_TRUE(work.undo_block().ok());
    ASSERT_TRUE(settle_all(work).ok());
    commit(work);
  }

  [[nodiscard]] std::optional<Order> find(RowType type, unsigned token, unsigned outpoint) const {
    const OrderId id{token_of(token), outpoint_of(outpoint)};
    const auto row = rows.rows.find(order_key(type, id).text());
    if (row == rows.rows.end()) return std::nullopt;
    return decode_order(id, std::as_bytes(std::span(row->second)));
  }
  [[nodiscard]] bool has(const RowKey& key) const { return rows.rows.contains(key.text()); }
  [[nodiscard]] bool is_wanted(RowType type, unsigned want, unsigned token, unsigned outpoint) const {
    return has(want_key(type, token_of(want), {token_of(token), outpoint_of(outpoint)}));
  }
  [[nodiscard]] SwapState state() { return open().state(); }
  [[nodiscard]] Counts counts(RowType type, unsigned token) const {
    const auto row = rows.rows.find(counts_key(type, token_of(token)).text());
    return row == rows.rows.end() ? Counts{} : *decode_counts(std::as_bytes(std::span(row->second)));
  }
};

TEST_F(ChangesTest, OpensAndCloses) {
  coins[outpoint_of(1)] = {CoinStanding::unspent, 5};
  block({}, {{1, 1, 2}});
  const auto order = find(RowType::open, 1, 1);
  ASSERT_TRUE(order);
  EXPECT_TRUE(order->is_backed);
  EXPECT_TRUE(is_wanted(RowType::open_by_want, 2, 1, 1));
  EXPECT_EQ(counts(RowType::token_counts, 1), (Counts{1, 0, 0, 0}));
  EXPECT_EQ(counts(RowType::want_counts, 2), (Counts{1, 0, 0, 0}));
  EXPECT_EQ(changes.at(0).kind, ChangeKind::opened);

  coins[outpoint_of(1)].standing = CoinStanding::spent;
  block({9, 1}, {});
  EXPECT_FALSE(find(RowType::open, 1, 1));
  const auto closed = find(RowType::history, 1, 1);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->spent_by, 102U);
  EXPECT_EQ(closed->ad.tx_number, 10U);
  EXPECT_FALSE(is_wanted(RowType::open_by_want, 2, 1, 1));
  EXPECT_TRUE(is_wanted(RowType::history_by_want, 2, 1, 1));
  EXPECT_EQ(counts(RowType::token_counts, 1), (Counts{0, 0, 0, 1}));
  EXPECT_EQ(state().history, 1U);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].kind, ChangeKind::closed);
}

TEST_F(ChangesTest, AnOrderOfNoWantedTokenStandsUnderTheZeroOne) {
  block({}, {{1, 1, 0}});
  EXPECT_TRUE(is_wanted(RowType::open_by_want, 0, 1, 1));
  EXPECT_EQ(counts(RowType::want_counts, 0).open, 1U);
}

TEST_F(ChangesTest, AnOutpointSpentBeforeIsDead) {
  coins[outpoint_of(1)] = {CoinStanding::spent, 5};
  block({}, {{1, 1, 2}});
  EXPECT_FALSE(find(RowType::open, 1, 1));
  EXPECT_TRUE(find(RowType::dead, 1, 1));
  EXPECT_TRUE(is_wanted(RowType::dead_by_want, 2, 1, 1));
  EXPECT_EQ(state().dead, 1U);
  EXPECT_EQ(changes.back().kind, ChangeKind::died);
  // Advertised again it stays dead, and nobody has to ask.
  coins.clear();
  block({}, {{1, 1, 3}});
  EXPECT_TRUE(find(RowType::dead, 1, 1));
  EXPECT_EQ(state().dead, 1U);
  EXPECT_EQ(state().superseded, 1U);
}

TEST_F(ChangesTest, ASpendInTheBlockOfTheAdvertisementComesFirst) {
  coins[outpoint_of(1)] = {CoinStanding::spent, 5};
  block({1}, {{1, 1, 2}});
  EXPECT_TRUE(find(RowType::dead, 1, 1));
  EXPECT_FALSE(find(RowType::history, 1, 1));
}

TEST_F(ChangesTest, AnOutpointToComeIsOpenAndNotBacked) {
  block({}, {{1, 1, 2}});
  ASSERT_TRUE(find(RowType::open, 1, 1));
  EXPECT_FALSE(find(RowType::open, 1, 1)->is_backed);
  coins[outpoint_of(1)] = {CoinStanding::unspent, 1 * txs_per_block};  // a block later
  block({}, {{2, 1, 2}});
  EXPECT_TRUE(find(RowType::open, 2, 1)->is_backed);
  EXPECT_FALSE(find(RowType::open, 1, 1)->is_backed);
}

TEST_F(ChangesTest, WhatWasWantedBeforeIsSuperseded) {
  block({}, {{1, 1, 2}});
  block({}, {{1, 1, 3}});
  EXPECT_TRUE(is_wanted(RowType::superseded, 2, 1, 1));
  EXPECT_FALSE(is_wanted(RowType::open_by_want, 2, 1, 1));
  EXPECT_EQ(counts(RowType::want_counts, 2), (Counts{0, 0, 1, 0}));
  EXPECT_EQ(counts(RowType::token_counts, 1), (Counts{1, 0, 0, 0}));
  EXPECT_EQ(changes.at(0).kind, ChangeKind::replaced);
  // Back to the first one: now the other is superseded.
  block({}, {{1, 1, 2}});
  EXPECT_FALSE(is_wanted(RowType::superseded, 2, 1, 1));
  EXPECT_TRUE(is_wanted(RowType::superseded, 3, 1, 1));
  // It is for ever, whatever becomes of the order.
  block({1}, {});
  EXPECT_TRUE(is_wanted(RowType::superseded, 3, 1, 1));
  EXPECT_EQ(state().superseded, 1U);
}

TEST_F(ChangesTest, NoWantedTokenIsNeverSuperseded) {
  block({}, {{1, 1, 0}});
  block({}, {{1, 1, 3}});
  EXPECT_EQ(state().superseded, 0U);
  EXPECT_TRUE(counts(RowType::want_counts, 0).none());
}

TEST_F(ChangesTest, TokensOfOneOutpointCloseTogether) {
  block({}, {{1, 1, 2}, {2, 1, 2}, {3, 4, 2}});
  block({1}, {});
  EXPECT_EQ(state().history, 2U);
  EXPECT_EQ(state().open, 1U);
}

TEST_F(ChangesTest, AdvertisedAgainAfterItsEndIsDeadBesideTheHistory) {
  block({}, {{1, 1, 2}});
  coins[outpoint_of(1)] = {CoinStanding::spent, 5};
  block({1}, {});
  block({}, {{1, 1, 3}});
  EXPECT_TRUE(find(RowType::dead, 1, 1));
  EXPECT_TRUE(find(RowType::history, 1, 1));
  const auto key = outpoint_key(outpoint_of(1), token_of(1)).text();
  EXPECT_EQ(decode_count(std::as_bytes(std::span(rows.rows.at(key)))), 2U);
}

TEST_F(ChangesTest, HistoryGoesWhenItIsOld) {
  rules.history_blocks = 2;
  block({}, {{1, 1, 2}});
  block({1}, {});  // height 1
  block({}, {});
  block({}, {});  // tip 3: heights from 1 on are kept
  EXPECT_TRUE(find(RowType::history, 1, 1));
  const auto before = rows.rows;
  block({}, {});
  EXPECT_FALSE(find(RowType::history, 1, 1));
  EXPECT_EQ(state().history, 0U);
  EXPECT_EQ(changes.at(0).kind, ChangeKind::pruned);
  EXPECT_FALSE(has(outpoint_key(outpoint_of(1), token_of(1))));
  undo();
  EXPECT_EQ(rows.rows, before);
}

TEST_F(ChangesTest, OtherRulesPruneOrAreRefused) {
  rules.history_blocks = 4;
  block({}, {{1, 1, 2}, {1, 2, 2}});
  block({1}, {});  // height 1
  block({2}, {});  // height 2
  for (int i = 0; i < 2; ++i) block({}, {});
  rules.history_blocks = 1;
  const auto before = rows.rows;
  block({}, {});  // tip 5
  EXPECT_EQ(state().history, 0U);
  EXPECT_EQ(state().history_first_height, 4U);
  undo();
  EXPECT_EQ(state().history, 2U);
  EXPECT_EQ(rows.rows.size(), before.size());
  block({}, {});
  EXPECT_EQ(state().history, 0U);

  for (const std::uint32_t more : {0U, 2U}) {
    rules.history_blocks = more;
    const auto work = OrderChanges::over(rows, rules);
    ASSERT_FALSE(work.ok());
    EXPECT_EQ(work.error().kind, ErrorKind::unsupported);
  }
  rules.history_blocks = 1;
  rules.op_number_index = true;
  const auto work = OrderChanges::over(rows, rules);
  ASSERT_FALSE(work.ok());
  EXPECT_EQ(work.error().kind, ErrorKind::unsupported);
}

TEST_F(ChangesTest, OtherRulesPruneWithoutABlockAndAReorgBringsBackWhatItNeeds) {
  block({}, {{1, 1, 2}});
  block({1}, {});  // height 1
  for (int i = 0; i < 2; ++i) block({}, {});
  rules.history_blocks = 1;
  OrderChanges work = open();
  ASSERT_TRUE(work.prune_to_rules().ok());
  commit(work);
  EXPECT_EQ(state().history, 0U);
  EXPECT_EQ(state().history_first_height, 2U);
  EXPECT_EQ(state().history_blocks, 1U);
  EXPECT_FALSE(open().changed());
  for (int i = 0; i < 3; ++i) undo();
  EXPECT_TRUE(find(RowType::open, 1, 1)) << "the block that closed it is gone";
}

TEST_F(ChangesTest, UndoWithoutSettlingInBetweenStillSettles) {
  coins[outpoint_of(1)] = {CoinStanding::unspent, 5};
  coins[outpoint_of(2)] = {CoinStanding::unspent, 5};
  block({}, {{1, 1, 2}, {1, 2, 2}});
  const auto before = rows.rows;
  block({1}, {{1, 2, 3}});
  {
    OrderChanges work = open();
    ASSERT_TRUE(work.undo_block().ok());
    commit(work);
  }
  EXPECT_EQ(state().settled_blocks, 0U);
  EXPECT_FALSE(find(RowType::open, 1, 1)->is_backed);
  {
    OrderChanges work = open();
    ASSERT_TRUE(settle_all(work).ok());
    commit(work);
  }
  EXPECT_EQ(rows.rows, before);
}

TEST_F(ChangesTest, SettlingStopsAtItsBoundAndGoesOn) {
  OrderChanges work = open();
  for (std::uint32_t height = 0; height < 3; ++height) {
    work.begin_block(height, height * txs_per_block);
    ASSERT_TRUE(
        work.advertise(order_of(token_of(1), outpoint_of(height), token_of(2), height * txs_per_block, sample_terms))
            .ok());
    ASSERT_TRUE(work.end_block().ok());
  }
  commit(work);
  EXPECT_EQ(work.state().settled_blocks, 0U);
  OrderChanges later = open();
  const auto unknown = [](const Outpoint&) -> Result<CoinFound> { return CoinFound{}; };
  const auto at_start = [](std::uint64_t) { return 0U; };
  ASSERT_TRUE(later.settle(unknown, at_start, 0).ok());
  EXPECT_EQ(later.state().settled_blocks, 1U);
  EXPECT_TRUE(later.changed());
  ASSERT_TRUE(later.settle(unknown, at_start).ok());
  EXPECT_EQ(later.state().settled_blocks, 3U);
}

TEST_F(ChangesTest, UndoRowsEndAtTheLimit) {
  rules.reorg_limit = 2;
  for (unsigned i = 0; i < 5; ++i) block({}, {{1, i, 2}});
  EXPECT_EQ(state().undo_first_height, 3U);
  EXPECT_FALSE(has(height_key(RowType::undo, 2)));
  EXPECT_TRUE(has(height_key(RowType::undo, 3)));
}

TEST_F(ChangesTest, RowsThatContradictAreCorrupt) {
  block({}, {{1, 1, 2}});
  const auto good = rows.rows;
  const OrderId id{token_of(1), outpoint_of(1)};
  const auto expect_corrupt = [&](const RowKey& key, std::optional<std::string> value, bool by_undo) {
    rows.rows = good;
    if (value) rows.rows[key.text()] = *value;
    else rows.rows.erase(key.text());
    auto over = OrderChanges::over(rows, rules);
    if (!over) {
      EXPECT_EQ(over.error().kind, ErrorKind::corrupt);
      return;
    }
    OrderChanges work = std::move(over).value();
    Status status;
    if (by_undo) {
      status = work.undo_block();
    } else {
      work.begin_block(1, txs_per_block);
      status = work.spend(id.offered, txs_per_block + 1);
    }
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::corrupt);
    EXPECT_NE(status.error().message.find("table swaps: "), std::string::npos);
  };
  expect_corrupt(type_key(RowType::state), "x", false);
  expect_corrupt(order_key(RowType::open, id), "x", false);
  expect_corrupt(counts_key(RowType::token_counts, id.token), std::nullopt, false);
  expect_corrupt(counts_key(RowType::want_counts, token_of(2)), "x", false);
  expect_corrupt(outpoint_key(id.offered, id.token), "", false);
  expect_corrupt(height_key(RowType::undo, 0), "x", true);
  expect_corrupt(height_key(RowType::closed, 0), "x", true);
  expect_corrupt(order_key(RowType::open, id), std::nullopt, true);
}

}  // namespace
}  // namespace sluice::swap
