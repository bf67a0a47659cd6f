// Shown: rows read back as what was written, keys sort as listings do, and nothing malformed is read.
#include <gtest/gtest.h>

#include "base/random.h"
#include "sample_orders.h"
#include "swap/order_rows.h"

namespace sluice::swap {
namespace {

using test::order_of;
using test::outpoint_of;
using test::token_of;

Bytes row_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Every proper beginning of a row, and the row with one byte more, are refused.
template <typename Decode>
void expect_exact_size(const std::string& row, const Decode& decode) {
  EXPECT_TRUE(decode(row_bytes(row)));
  for (std::size_t size = 0; size < row.size(); ++size) EXPECT_FALSE(decode(row_bytes(row).first(size))) << size;
  EXPECT_FALSE(decode(row_bytes(row + '\0')));
}

TEST(OrderRows, KeyBytes) {
  const OrderId id{token_of(0xa1), outpoint_of(0xc3, 0x01020304)};
  const RowKey key = order_key(RowType::open, id);
  ASSERT_EQ(key.size, order_key_bytes);
  EXPECT_EQ(key.bytes[0], std::byte{1});
  EXPECT_EQ(key.bytes[1], std::byte{0xa1});
  EXPECT_EQ(key.bytes[33], std::byte{0xc3});
  EXPECT_EQ(load_be<std::uint32_t>(key.bytes.data() + 65), 0x01020304U);
  EXPECT_EQ(decode_order_key(key.span()), id);
  EXPECT_EQ(row_type_of(key.span()), RowType::open);

  const RowKey by_want_key = want_key(RowType::superseded, token_of(7), id);
  const auto decoded = decode_want_key(by_want_key.span());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->want, token_of(7));
  EXPECT_EQ(decoded->id, id);
  EXPECT_FALSE(decode_want_key(key.span()));
  EXPECT_FALSE(decode_order_key(by_want_key.span()));
  EXPECT_EQ(decode_height_key(height_key(RowType::undo, 77).span()), 77U);
  EXPECT_EQ(decode_counts_key(counts_key(RowType::want_counts, token_of(9)).span()), token_of(9));
  EXPECT_EQ(decode_outpoint_key(outpoint_key(id.offered, id.token).span())->token, id.token);
  EXPECT_FALSE(row_type_of({}));
  const std::byte none{row_type_count};
  EXPECT_FALSE(row_type_of({&none, 1}));
}

TEST(OrderRows, KeysSortByTokenTxidAndNumberOfOutput) {
  const auto key = [](unsigned token, unsigned txid, std::uint32_t index) {
    return order_key(RowType::open, {token_of(token), outpoint_of(txid, index)}).text();
  };
  EXPECT_LT(key(1, 2, 1), key(1, 2, 256));
  EXPECT_LT(key(1, 2, 256), key(1, 2, 65536));
  EXPECT_LT(key(1, 2, 65536), key(1, 3, 0));
  EXPECT_LT(key(1, 200, 0), key(2, 1, 0));
}

TEST(OrderRows, BehindAllKeysOfABeginning) {
  swap::TokenId last;
  last.fill(std::byte{0xff});
  const auto behind = [](const RowKey& key) { return behind_all(key).text(); };
  EXPECT_EQ(behind(token_key(RowType::open, token_of(1))),
            token_key(RowType::open, token_of(1)).text().substr(0, 32) + '\1');
  EXPECT_EQ(behind(token_key(RowType::open, last)), type_key(RowType::dead).text());
  EXPECT_GT(behind(outpoint_prefix(outpoint_of(7))), outpoint_key(outpoint_of(7), last).text());
  EXPECT_LT(behind(outpoint_prefix(outpoint_of(7))), outpoint_key(outpoint_of(8), {}).text());
}

TEST(OrderRows, OrdersReadBack) {
  const std::string terms = "some terms and what goes with them";
  Order order = order_of(token_of(1), outpoint_of(2, 5), token_of(3), 1'000'000, terms);
  for (const bool has_want : {false, true})
    for (const bool is_backed : {false, true})
      for (const std::uint64_t spender : {0ULL, 1'234'567ULL}) {
        order.want = token_of(has_want ? 3 : 0);
        order.is_backed = is_backed;
        order.spent_by = spender;
        const std::string row = encode_order(order);
        const auto read = decode_order(order.id, row_bytes(row));
        ASSERT_TRUE(read);
        EXPECT_TRUE(test::same_order(*read, order));
      }
  order.price_terms = order.signature = {};
  EXPECT_TRUE(test::same_order(*decode_order(order.id, row_bytes(encode_order(order))), order));
}

TEST(OrderRows, MalformedOrdersAreRefused) {
  const std::string terms = "terms";
  Order order = order_of(token_of(1), outpoint_of(2), token_of(3), 7, terms);
  order.signature = {};
  const std::string row = encode_order(order);
  // Without a signature behind them the terms end the row: nothing shorter is an order.
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_FALSE(decode_order(order.id, row_bytes(row).first(size))) << size;
  std::string unknown_head = row;
  unknown_head[0] = 8;
  EXPECT_FALSE(decode_order(order.id, row_bytes(unknown_head)));
  std::string plain_want = row;
  plain_want[5] = 0;  // the one byte of the wanted token that is not zero
  EXPECT_FALSE(decode_order(order.id, row_bytes(plain_want)));
}

TEST(OrderRows, OtherRowsReadBackAndHaveOneSize) {
  const Counts counts{1, 200, 3, 70'000};
  EXPECT_EQ(decode_counts(row_bytes(encode_counts(counts))), counts);
  expect_exact_size(encode_counts(counts), [](Bytes row) { return decode_counts(row).has_value(); });

  EXPECT_EQ(decode_count(row_bytes(encode_count(300))), 300U);
  EXPECT_FALSE(decode_count(row_bytes(encode_count(0))));
  expect_exact_size(encode_count(300), [](Bytes row) { return decode_count(row).has_value(); });

  const std::vector<OrderId> ids{{token_of(1), outpoint_of(2, 3)}, {token_of(4), outpoint_of(5, 0xffffffff)}};
  EXPECT_EQ(decode_ids(row_bytes(encode_ids(ids))), ids);
  EXPECT_FALSE(decode_ids(row_bytes(encode_ids({}))));
  expect_exact_size(encode_ids(ids), [](Bytes row) { return decode_ids(row).has_value(); });

  SwapState state;
  state.block_count = 400'000;
  state.settled_blocks = 399'999;
  state.undo_first_height = 399'900;
  state.history_first_height = 390'000;
  state.op_number_index = true;
  state.open = 5, state.dead = 6, state.superseded = 7, state.history = 1ULL << 40;
  EXPECT_EQ(decode_state(row_bytes(encode_state(state))), state);
  expect_exact_size(encode_state(state), [](Bytes row) { return decode_state(row).has_value(); });
  state.settled_blocks = state.block_count + 1;
  EXPECT_FALSE(decode_state(row_bytes(encode_state(state))));
}

TEST(OrderRows, UndoRowsReadBack) {
  const std::string terms = "terms";
  const Order order = order_of(token_of(1), outpoint_of(2), token_of(3), 7, terms);
  UndoRow row;
  row.opened.push_back({order.id, encode_order(order), std::nullopt});
  row.opened.push_back({order.id, std::nullopt, encode_order(order)});
  row.pruned.push_back({70, {{order.id, encode_order(order)}}});
  const std::string text = encode_undo(row);
  const auto read = decode_undo(row_bytes(text));
  ASSERT_TRUE(read);
  EXPECT_EQ(encode_undo(*read), text);
  ASSERT_EQ(read->opened.size(), 2U);
  EXPECT_EQ(read->opened[0].replaced, encode_order(order));
  EXPECT_FALSE(read->opened[0].displaced);
  EXPECT_EQ(read->opened[1].displaced, encode_order(order));
  EXPECT_EQ(read->pruned.at(0).height, 70U);
  expect_exact_size(text, [](Bytes bytes) { return decode_undo(bytes).has_value(); });
  EXPECT_FALSE(decode_undo(row_bytes(encode_undo({}))));
}

TEST(OrderRows, ACountThatCannotBeTakesNoMemory) {
  const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\x7f";
  EXPECT_FALSE(decode_ids(row_bytes(huge)));
  EXPECT_FALSE(decode_undo(row_bytes(huge)));
}

}  // namespace
}  // namespace sluice::swap
