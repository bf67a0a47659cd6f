// The node's swap calls over a market in memory: parameters in the node's words, pages by our rules, cursors.
#include <gtest/gtest.h>

#include "market_world.h"
#include "serve/order_page.h"

namespace sluice::serve::test {
namespace {

const std::string shown_a = token_text(token_a);

std::string quoted_shown(const swap::TokenId& token) { return "\"" + token_text(token) + "\""; }
std::string misc(std::string_view message) { return error_text(-1, message); }
std::string wrong(std::string_view message) { return error_text(-8, message); }

/// The numbers of the offered coins in a list of orders.
std::vector<int> coins_in(const std::string& answer) {
  std::vector<int> coins;
  JsonDocument document;
  EXPECT_EQ(document.parse(answer), JsonErrc::ok) << answer;
  const JsonValue root = document.root();
  const JsonValue list = root.is(JsonKind::object) ? root.member("orders") : root;
  EXPECT_TRUE(list && list.is(JsonKind::array)) << answer;
  if (!list || !list.is(JsonKind::array)) return coins;
  JsonValue at = list.size() == 0 ? JsonValue() : list.first();
  for (std::uint32_t i = 0; i < list.size(); ++i, at = at.next()) {
    const std::string txid = at.member("utxo").member("txid").text();
    for (int coin = 0; coin < 256; ++coin) {
      if (coin_of(coin).txid.display() == txid) coins.push_back(coin);
    }
  }
  return coins;
}

std::string cursor_in(const std::string& answer) {
  JsonDocument document;
  EXPECT_EQ(document.parse(answer), JsonErrc::ok) << answer;
  const JsonValue cursor = document.root().member("next_cursor");
  return cursor && cursor.is(JsonKind::string) ? cursor.text() : std::string();
}

class NodeSwaps : public ::testing::Test {
 protected:
  NodeSwaps() { world_.mempool.add_tx(Txid{id_of(0x99, 1)}, {std::byte{0}}); }

  std::string call(std::string_view method, const std::string& params) { return world_.client.call(method, params); }
  std::vector<int> open(const std::string& more = "") {
    return coins_in(call("getopenorders", "[" + quoted_shown(token_a) + more + "]"));
  }
  std::vector<int> history(const std::string& more = "") {
    return coins_in(call("getswaphistory", "[" + quoted_shown(token_a) + more + "]"));
  }
  void spend_in_mempool(int coin) { world_.mempool.spenders[coin_of(coin)] = Txid{id_of(0x99, 1)}; }
  /// Coins in the order of the listing.
  std::vector<int> add_open(int count) {
    std::vector<int> coins;
    for (int coin = 1; coin <= count; ++coin) {
      world_.add({token_a, token_b, coin, 10});
      coins.push_back(coin);
    }
    std::ranges::sort(coins, {}, [](int coin) { return coin_of(coin); });
    return coins;
  }
  /// All pages of a listing, each with its number of orders.
  std::vector<int> all_by_cursor(std::string_view method, const std::string& token, int limit, std::size_t& pages) {
    std::vector<int> coins;
    std::string cursor;
    do {
      const std::string by_name = R"({"limit":)" + std::to_string(limit) + R"(,"cursor":")" + cursor + R"(",")" +
                                  (method.ends_with("want") ? "want_token_ref" : "token_ref") + R"(":")" + token +
                                  R"("})";
      const std::string answer = call(method, by_name);
      for (const int coin : coins_in(answer)) coins.push_back(coin);
      cursor = cursor_in(answer);
      ++pages;
    } while (!cursor.empty() && pages < 1'000);
    return coins;
  }

  MarketWorld world_;
};

TEST_F(NodeSwaps, AnOfferHasTheNodesMembersInItsOrder) {
  world_.add({token_a, token_b, 1, 10}).order.signature = {};
  const std::string terms = to_hex(terms_of(10, p2pkh_of(7)));
  const std::string head = R"([{"version":2,"flags":0,"offered_type":2,"terms_type":0,"tokenid":")" + shown_a;
  const std::string tail = R"("utxo":{"txid":")" + coin_of(1).txid.display() + R"(","vout":0},"price_terms":")" +
                           terms + R"(","signature":"","block_height":2}])";
  const std::string with_want = head + R"(","want_tokenid":")" + token_text(token_b) + "\"," + tail;
  EXPECT_EQ(call("getopenorders", "[\"" + shown_a + "\"]"), with_want);
  EXPECT_EQ(call("getopenordersbywant", R"({"want_token_ref":")" + token_text(token_b) + "\"}"), with_want);
  world_.swaps.clear();
  world_.add({token_a, plain_token, 1, 10}, OrderStanding::history).order.signature = {};
  std::string closed = head + "\"," + tail;
  closed.replace(closed.find("block_height\":2"), 15, "block_height\":3");
  EXPECT_EQ(call("getswaphistory", "[\"" + shown_a + "\"]"), closed);
  EXPECT_EQ(call("getswaphistorybywant", "[\"" + token_text(plain_token) + "\"]"), closed);
}

TEST_F(NodeSwaps, ParametersAreRefusedInTheNodesWordsAndOrder) {
  const std::string a = quoted_shown(token_a);
  const auto refusal = [&](const std::string& params) { return call("getopenorders", params); };
  const std::string not_text = misc("JSON value is not a string as expected");
  const std::string not_number = misc("JSON value is not an integer as expected");
  const std::string usage = misc(R"(getopenorders \"token_ref\" ( limit offset max_age cursor ))");
  EXPECT_EQ(refusal("[]"), usage);
  EXPECT_EQ(refusal("{}"), usage);
  EXPECT_EQ(refusal("[" + a + ",1,0,1,\"\",1]"), usage);
  EXPECT_EQ(refusal("{\"limit\":1}"), not_text);
  EXPECT_EQ(refusal("{\"token_ref\":" + a + ",\"limits\":1}"), wrong("Unknown named parameter limits"));
  EXPECT_EQ(refusal("[5,\"x\"]"), not_text);
  EXPECT_EQ(refusal("[null]"), not_text);
  EXPECT_EQ(refusal(R"(["00","x"])"), wrong("token_ref must be of length 64 (not 2, for '00')"));
  const std::string no_hex(64, 'z');
  EXPECT_EQ(refusal("[\"" + no_hex + "\"]"), wrong("token_ref must be hexadecimal string (not '" + no_hex + "')"));
  EXPECT_EQ(call("getswapcountbywant", "[\"\"]"), wrong("want_token_ref must be of length 64 (not 0, for '')"));
  EXPECT_EQ(refusal("[" + a + ",\"5\",-1]"), not_number);
  EXPECT_EQ(refusal("[" + a + ",true]"), not_number);
  EXPECT_EQ(refusal("[" + a + ",1.5]"), misc("JSON integer out of range"));
  EXPECT_EQ(refusal("[" + a + ",1e2]"), misc("JSON integer out of range"));
  EXPECT_EQ(refusal("[" + a + ",9223372036854775808]"), misc("JSON integer out of range"));
  EXPECT_EQ(refusal("[" + a + ",-1,\"x\"]"), wrong("limit must be non-negative"));
  EXPECT_EQ(refusal("[" + a + ",1,-1,-1]"), wrong("offset must be non-negative"));
  EXPECT_EQ(refusal("[" + a + ",1,0,-1]"), wrong("max_age must be non-negative"));
  EXPECT_EQ(refusal("[" + a + ",null,null,null,null]"), "[]");
  EXPECT_EQ(refusal("[" + a + ",9223372036854775807,9223372036854775807,9223372036854775807]"), "[]");
  std::string upper = shown_a;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(refusal("[\"" + upper + "\"]"), "[]");
  EXPECT_EQ(call("getswapindexinfo", "[1]"), misc("getswapindexinfo"));
}

TEST_F(NodeSwaps, WithoutAnIndexItIsSaidBeforeParametersAreLookedAt) {
  world_.client.context.swaps = nullptr;
  const std::string off = misc("Swap index not enabled. Use -swapindex=1 to enable.");
  for (const auto method : {"getopenorders", "getopenordersbywant", "getswaphistory", "getswaphistorybywant",
                            "getswapcount", "getswapcountbywant"}) {
    EXPECT_EQ(call(method, "[5]"), off) << method;
    EXPECT_TRUE(call(method, "[]").starts_with("{\"code\":-1,\"message\":\"get")) << method;
  }
  EXPECT_EQ(call("getswapindexinfo", "[]"), R"({"enabled":false,"current_height":0,"total_orders":0,"open_orders":0,)"
                                            R"("history_orders":0,"history_blocks":0})");
}

TEST_F(NodeSwaps, PagesAreCutFromWhatIsShown) {
  const std::vector<int> coins = add_open(9);
  spend_in_mempool(coins[0]);
  spend_in_mempool(coins[4]);
  const std::vector<int> shown_coins{coins[1], coins[2], coins[3], coins[5], coins[6], coins[7], coins[8]};
  EXPECT_EQ(open(), shown_coins);
  EXPECT_EQ(open(",3"), (std::vector<int>{coins[1], coins[2], coins[3]}));
  EXPECT_EQ(open(",3,2"), (std::vector<int>{coins[3], coins[5], coins[6]}));
  EXPECT_EQ(open(",3,6"), (std::vector<int>{coins[8]}));
  EXPECT_EQ(open(",3,7"), std::vector<int>());
  EXPECT_EQ(open(",0"), std::vector<int>());
  world_.add({token_a, token_b, 10, 1}, OrderStanding::dead);
  world_.add({token_a, token_b, 11, 1}, OrderStanding::superseded);
  EXPECT_EQ(open(), shown_coins);
}

TEST_F(NodeSwaps, AnOrderIsShownWhileItsCoinIsThere) {
  const std::vector<int> coins = add_open(2);
  world_.swaps.clear();
  world_.add({token_a, token_b, 1, 10}).order.is_backed = false;
  EXPECT_EQ(open(), std::vector<int>());
  world_.mempool.add_tx(coin_of(1).txid, tx_with({p2pkh_of(7)}));
  EXPECT_EQ(open(), std::vector<int>{1});
  world_.mempool.txs.erase(coin_of(1).txid);
  world_.view.replace_txid(2, coin_of(1).txid);
  world_.view.raw[2] = tx_with({p2pkh_of(7)});
  EXPECT_EQ(open(), std::vector<int>());
  world_.view.coins.insert({2, 0});
  EXPECT_EQ(open(), std::vector<int>{1});
  world_.view.coins.clear();
  world_.view.coins.insert({2, 1});  // another output
  EXPECT_EQ(open(), std::vector<int>());
  // The node has OP_RETURN outputs among its coins, but not those behind an OP_FALSE.
  world_.view.raw[2] = tx_with({{std::byte{0x6a}, std::byte{0x51}}});
  EXPECT_EQ(open(), std::vector<int>{1});
  world_.view.raw[2] = tx_with({{std::byte{0x00}, std::byte{0x6a}}});
  EXPECT_EQ(open(), std::vector<int>());
  world_.view.raw[2] = tx_with({});
  EXPECT_EQ(open(), std::vector<int>());
}

TEST_F(NodeSwaps, AgeIsCountedFromTheTipAndZeroIsItsBlock) {
  world_.add({token_a, token_b, 1, 10}).order.ad = {4, 0};  // height 3, the tip
  world_.add({token_a, token_b, 2, 10}).order.ad = {1, 0};  // height 2
  world_.add({token_a, token_b, 3, 10}).order.ad = {0, 0};  // height 1
  const auto aged = [&](const std::string& max_age) {
    std::vector<int> coins = open(",100,0," + max_age);
    std::ranges::sort(coins);
    return coins;
  };
  EXPECT_EQ(aged("0"), std::vector<int>{1});
  EXPECT_EQ(aged("1"), (std::vector<int>{1, 2}));
  EXPECT_EQ(aged("2"), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(aged("null"), (std::vector<int>{1, 2, 3}));
  world_.client.options.parity = true;
  EXPECT_EQ(aged("0"), std::vector<int>());
  EXPECT_EQ(aged("1"), std::vector<int>{2});
  EXPECT_EQ(aged("2"), (std::vector<int>{2, 3}));
  EXPECT_EQ(aged("null"), (std::vector<int>{1, 2, 3}));
}

TEST_F(NodeSwaps, OrdersBeingSpentFollowTheHistory) {
  const std::vector<int> coins = add_open(6);
  for (const int coin : {20, 21, 22}) world_.add({token_a, token_b, coin, 10}, OrderStanding::history);
  std::vector<int> all{20, 21, 22};
  std::ranges::sort(all, {}, [](int coin) { return coin_of(coin); });
  spend_in_mempool(coins[1]);
  spend_in_mempool(coins[4]);
  all.push_back(coins[1]);
  all.push_back(coins[4]);
  EXPECT_EQ(history(), all);
  EXPECT_EQ(history(",2"), (std::vector<int>{all[0], all[1]}));
  EXPECT_EQ(history(",2,2"), (std::vector<int>{all[2], all[3]}));
  EXPECT_EQ(history(",2,3"), (std::vector<int>{all[3], all[4]}));
  EXPECT_EQ(history(",2,4"), (std::vector<int>{all[4]}));
  EXPECT_EQ(history(",2,5"), std::vector<int>());
  world_.client.options.parity = true;
  EXPECT_EQ(history(), all);
  EXPECT_EQ(history(",2,2"), (std::vector<int>{all[2], all[3]}));
  EXPECT_EQ(history(",2,3"), (std::vector<int>{all[3], all[4]}));
  EXPECT_EQ(history(",2,4"), (std::vector<int>{all[3], all[4]}));  // whatever the offset
}

TEST_F(NodeSwaps, WithParityPagesAreCutFromTheRows) {
  const std::vector<int> coins = add_open(5);
  spend_in_mempool(coins[0]);
  world_.client.options.parity = true;
  EXPECT_EQ(open(",2"), std::vector<int>{coins[1]});
  EXPECT_EQ(open(",2,2"), (std::vector<int>{coins[2], coins[3]}));
  EXPECT_EQ(open(",1"), std::vector<int>());
  world_.swaps.clear();
  world_.add({token_a, token_b, coins[0], 1}, OrderStanding::dead);
  world_.add({token_a, token_b, coins[1], 1});
  EXPECT_EQ(open(",1"), std::vector<int>());
  EXPECT_EQ(open(",1,1"), std::vector<int>{coins[1]});
  EXPECT_EQ(open(",1,2"), std::vector<int>());
}

TEST_F(NodeSwaps, WithParityASupersededOrderIsShownWhileItsCoinIsThere) {
  world_.add({token_a, token_b, 1, 10}, OrderStanding::superseded);
  world_.client.options.parity = true;
  const auto by_want = [&] { return coins_in(call("getopenordersbywant", "[" + quoted_shown(token_b) + "]")); };
  EXPECT_EQ(by_want(), std::vector<int>());
  world_.view.replace_txid(2, coin_of(1).txid);
  world_.view.coins.insert({2, 0});
  EXPECT_EQ(by_want(), std::vector<int>{1});
  world_.client.options.parity = false;
  EXPECT_EQ(by_want(), std::vector<int>());
}

TEST_F(NodeSwaps, CountsLeaveDeadOrdersOutExceptWithParity) {
  add_open(3);
  world_.add({token_a, token_b, 10, 1}, OrderStanding::dead);
  world_.add({token_b, token_b, 11, 1}, OrderStanding::superseded);
  world_.add({token_a, token_b, 12, 1}, OrderStanding::history);
  world_.add({plain_token, plain_token, 13, 1}, OrderStanding::dead);
  const auto count = [&](const swap::TokenId& token) { return call("getswapcount", "[" + quoted_shown(token) + "]"); };
  const auto by_want = [&](const swap::TokenId& token) {
    return call("getswapcountbywant", "[" + quoted_shown(token) + "]");
  };
  EXPECT_EQ(count(token_a), R"({"open":3,"history":1})");
  EXPECT_EQ(by_want(token_b), R"({"open":3,"history":1})");
  EXPECT_EQ(call("getswapindexinfo", "[]"), R"({"enabled":true,"current_height":3,"total_orders":4,"open_orders":3,)"
                                            R"("history_orders":1,"history_blocks":10000})");
  world_.client.options.parity = true;
  EXPECT_EQ(count(token_a), R"({"open":4,"history":1})");
  EXPECT_EQ(by_want(token_b), R"({"open":5,"history":1})");
  EXPECT_EQ(by_want(plain_token), R"({"open":0,"history":0})");
  EXPECT_EQ(call("getopenordersbywant", "[" + quoted_shown(plain_token) + "]"), "[]");
  EXPECT_EQ(call("getswapindexinfo", "[]"), R"({"enabled":true,"current_height":3,"total_orders":1,"open_orders":1,)"
                                            R"("history_orders":0,"history_blocks":10000})");
}

TEST_F(NodeSwaps, CursorsVisitEveryOrderOnceWhateverThePage) {
  const std::vector<int> coins = add_open(11);
  spend_in_mempool(coins[3]);
  spend_in_mempool(coins[10]);
  for (const int coin : {20, 21, 22}) world_.add({token_a, token_b, coin, 10}, OrderStanding::history);
  for (const int limit : {1, 2, 3, 4, 5, 100}) {
    std::size_t pages = 0;
    EXPECT_EQ(all_by_cursor("getopenorders", shown_a, limit, pages), open()) << limit;
    EXPECT_EQ(pages, (9u + static_cast<unsigned>(limit) - 1) / static_cast<unsigned>(limit));
    EXPECT_EQ(all_by_cursor("getopenordersbywant", token_text(token_b), limit, pages), open()) << limit;
    pages = 0;
    EXPECT_EQ(all_by_cursor("getswaphistory", shown_a, limit, pages), history()) << limit;
    EXPECT_EQ(pages, (5u + static_cast<unsigned>(limit) - 1) / static_cast<unsigned>(limit));
    EXPECT_EQ(all_by_cursor("getswaphistorybywant", token_text(token_b), limit, pages), history()) << limit;
  }
}

TEST_F(NodeSwaps, OnlyACursorOfTheListingIsTaken) {
  add_open(3);
  world_.add({token_b, token_b, 9, 1});
  const auto first = [&](std::string_view method, const swap::TokenId& token) {
    const std::string none = method.starts_with("getopen") ? "null,null" : "null";
    return call(method, "[" + quoted_shown(token) + ",1," + none + ",\"\"]");
  };
  const std::string cursor = cursor_in(first("getopenorders", token_a));
  ASSERT_FALSE(cursor.empty());
  const auto with = [&](std::string_view method, const swap::TokenId& token, const std::string& text) {
    const std::string none = method.starts_with("getopen") ? "null,null" : "null";
    return call(method, "[" + quoted_shown(token) + ",1," + none + ",\"" + text + "\"]");
  };
  EXPECT_EQ(coins_in(with("getopenorders", token_a, cursor)).size(), 1u);
  const std::string foreign = wrong("cursor is none that this listing gave");
  EXPECT_EQ(with("getopenorders", token_b, cursor), foreign);
  EXPECT_EQ(with("getswaphistory", token_a, cursor), foreign);
  EXPECT_EQ(with("getopenordersbywant", token_a, cursor), foreign);
  for (const std::string& text : {std::string("x"), cursor.substr(1), cursor + "0", "9" + cursor.substr(1)})
    EXPECT_EQ(with("getopenorders", token_a, text), foreign) << text;
  EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token_a) + ",0,0,null,\"\"]"),
            wrong("limit must be positive with a cursor"));
  EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token_a) + ",1,0,null,5]"),
            misc("JSON value is not a string as expected"));
  world_.client.options.parity = true;
  EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token_a) + ",1,0,null,\"\"]"),
            misc(R"(getopenorders \"token_ref\" ( limit offset max_age ))"));
}

TEST_F(NodeSwaps, ALongWalkEndsAndACursorGoesOn) {
  // Coins that have to be looked for and are not there: page_steps_max / coin_steps of them are one answer's work.
  const int count = static_cast<int>(page_steps_max / coin_steps) + 10;
  const swap::TokenId token = id_of(0xd4, 4);
  for (int i = 0; i < count; ++i) {
    swap::Order& order = world_.add({token, token_b, 1, 1}).order;
    order.is_backed = false;
    order.id.offered.index = static_cast<std::uint32_t>(i);
  }
  EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token) + "]"),
            wrong("more than 100,000 orders would have to be looked at: ask with a cursor, \\\"\\\" first"));
  const std::string answer = call("getopenorders", "[" + quoted_shown(token) + ",100,0,null,\"\"]");
  EXPECT_TRUE(answer.starts_with("{\"orders\":[],\"next_cursor\":\"")) << answer.substr(0, 200);
  EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token) + ",100,0,null,\"" + cursor_in(answer) + "\"]"),
            R"({"orders":[],"next_cursor":null,"height":3})");
}

TEST_F(NodeSwaps, AnAnswerIsNoLongerThanMayBeSent) {
  add_open(50);
  world_.client.options.max_send = 2'000;
  const std::string too_large = error_text(-32600, "response too large (over 2,000 bytes");
  EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token_a) + "]"), too_large);
  EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token_a) + ",50,0,null,\"\"]"), too_large);
  world_.client.options.parity = true;
  EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token_a) + "]"), too_large);
  EXPECT_EQ(open(",2").size(), 2u);
}

TEST_F(NodeSwaps, WhatCannotBeReadIsSaidInTheNodesWords) {
  std::vector<std::string> logged;
  world_.client.context.on_failure = [&](const Error& error) { logged.push_back(error.message); };
  world_.swaps.broken = true;
  const auto failed = [](std::string_view what) {
    return error_text(-32603, "Failed to retrieve " + std::string(what) + " from swap index");
  };
  for (const bool parity : {false, true}) {
    world_.client.options.parity = parity;
    EXPECT_EQ(call("getopenorders", "[" + quoted_shown(token_a) + "]"), failed("orders"));
    EXPECT_EQ(call("getswaphistory", "[" + quoted_shown(token_a) + "]"), failed("history"));
    EXPECT_EQ(call("getswapcount", "[" + quoted_shown(token_a) + "]"), failed("order counts"));
  }
  EXPECT_EQ(logged, std::vector<std::string>(6, "swaps: broken"));
}

TEST_F(NodeSwaps, FeaturesListTheCalls) {
  const auto features = [&] { return call("server.features", "[]"); };
  EXPECT_EQ(features().find("swap_calls"), std::string::npos);
  world_.client.options.has_swaps = true;
  EXPECT_NE(features().find(R"("swap_calls":["getopenorders","getopenordersbywant","getswapcount")"),
            std::string::npos);
  world_.client.options.parity = true;
  EXPECT_EQ(features().find("swap_calls"), std::string::npos);
}

}  // namespace
}  // namespace sluice::serve::test
