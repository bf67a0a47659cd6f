// Shown: rows that blocks made pass; damage of each kind is found under its name.
#include <gtest/gtest.h>

#include "support/map_rows.h"
#include "support/swap_chain.h"
#include "swap/rows_check.h"

namespace sluice::swap {
namespace {

using test::SwapChain;

std::set<RowFault> faults_of(const test::MapRows& rows) {
  std::set<RowFault> faults;
  const auto checked = check_rows(rows, test::swap_height_of, [&](RowFault fault, const std::string& text) {
    EXPECT_FALSE(text.empty());
    faults.insert(fault);
  });
  EXPECT_TRUE(checked.ok());
  EXPECT_EQ(checked.value().rows, rows.rows.size());
  return faults;
}

Order unread_order(const OrderId& id, const TokenId& want, std::uint64_t ad_tx, std::uint64_t spent_by = 0) {
  Order order;
  order.id = id;
  order.want = want;
  order.ad = {ad_tx, 1};
  order.spent_by = spent_by;
  return order;
}

class RowsCheckTest : public testing::Test {
 protected:
  // Height 0: an open order a, one of another wanted token before it (superseded), b closed in block 1, c dead.
  void SetUp() override {
    SwapBlock first;
    first.created = {b.offered};
    first.ads = {{a, want, 500, "x"}, {a, other_want, 501, "x"}, {b, want, 502, "y"}};
    chain_.blocks = {first, {{}, {{b.offered, 1001}}, {}}, {{}, {}, {{c, want, 2500, "z"}}}};
    auto over = OrderChanges::over(rows_, {});
    OrderChanges changes = std::move(over).value();
    for (std::size_t i = 0; i < chain_.blocks.size(); ++i) ASSERT_TRUE(chain_.add_block_to(changes).ok());
    ASSERT_TRUE(chain_.settle(changes).ok());
    changes.write_to(rows_);
    ASSERT_EQ(changes.state().open, 1U);
    ASSERT_EQ(changes.state().dead, 1U);
    ASSERT_EQ(changes.state().superseded, 1U);
    ASSERT_EQ(changes.state().history, 1U);
  }
  using SwapBlock = test::SwapBlock;
  std::string& row(const RowKey& key) { return rows_.rows[key.text()]; }
  void erase(const RowKey& key) { ASSERT_EQ(rows_.rows.erase(key.text()), 1U); }
  void expect(RowFault fault) {
    EXPECT_TRUE(faults_of(rows_).contains(fault)) << row_fault_names[static_cast<std::size_t>(fault)];
  }
  SwapState state() { return *decode_state(std::as_bytes(std::span(row(type_key(RowType::state))))); }
  void set_state(const SwapState& state) { row(type_key(RowType::state)) = encode_state(state); }

  const OrderId a{SwapChain::token(1), SwapChain::outpoint(0)};
  const OrderId b{SwapChain::token(1), SwapChain::outpoint(1)};
  const OrderId c{SwapChain::token(2), SwapChain::outpoint(1)};
  const TokenId want = SwapChain::token(3);
  const TokenId other_want = SwapChain::token(4);
  SwapChain chain_;
  test::MapRows rows_;
};

TEST_F(RowsCheckTest, WholeRowsPass) {
  EXPECT_EQ(faults_of(rows_), std::set<RowFault>{});
  EXPECT_EQ(faults_of({}), std::set<RowFault>{});
}

TEST_F(RowsCheckTest, EveryRowThatIsMissingIsMissed) {
  const auto whole = rows_.rows;
  for (const auto& [key, value] : whole) {
    rows_.rows = whole;
    rows_.rows.erase(key);
    EXPECT_FALSE(faults_of(rows_).empty()) << "type " << int{key[0]};
    rows_.rows[key] = value + "\xff";
    // The signature is whatever is left of the row, so a longer one is another order, not a wrong one.
    const auto type = row_type_of(std::as_bytes(std::span(key)));
    const bool ends_open =
        type == RowType::open || type == RowType::dead || type == RowType::history || type == RowType::superseded;
    EXPECT_EQ(faults_of(rows_).empty(), ends_open) << "type " << int{key[0]};
  }
}

TEST_F(RowsCheckTest, StateRow) {
  row(type_key(RowType::state)) = "x";
  expect(RowFault::state_row);
  expect(RowFault::malformed_row);
}

TEST_F(RowsCheckTest, UnknownType) {
  rows_.rows["\x7f"] = "";
  expect(RowFault::unknown_type);
}

TEST_F(RowsCheckTest, ImpossibleOrders) {
  const auto whole = rows_.rows;
  row(order_key(RowType::open, a)) = encode_order(unread_order(a, other_want, 501, 900));
  expect(RowFault::impossible_order);
  rows_.rows = whole;
  row(order_key(RowType::history, b)) = encode_order(unread_order(b, want, 502, 501));
  expect(RowFault::impossible_order);
  rows_.rows = whole;
  Order backed = unread_order(c, want, 2500);
  backed.is_backed = true;
  row(order_key(RowType::dead, c)) = encode_order(backed);
  expect(RowFault::impossible_order);
  rows_.rows = whole;
  row(order_key(RowType::open, a)) = encode_order(unread_order(a, other_want, 3000));
  expect(RowFault::impossible_order);
  rows_.rows = whole;
  row(want_key(RowType::superseded, want, a)) = encode_order(unread_order(a, other_want, 500));
  expect(RowFault::impossible_order);
}

TEST_F(RowsCheckTest, OpenAndDead) {
  row(order_key(RowType::dead, a)) = row(order_key(RowType::open, a));
  expect(RowFault::open_and_dead);
}

TEST_F(RowsCheckTest, RowsByWant) {
  const auto whole = rows_.rows;
  erase(want_key(RowType::open_by_want, other_want, a));
  expect(RowFault::want_row_missing);
  expect(RowFault::want_counts);
  rows_.rows = whole;
  row(want_key(RowType::open_by_want, want, a)) = "";
  expect(RowFault::want_row_astray);
  rows_.rows = whole;
  row(want_key(RowType::history_by_want, want, c)) = "";
  expect(RowFault::want_row_astray);
  rows_.rows = whole;
  row(want_key(RowType::superseded, other_want, a)) = encode_order(unread_order(a, other_want, 500));
  expect(RowFault::superseded_current);
  rows_.rows = whole;
  erase(counts_key(RowType::want_counts, other_want));
  expect(RowFault::want_counts);
}

TEST_F(RowsCheckTest, RowsByOutpointAndToken) {
  const auto whole = rows_.rows;
  erase(outpoint_key(a.offered, a.token));
  expect(RowFault::outpoint_row_missing);
  rows_.rows = whole;
  row(outpoint_key(a.offered, a.token)) = encode_count(2);
  expect(RowFault::outpoint_count);
  rows_.rows = whole;
  row(counts_key(RowType::token_counts, a.token)) = encode_counts({2, 0, 0, 1});
  expect(RowFault::token_counts);
  rows_.rows = whole;
  erase(counts_key(RowType::token_counts, c.token));
  expect(RowFault::token_counts);
}

TEST_F(RowsCheckTest, Totals) {
  SwapState wrong = state();
  wrong.dead = 2;
  set_state(wrong);
  expect(RowFault::total);
}

TEST_F(RowsCheckTest, RowsOfHeights) {
  const auto whole = rows_.rows;
  const SwapState good = state();
  erase(height_key(RowType::closed, 1));
  expect(RowFault::closed_row);
  row(height_key(RowType::closed, 2)) = encode_ids({b});
  expect(RowFault::closed_row);
  rows_.rows = whole;
  row(height_key(RowType::closed, 1)) = encode_ids({b, b});
  expect(RowFault::closed_row);
  rows_.rows = whole;
  erase(height_key(RowType::undo, 2));
  expect(RowFault::undo_row);
  rows_.rows = whole;
  SwapState later = good;
  later.undo_first_height = 1;
  set_state(later);
  expect(RowFault::undo_row);
  rows_.rows = whole;
  row(height_key(RowType::unsettled, 2)) = encode_ids({c});
  expect(RowFault::unsettled_row);
}

/// Fails from the n-th read on.
class FailingRows final : public RowSource {
 public:
  FailingRows(const test::MapRows& rows, int reads) : rows_(rows), left_(reads) {}
  [[nodiscard]] Result<std::optional<std::string>> get(Bytes key) const override {
    if (left_-- <= 0) return Error{ErrorKind::io, "disk"};
    return rows_.get(key);
  }
  [[nodiscard]] Status walk(Bytes first, Bytes until, const RowVisit& visit) const override {
    if (left_-- <= 0) return Error{ErrorKind::io, "disk"};
    return rows_.walk(first, until, visit);
  }
  [[nodiscard]] bool failed() const { return left_ < 0; }

 private:
  const test::MapRows& rows_;
  mutable int left_;
};

TEST_F(RowsCheckTest, AFailingReadIsAnErrorNotAFault) {
  const auto none = [](RowFault, const std::string& text) { ADD_FAILURE() << text; };
  for (int reads = 0;; ++reads) {
    ASSERT_LT(reads, 1000);
    const FailingRows rows(rows_, reads);
    const auto checked = check_rows(rows, test::swap_height_of, none);
    ASSERT_EQ(checked.ok(), !rows.failed());
    if (checked.ok()) break;
    EXPECT_EQ(checked.error().kind, ErrorKind::io);
  }
}

}  // namespace
}  // namespace sluice::swap
