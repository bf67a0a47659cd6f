// RXinDexer's swap.get_* calls: sides, books, lists, cursors, and what is wrong said in the result.
#include <gtest/gtest.h>

#include "base/hex.h"
#include "hash/sha256.h"
#include "market_world.h"
#include "serve/market_order.h"
#include "serve/token_name.h"

namespace sluice::serve::test {
namespace {

class MarketMethods : public testing::Test {
 protected:
  std::string call(std::string_view method, const std::string& params) { return world_.client.call(method, params); }
  static std::string ref(const swap::TokenId& token) { return "\"" + token_text(token) + "_0\""; }
  static std::string id(int coin) { return market_order_id(coin_of(coin)); }
  /// The numbers of the coins of the orders in an answer, in the order of their ids in it.
  static std::vector<int> coins_in(const std::string& answer) {
    std::vector<int> coins;
    for (std::size_t at = answer.find("\"order_id\":\""); at != std::string::npos;
         at = answer.find("\"order_id\":\"", at + 1)) {
      const std::string text = answer.substr(at + 12, 72);
      for (int coin = 0; coin < 256; ++coin) {
        if (id(coin) == text) coins.push_back(coin);
      }
    }
    return coins;
  }
  static std::string part(const std::string& answer, std::string_view from, std::string_view until) {
    const std::size_t begin = answer.find(from);
    return answer.substr(begin, answer.find(until, begin) - begin);
  }

  MarketWorld world_;
};

TEST_F(MarketMethods, AnOrderHasThePeersShape) {
  world_.add({token_a, token_b, 1, 1000});
  const std::string maker = hash_cast<ScriptHash>(hash::sha256(p2pkh_of(7))).display();
  const std::string expected =
      "{\"order_id\":\"00000000" + coin_of(1).txid.display() + "\",\"tx_hash\":\"" +
      world_.view.txid(2).value().display() + "\",\"vout\":1,\"height\":2,\"timestamp\":1600000002" +
      ",\"maker_scripthash\":\"" + maker + "\",\"maker_address\":\"mgA7SfyBBrVGVSpQ7oqGHPhxpp2gUZWtfc\"" +
      ",\"base_ref\":" + ref(token_a) + ",\"quote_ref\":" + ref(token_b) +
      ",\"base_ticker\":null,\"quote_ticker\":null,\"side\":\"sell\",\"price\":1000,\"amount\":1000" +
      ",\"filled_amount\":0,\"remaining_amount\":1000,\"percent_filled\":0,\"min_fill\":0,\"fee_rate\":0" +
      ",\"status\":\"open\",\"expiry_height\":null,\"fill_count\":0,\"avg_fill_price\":0}";
  EXPECT_EQ(call("swap.get_orders", "[" + ref(token_a) + "]"), "[" + expected + "]");
}

TEST_F(MarketMethods, SidesFollowTheOfferedType) {
  world_.add({token_a, token_b, 1, 10});            // sells a for b
  world_.add({token_b, token_a, 2, 20, 0});         // buys a with b
  world_.add({token_a, plain_token, 3, 30});        // sells a for RXD
  world_.add({token_b, token_a, 4, 40});            // sells b for a
  world_.add({token_a, plain_token, 5, 50, 0, 1});  // version 1: sells a, for nobody knows what
  EXPECT_EQ(coins_in(call("swap.get_orders", "[" + ref(token_a) + "]")), (std::vector{1, 3, 5, 2}));
  EXPECT_EQ(coins_in(call("swap.get_orders", "[null," + ref(token_b) + "]")), (std::vector{1, 2}));
  EXPECT_EQ(coins_in(call("swap.get_orders", "[null," + ref(plain_token) + "]")), (std::vector{3}));
  const std::string v1 = part(call("swap.get_orders", "[" + ref(token_a) + "]"), "\"order_id\":\"" + id(5), "}");
  EXPECT_NE(v1.find("\"quote_ref\":null"), std::string::npos);
  EXPECT_NE(v1.find("\"price\":0"), std::string::npos);
}

TEST_F(MarketMethods, ABookHasTheBestPricesFirst) {
  world_.add({token_a, token_b, 1, 30});
  world_.add({token_a, token_b, 2, 10});
  world_.add({token_a, token_b, 3, 20});
  world_.add({token_b, token_a, 4, 5, 0});
  world_.add({token_b, token_a, 5, 9, 0});
  world_.add({token_b, token_a, 6, 7});  // sells b: another pair's book
  const std::string book = call("swap.get_orders", "[" + ref(token_a) + "," + ref(token_b) + "]");
  EXPECT_TRUE(book.starts_with("{\"bids\":[{")) << book;
  EXPECT_EQ(coins_in(part(book, "\"bids\"", "\"asks\"")), (std::vector{5, 4}));
  EXPECT_EQ(coins_in(part(book, "\"asks\"", "]}")), (std::vector{2, 3, 1}));
  EXPECT_EQ(book.find("incomplete"), std::string::npos);
  const std::string page = call("swap.get_orders", "[" + ref(token_a) + "," + ref(token_b) + ",1,1]");
  EXPECT_EQ(coins_in(page), (std::vector{4, 3}));
  EXPECT_EQ(call("swap.get_orders", "[" + ref(token_b) + "," + ref(plain_token) + "]"), R"({"bids":[],"asks":[]})");
}

TEST_F(MarketMethods, ABookBeyondItsBoundSaysSo) {
  for (int i = 0; i < 10'000; ++i) {
    swap::Order order;
    order.id = {token_a, {Txid{id_of(i & 0xff, (i >> 8) & 0xff)}, static_cast<std::uint32_t>(i)}};
    order.want = token_b;
    order.version = 2;
    order.offered_type = 2;
    order.is_backed = true;
    world_.swaps.add(order);
  }
  const std::string params = "[" + ref(token_a) + "," + ref(token_b) + ",1]";
  EXPECT_EQ(call("swap.get_orders", params).find("incomplete"), std::string::npos);
  world_.add({token_a, token_b, 1, 5});
  EXPECT_TRUE(call("swap.get_orders", params).ends_with("],\"incomplete\":true}"));
}

TEST_F(MarketMethods, WhoseCoinIsNotThereIsNotShown) {
  world_.add({token_a, token_b, 1, 10});
  world_.mempool.spenders[coin_of(1)] = Txid{id_of(9, 9)};
  world_.add({token_a, token_b, 2, 10}).order.is_backed = false;  // a coin that nobody knows
  world_.add({token_a, token_b, 3, 10}, OrderStanding::dead);
  world_.add({token_a, token_b, 4, 10});
  EXPECT_EQ(coins_in(call("swap.get_orders", "[" + ref(token_a) + "]")), (std::vector{4}));
  EXPECT_EQ(coins_in(call("swap.get_orders", "[" + ref(token_a) + "," + ref(token_b) + "]")), (std::vector{4}));
}

TEST_F(MarketMethods, CursorsGoThroughAllOnce) {
  for (int coin = 1; coin <= 5; ++coin) world_.add({token_a, token_b, coin, 10});
  for (int coin = 6; coin <= 8; ++coin) world_.add({token_b, token_a, coin, 10, 0});
  std::vector<int> seen;
  std::string cursor = "null";
  for (int pages = 0; pages < 20; ++pages) {
    const std::string answer = call("swap.get_orders", "[" + ref(token_a) + ",null,2,0," + cursor + "]");
    ASSERT_TRUE(answer.starts_with("{\"entries\":[")) << answer;
    const auto coins = coins_in(answer);
    EXPECT_LE(coins.size(), 2u);
    seen.insert(seen.end(), coins.begin(), coins.end());
    const std::string next = part(answer, "\"next_cursor\":", ",\"has_more\"").substr(14);
    if (next == "null") {
      EXPECT_TRUE(answer.ends_with("\"has_more\":false}"));
      break;
    }
    EXPECT_TRUE(answer.ends_with("\"has_more\":true}"));
    cursor = next;
  }
  EXPECT_EQ(seen, (std::vector{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(MarketMethods, ABadCursorIsAnError) {
  const std::string good = list_cursor({1, {token_a, coin_of(1)}});
  ASSERT_TRUE(read_list_cursor(good, 2));
  EXPECT_EQ(read_list_cursor(good, 2)->last, (swap::OrderId{token_a, coin_of(1)}));
  for (const std::string& bad : {good.substr(1), good + "0", "2" + good.substr(1), "/" + good.substr(1),
                                 good.substr(0, good.size() - 1) + "g", std::string("x")}) {
    EXPECT_EQ(call("swap.get_orders", "[" + ref(token_a) + ",null,2,0,\"" + bad + "\"]"),
              "{\"error\":\"Invalid cursor: " + bad + "\"}");
  }
}

TEST_F(MarketMethods, LimitsAreClamped) {
  for (int coin = 1; coin <= 250; ++coin) world_.add({token_a, token_b, coin, 10});
  const auto count = [&](const std::string& limit, const std::string& offset) {
    return coins_in(call("swap.get_orders", "[" + ref(token_a) + ",null," + limit + "," + offset + "]")).size();
  };
  EXPECT_EQ(count("null", "null"), 50u);
  EXPECT_EQ(count("0", "0"), 1u);
  EXPECT_EQ(count("1000", "0"), 200u);
  EXPECT_EQ(count("200", "240"), 10u);
  EXPECT_EQ(count("10", "18446744073709551615"), 0u);
  EXPECT_EQ(call("swap.get_orders", "[" + ref(token_a) + ",null,-1]"),
            error_text(1, "-1 should be a non-negative integer"));
}

TEST_F(MarketMethods, HistoryIsReal) {
  world_.add({token_a, token_b, 1, 10});
  world_.add({token_a, token_b, 2, 10}, OrderStanding::history);
  world_.add({token_b, token_a, 3, 10, 0}, OrderStanding::history);
  const std::string answer = call("swap.get_history", "[" + ref(token_a) + "]");
  EXPECT_EQ(coins_in(answer), (std::vector{2, 3}));
  EXPECT_NE(answer.find("\"filled_amount\":10,\"remaining_amount\":0,\"percent_filled\":100"), std::string::npos);
  EXPECT_NE(answer.find("\"status\":\"filled\""), std::string::npos);
  EXPECT_EQ(call("swap.get_history", "[]"), R"({"trades":[],"error":"base_ref is required"})");
  EXPECT_TRUE(call("swap.get_history", "[" + ref(token_a) + ",1,0,null]").starts_with("{\"entries\":[{"));
}

TEST_F(MarketMethods, UnconfirmedOrdersAreOfTheMempool) {
  const auto offer = [](const MarketOffer& of) {
    sluice::test::OfferText text{of.token, of.want, coin_of(of.coin), terms_of(of.price, p2pkh_of(of.coin)), {}};
    text.offered_type = of.offered_type;
    return text;
  };
  const Txid first{id_of(1, 1)};
  world_.mempool.add_offer(first, 1, offer({token_a, token_b, 1, 10}));
  world_.mempool.add_offer(first, 2, offer({token_b, token_a, 2, 20, 0}));
  world_.mempool.add_offer(Txid{id_of(2, 2)}, 0, offer({token_b, token_a, 3, 30}));
  EXPECT_EQ(coins_in(call("swap.get_unconfirmed_orders", "[]")), (std::vector{1, 2, 3}));
  EXPECT_EQ(coins_in(call("swap.get_unconfirmed_orders", "[" + ref(token_a) + "]")), (std::vector{1, 2}));
  EXPECT_EQ(coins_in(call("swap.get_unconfirmed_orders", "[" + ref(token_a) + "," + ref(token_b) + "]")),
            (std::vector{1, 2}));
  EXPECT_EQ(coins_in(call("swap.get_unconfirmed_orders", "[null," + ref(token_a) + "]")), (std::vector{3}));
  const std::string maker = hash_cast<ScriptHash>(hash::sha256(p2pkh_of(2))).display();
  EXPECT_EQ(call("swap.get_user_unconfirmed", "[\"" + maker + "\"]"),
            "[{\"order_id\":\"" + id(2) + "\",\"txid\":\"" + first.display() + "\",\"base_ref\":" + ref(token_a) +
                ",\"quote_ref\":" + ref(token_b) +
                ",\"side\":\"buy\",\"price\":20,\"amount\":20,\"maker_scripthash\":\"" + maker +
                "\",\"confirmed\":false}]");
  EXPECT_EQ(call("swap.get_user_unconfirmed", "[\"" + std::string(64, '0') + "\"]"), "[]");
}

TEST_F(MarketMethods, WhatIsWrongIsSaidInTheResult) {
  EXPECT_EQ(call("swap.get_orders", "[\"abc\"]"), R"({"error":"Invalid ref format: abc"})");
  EXPECT_EQ(call("swap.get_orders", "[5]"), R"({"error":"Invalid ref format: 5"})");
  EXPECT_EQ(call("swap.get_orders", "[]"), R"({"error":"base_ref or quote_ref is required"})");
  EXPECT_EQ(call("swap.get_unconfirmed_orders", "[\"\"]"), R"({"error":"Invalid ref format: "})");
  world_.client.context.swaps = nullptr;
  for (const std::string_view method : {"swap.get_orders", "swap.get_history", "swap.get_unconfirmed_orders"})
    EXPECT_EQ(call(method, "[]"), R"({"error":"Swap indexing not enabled"})") << method;
}

TEST_F(MarketMethods, WhatCannotBeReadIsTheInternalError) {
  world_.add({token_a, token_b, 1, 10});
  std::vector<std::string> failures;
  world_.client.context.on_failure = [&](const Error& error) { failures.push_back(error.message); };
  world_.view.flat_broken = true;
  for (const std::string& params : {"[" + ref(token_a) + "]", "[" + ref(token_a) + "," + ref(token_b) + "]"})
    EXPECT_EQ(call("swap.get_orders", params), error_text(-32603, "internal server error"));
  world_.swaps.broken = true;
  for (const std::string& params : {"[" + ref(token_a) + "]", "[" + ref(token_a) + "," + ref(token_b) + "]"})
    EXPECT_EQ(call("swap.get_orders", params), error_text(-32603, "internal server error"));
  EXPECT_EQ(failures.size(), 4u);
}

TEST_F(MarketMethods, TheyAreUnknownWithParity) {
  world_.client.options.parity = true;
  EXPECT_EQ(call("swap.get_orders", "[]"), error_text(-32601, "unknown method \\\"swap.get_orders\\\""));
}

TEST(TokenName, IsAnIdOrARef) {
  const std::string txid = token_text(token_a);
  std::array<std::byte, 36> ref{};
  std::ranges::copy(token_a, ref.begin());
  const swap::TokenId hashed_0 = token_of_ref(ref);
  store_le<std::uint32_t>(ref.data() + 32, 258);
  const swap::TokenId hashed_258 = token_of_ref(ref);
  EXPECT_EQ(token_text(hashed_258), to_hex(hash::sha256(ref).span()))
      << "displayed, an id is the plain SHA-256 of the ref";

  EXPECT_EQ(read_token_name(txid)->id, token_a);
  EXPECT_FALSE(read_token_name(txid)->by_ref);
  for (const std::string& zero : {txid + "_0", to_hex(token_a) + "00000000"}) {
    EXPECT_EQ(read_token_name(zero)->id, token_a) << zero;
    EXPECT_EQ(read_token_name(zero)->by_ref, hashed_0) << zero;
  }
  for (const std::string& other : {txid + "_258", to_hex(token_a) + "02010000"}) {
    EXPECT_EQ(read_token_name(other)->id, hashed_258) << other;
    EXPECT_FALSE(read_token_name(other)->by_ref) << other;
  }
  EXPECT_EQ(read_token_name(std::string(64, '0') + "_0")->id, plain_token);
  EXPECT_FALSE(read_token_name(std::string(64, '0') + "_0")->by_ref);
  for (const std::string& bad : {txid + "_", txid + "_x", txid + "_-1", txid + "_4294967296", txid + "0", txid + "_0 ",
                                 txid.substr(1), std::string(), to_hex(token_a) + "0000000g"})
    EXPECT_FALSE(read_token_name(bad)) << bad;
}

TEST(TokenName, WithTwoMeaningsIsTheOneThatHasOrders) {
  const TokenName name{token_a, token_b};
  MarketWorld world;
  EXPECT_EQ(resolve(world.swaps, name).value(), token_a);
  world.add({plain_token, token_b, 1, 1});
  EXPECT_EQ(resolve(world.swaps, name).value(), token_b);
  world.add({token_a, plain_token, 2, 1}, OrderStanding::history);
  EXPECT_EQ(resolve(world.swaps, name).value(), token_a);
  world.swaps.broken = true;
  EXPECT_FALSE(resolve(world.swaps, name));
}

}  // namespace
}  // namespace sluice::serve::test
