// Swap rows against the model of support/swap_chain.h after every block and every undo, however many blocks are worked
// on at once and whenever they are settled; and rows that are damaged at random.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support/map_rows.h"
#include "support/swap_chain.h"
#include "swap/rows_check.h"

namespace sluice::swap {
namespace {

using test::MapRows;
using test::ModelOrder;
using test::SwapChain;

OrderChanges changes_over(const MapRows& rows, const ChangeRules& rules) {
  auto changes = OrderChanges::over(rows, rules);
  RC_ASSERT(changes.ok());
  return std::move(changes).value();
}

/// Adds blocks until there are `count`, a random number of them at a time. Settles at the end, and sometimes before.
void extend(MapRows& rows, const ChangeRules& rules, const SwapChain& chain, std::uint32_t count, Random& random) {
  for (bool more = true; more;) {
    OrderChanges changes = changes_over(rows, rules);
    const std::uint32_t until =
        static_cast<std::uint32_t>(changes.state().block_count + random.below(count - changes.state().block_count + 1));
    while (changes.state().block_count < until) RC_ASSERT(chain.add_block_to(changes).ok());
    more = until < count;
    if (!more || random.chance(0.3)) RC_ASSERT(chain.settle(changes).ok());
    changes.write_to(rows);
  }
}

void undo(MapRows& rows, const ChangeRules& rules, const SwapChain& chain, std::uint32_t count, Random& random) {
  for (bool more = true; more;) {
    OrderChanges changes = changes_over(rows, rules);
    const std::uint64_t blocks = 1 + random.below(changes.state().block_count - count);
    for (std::uint64_t i = 0; i < blocks; ++i) RC_ASSERT(changes.undo_block().ok());
    more = changes.state().block_count > count;
    // Coins are asked of the index at its own tip only: in the middle of a reorg nobody settles.
    if (!more) RC_ASSERT(chain.settle(changes).ok());
    changes.write_to(rows);
  }
}

std::set<ModelOrder> orders_in(const MapRows& rows) {
  std::set<ModelOrder> orders;
  for (const auto& [key, value] : rows.rows) {
    const Bytes key_bytes = std::as_bytes(std::span(key));
    const RowType type = *row_type_of(key_bytes);
    std::optional<OrderId> id;
    if (type == RowType::open || type == RowType::dead || type == RowType::history) id = decode_order_key(key_bytes);
    else if (type == RowType::superseded) id = decode_want_key(key_bytes)->id;
    if (!id) continue;
    const auto order = decode_order(*id, std::as_bytes(std::span(value)));
    orders.insert({type,
                   {*id, order->want, order->ad.tx_number, MapRows::text(order->price_terms)},
                   order->spent_by,
                   order->is_backed});
  }
  return orders;
}

void expect_whole(const MapRows& rows, const SwapChain& chain, std::uint32_t count, std::uint32_t history_blocks) {
  RC_ASSERT(orders_in(rows) == test::model_orders(chain, count, history_blocks));
  const auto checked = check_rows(rows, test::swap_height_of, [](RowFault, const std::string& text) { RC_FAIL(text); });
  RC_ASSERT(checked.ok());
  if (count == 0) return;
  const std::optional<SwapState>& state = checked.value().state;
  RC_ASSERT(state.has_value());
  RC_ASSERT(state->block_count == count);
  RC_ASSERT(state->settled_blocks == count);
}

SwapChain::Shape random_shape(Random& random) {
  SwapChain::Shape shape;
  shape.outpoints = static_cast<unsigned>(2 + random.below(12));
  shape.tokens = static_cast<unsigned>(1 + random.below(3));
  shape.wants = static_cast<unsigned>(random.below(4));
  shape.ads_per_block_max = static_cast<unsigned>(1 + random.below(6));
  shape.spends_per_block_max = static_cast<unsigned>(random.below(4));
  return shape;
}

TEST(SwapProperty, RowsAreTheModelsHoweverBlocksAreSplit) {
  EXPECT_TRUE(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    const auto blocks = *rc::gen::inRange<std::uint32_t>(0, 40);
    const ChangeRules rules{*rc::gen::element<std::uint32_t>(0, 1, 3, 10), *rc::gen::element<std::uint32_t>(1, 5, 100),
                            false};
    const SwapChain::Shape shape = random_shape(random);
    SwapChain chain;
    for (std::uint32_t i = 0; i < blocks; ++i) chain.add_random_block(random, shape);
    MapRows at_once, one_by_one, split;
    OrderChanges all = changes_over(at_once, rules);
    while (all.state().block_count < blocks) RC_ASSERT(chain.add_block_to(all).ok());
    RC_ASSERT(chain.settle(all).ok());
    all.write_to(at_once);
    for (std::uint32_t count = 1; count <= blocks; ++count) {
      OrderChanges one = changes_over(one_by_one, rules);
      RC_ASSERT(chain.add_block_to(one).ok());
      RC_ASSERT(chain.settle(one).ok());
      one.write_to(one_by_one);
      expect_whole(one_by_one, chain, count, rules.history_blocks);
    }
    extend(split, rules, chain, blocks, random);
    RC_ASSERT(at_once.rows == one_by_one.rows);
    RC_ASSERT(split.rows == one_by_one.rows);
  }));
}

TEST(SwapProperty, UndoingBlocksLeavesTheRowsAsTheyWere) {
  EXPECT_TRUE(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    const auto blocks = *rc::gen::inRange<std::uint32_t>(1, 30);
    const ChangeRules rules{*rc::gen::element<std::uint32_t>(0, 1, 3, 10), 100, false};
    const SwapChain::Shape shape = random_shape(random);
    SwapChain chain;
    std::vector<std::map<std::string, std::string>> rows_at(1);
    MapRows rows;
    for (std::uint32_t count = 1; count <= blocks; ++count) {
      chain.add_random_block(random, shape);
      extend(rows, rules, chain, count, random);
      rows_at.push_back(rows.rows);
    }
    for (int reorg = 0; reorg < 3; ++reorg) {
      const auto count = static_cast<std::uint32_t>(random.below(chain.blocks.size()));
      undo(rows, rules, chain, count, random);
      if (count > 0) RC_ASSERT(rows.rows == rows_at[count]);
      else RC_ASSERT(rows.rows.size() == 1U);  // the state row
      expect_whole(rows, chain, count, rules.history_blocks);
      // The other branch, and its rows.
      chain.blocks.resize(count);
      rows_at.resize(count + 1);
      for (auto left = 1 + random.below(6); left > 0; --left) {
        chain.add_random_block(random, shape);
        extend(rows, rules, chain, static_cast<std::uint32_t>(chain.blocks.size()), random);
        rows_at.push_back(rows.rows);
      }
      expect_whole(rows, chain, static_cast<std::uint32_t>(chain.blocks.size()), rules.history_blocks);
    }
  }));
}

TEST(SwapProperty, UndoingStopsWhereItsRowsEndAndRowsGoOnFromThere) {
  EXPECT_TRUE(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    const ChangeRules rules{3, *rc::gen::inRange<std::uint32_t>(1, 8), false};
    const SwapChain::Shape shape = random_shape(random);
    SwapChain chain;
    MapRows rows;
    for (int i = 0; i < 20; ++i) chain.add_random_block(random, shape);
    extend(rows, rules, chain, 20, random);
    const std::uint32_t first = changes_over(rows, rules).state().undo_first_height;
    RC_ASSERT(first == 20 - rules.reorg_limit);
    undo(rows, rules, chain, first, random);
    expect_whole(rows, chain, first, rules.history_blocks);
    chain.blocks.resize(first);
    for (int i = 0; i < 10; ++i) chain.add_random_block(random, shape);
    extend(rows, rules, chain, first + 10, random);
    expect_whole(rows, chain, first + 10, rules.history_blocks);
  }));
}

TEST(SwapProperty, DamagedRowsAreErrorsAndFaults) {
  EXPECT_TRUE(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    const ChangeRules rules{3, 100, false};
    SwapChain chain;
    const SwapChain::Shape shape = random_shape(random);
    for (int i = 0; i < 12; ++i) chain.add_random_block(random, shape);
    MapRows rows;
    extend(rows, rules, chain, 12, random);
    for (auto left = 1 + random.below(3); left > 0; --left) {
      auto row = std::next(rows.rows.begin(), static_cast<std::ptrdiff_t>(random.below(rows.rows.size())));
      std::string key = row->first, value = row->second;
      std::string& damaged = random.chance(0.3) ? key : value;
      if (random.chance(0.3)) damaged.resize(random.below(damaged.size() + 3));
      else if (!damaged.empty()) damaged[random.below(damaged.size())] ^= static_cast<char>(1 << random.below(8));
      rows.rows.erase(row);
      if (random.chance(0.9)) rows.rows[key] = value;
    }
    RC_ASSERT(check_rows(rows, test::swap_height_of, [](RowFault, const std::string&) {}).ok());
    const auto expect_corrupt = [](const Error& error) {
      RC_ASSERT(error.kind == ErrorKind::corrupt || error.kind == ErrorKind::unsupported);
    };
    auto over = OrderChanges::over(rows, rules);
    if (!over) return expect_corrupt(over.error());
    OrderChanges changes = std::move(over).value();
    // A damaged state may be of more or fewer blocks; those that are worked on have to be there.
    while (changes.state().block_count > changes.state().undo_first_height && changes.state().block_count > 4 &&
           changes.state().block_count < 100)
      if (const Status status = changes.undo_block(); !status) return expect_corrupt(status.error());
    while (changes.state().block_count < 12)
      if (const Status status = chain.add_block_to(changes); !status) return expect_corrupt(status.error());
    if (changes.state().block_count != 12) return;
    if (const Status status = chain.settle(changes); !status) return expect_corrupt(status.error());
  }));
}

}  // namespace
}  // namespace sluice::swap
