// What is told of swap orders: once for each, as what became of it, and to whom.
#include "serve/swap_news.h"

#include <gtest/gtest.h>

#include "hash/sha256.h"
#include "market_world.h"
#include "serve/market_order.h"
#include "serve/notifications.h"
#include "serve/snapshot.h"
#include "serve/token_name.h"

namespace sluice::serve::test {
namespace {

using swap::ChangeKind;

/// Two snapshots and what happened between them.
class SwapNewsBetween : public testing::Test {
 protected:
  static MarketOffer offer(int coin) { return {token_a, token_b, coin, 10}; }
  void put(FakeSwaps& swaps, const MarketOffer& offer, OrderStanding standing = OrderStanding::open) {
    MarketWorld world;  // for its way to make an order
    const swap::Order order = world.add(offer, standing).order;
    swaps.add(order, standing);
  }
  void happened(ChangeKind kind, int coin, const swap::TokenId& want = token_b) {
    changes_.orders.push_back({kind, {token_a, coin_of(coin)}, want});
  }
  SwapNewsList news() {
    const auto list = swap_news({view_, mempool_before_, before_}, {view_, mempool_after_, after_}, changes_);
    EXPECT_TRUE(list.ok());
    return list.value();
  }
  /// "kind:coin", with the wanted token's fill where it is not token_b.
  std::vector<std::string> told() {
    std::vector<std::string> texts;
    for (const SwapNews& item : news().items) {
      texts.push_back(std::string(name_of(item.kind)) + ":" +
                      std::to_string(static_cast<int>(item.id.offered.txid.bytes[31])));
      if (item.want != token_b) texts.back() += item.want == plain_token ? ":plain" : ":other";
    }
    return texts;
  }
  static sluice::test::OfferText text_of(int coin) {
    return {token_a, token_b, coin_of(coin), terms_of(10, p2pkh_of(7)), {}};
  }

  std::shared_ptr<FakeView> view_ =
      std::make_shared<FakeView>(chain::Coin::radiant, std::vector<std::uint32_t>{0, 1, 3, 1});
  std::shared_ptr<FakeSwaps> before_ = std::make_shared<FakeSwaps>();
  std::shared_ptr<FakeSwaps> after_ = std::make_shared<FakeSwaps>();
  std::shared_ptr<FakeMempool> mempool_before_ = std::make_shared<FakeMempool>();
  std::shared_ptr<FakeMempool> mempool_after_ = std::make_shared<FakeMempool>();
  Changes changes_;
};

using Texts = std::vector<std::string>;

TEST_F(SwapNewsBetween, BlocksSayWhatBecameOfEachOrder) {
  put(*after_, offer(1));
  put(*before_, offer(2));
  put(*after_, offer(2), OrderStanding::history);
  put(*before_, offer(3));
  put(*after_, offer(3));
  put(*before_, offer(4), OrderStanding::history);
  put(*after_, offer(4));
  put(*before_, offer(5));
  put(*before_, offer(6), OrderStanding::history);
  put(*before_, offer(7));
  put(*after_, offer(7), OrderStanding::dead);
  happened(ChangeKind::opened, 1);
  happened(ChangeKind::closed, 2);
  happened(ChangeKind::replaced, 3);
  happened(ChangeKind::reopened, 4);
  happened(ChangeKind::withdrawn, 5);
  happened(ChangeKind::pruned, 6);
  happened(ChangeKind::died, 7);
  EXPECT_EQ(told(), (Texts{"opened:1", "closed:2", "replaced:3", "reopened:4", "withdrawn:5", "withdrawn:7"}));
}

TEST_F(SwapNewsBetween, AWaveIsToldAsItsEnd) {
  // Opened and taken at once: a fill. Opened and withdrawn, or dead at once: nothing.
  put(*after_, offer(1), OrderStanding::history);
  put(*after_, offer(3), OrderStanding::dead);
  // A reorg took the spender out and brought it, or another, back.
  put(*after_, offer(4), OrderStanding::history);
  // A reorg took the advertisement out and brought it back.
  put(*after_, offer(5));
  happened(ChangeKind::opened, 1);
  happened(ChangeKind::opened, 2);
  happened(ChangeKind::opened, 3);
  happened(ChangeKind::closed, 1);
  happened(ChangeKind::withdrawn, 2);
  happened(ChangeKind::died, 3);
  happened(ChangeKind::reopened, 4);
  happened(ChangeKind::closed, 4);
  happened(ChangeKind::withdrawn, 5);
  happened(ChangeKind::opened, 5);
  EXPECT_EQ(told(), (Texts{"closed:1", "closed:4", "replaced:5"}));
}

TEST_F(SwapNewsBetween, ThePairThatAnOrderLeftIsToldToo) {
  put(*before_, {token_a, plain_token, 1, 10});
  put(*after_, offer(1));
  happened(ChangeKind::replaced, 1);
  EXPECT_EQ(told(), (Texts{"superseded:1:plain", "replaced:1"}));
}

TEST_F(SwapNewsBetween, TheMempoolsOffersComeAndGo) {
  const Txid stays{id_of(1, 1)};
  const Txid comes{id_of(2, 2)};
  const Txid goes{id_of(3, 3)};
  mempool_before_->add_offer(stays, 0, text_of(1));
  mempool_after_->add_offer(stays, 0, text_of(1));
  mempool_after_->add_offer(comes, 1, text_of(2));
  mempool_before_->add_offer(goes, 2, text_of(3));
  mempool_before_->add_offer(view_->txid(2).value(), 0, text_of(4));  // is in a block now
  EXPECT_EQ(told(), (Texts{"dropped:3", "unconfirmed:2"}));
  const SwapNewsList list = news();
  EXPECT_EQ(list.items[1].ad_txid, comes);
  EXPECT_EQ(list.items[1].ad_output, 1u);
  EXPECT_EQ(list.items[1].maker, hash_cast<ScriptHash>(hash::sha256(p2pkh_of(7))));
}

TEST_F(SwapNewsBetween, SpendersInTheMempoolComeAndGo) {
  for (const int coin : {1, 2, 3}) put(*after_, offer(coin));
  put(*after_, offer(4), OrderStanding::history);
  mempool_before_->offered_spends = {coin_of(2), coin_of(3), coin_of(4)};
  mempool_after_->offered_spends = {coin_of(9), coin_of(3), coin_of(1)};  // nobody offers 9
  EXPECT_EQ(told(), (Texts{"released:2", "spending:1"})) << "the spender of 4 was confirmed";
}

TEST_F(SwapNewsBetween, TooManyAreNotTold) {
  for (std::size_t i = 0; i <= swap_news_max; ++i) happened(ChangeKind::opened, 1);
  EXPECT_TRUE(news().is_cut);
  EXPECT_TRUE(news().items.empty());
  changes_.orders.pop_back();
  put(*after_, offer(1));
  EXPECT_FALSE(news().is_cut);
  EXPECT_EQ(news().items.size(), 1u);
  for (std::size_t i = 0; i <= swap_news_max; ++i)
    mempool_after_->add_offer(Txid{id_of(0, 0)}, static_cast<std::uint32_t>(i), text_of(1));
  EXPECT_TRUE(news().is_cut);
}

TEST_F(SwapNewsBetween, AnIndexThatWasNotThereIsNoNews) {
  put(*after_, offer(1));
  happened(ChangeKind::opened, 1);
  before_.reset();
  EXPECT_TRUE(news().is_cut) << "orders may have changed meanwhile";
  after_.reset();
  EXPECT_FALSE(news().is_cut);
  EXPECT_TRUE(news().items.empty());
}

TEST_F(SwapNewsBetween, WhatCannotBeReadIsAnError) {
  happened(ChangeKind::opened, 1);
  after_->broken = true;
  EXPECT_FALSE(swap_news({view_, nullptr, before_}, {view_, nullptr, after_}, changes_));
}

/// A client and what it is told.
class SwapNotices : public testing::Test {
 protected:
  std::string call(std::string_view method, const std::string& params) { return world_.client.call(method, params); }
  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  static std::string ref(const swap::TokenId& token) { return "\"" + token_text(token) + "_0\""; }
  static std::string pair() { return "[" + ref(token_a) + "," + ref(token_b) + "]"; }
  static SwapNews item(NewsKind kind, int coin) {
    SwapNews news;
    news.kind = kind;
    news.id = {token_a, coin_of(coin)};
    news.want = token_b;
    news.is_buy = false;
    news.maker = hash_cast<ScriptHash>(hash::sha256(p2pkh_of(7)));
    return news;
  }
  bool mark(std::vector<SwapNews> items) {
    Changes changes;
    changes.swaps.items = std::move(items);
    return mark_notifications(world_.client.session, changes);
  }
  std::vector<std::string> due() {
    std::vector<std::string> lines;
    for (;;) {
      std::string line;
      const Notified notified = write_notification(world_.client.session, world_.client.context, line);
      if (notified == Notified::nothing_left) return lines;
      EXPECT_EQ(line.empty(), notified == Notified::checked);
      if (!line.empty()) lines.push_back(line);
    }
  }
  static std::string frame(const std::string& method, const std::string& object) {
    return "{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":[" + object + "]}";
  }
  /// The one open order of the token, as swap.get_orders has it.
  static std::string peer_order(MarketWorld& world) {
    const std::string list = world.client.call("swap.get_orders", "[" + ref(token_a) + "]");
    return list.substr(1, list.size() - 2);
  }

  MarketWorld world_;
};

TEST_F(SwapNotices, OfAPairsBook) {
  EXPECT_EQ(call("swap.subscribe.orderbook", pair()), "true");
  world_.add({token_a, token_b, 1, 10});
  const std::string order = peer_order(world_);
  const std::string head = "{\"base_ref\":" + ref(token_a) + ",\"quote_ref\":" + ref(token_b) + ",\"change\":";
  EXPECT_TRUE(mark({item(NewsKind::opened, 1), item(NewsKind::replaced, 1), item(NewsKind::withdrawn, 2)}));
  EXPECT_EQ(due(), (Texts{frame("swap.orderbook", head + "\"add\",\"order\":" + order + "}"),
                          frame("swap.orderbook", head + "\"update\",\"order\":" + order + "}"),
                          frame("swap.orderbook", head + "\"remove\",\"order\":{\"order_id\":\"" +
                                                      market_order_id(coin_of(2)) + "\"}}")}));
  EXPECT_FALSE(mark({item(NewsKind::unconfirmed, 1), item(NewsKind::spending, 1)})) << "the peer has no word for it";
  SwapNews buy = item(NewsKind::opened, 1);
  buy.is_buy = true;
  EXPECT_FALSE(mark({buy})) << "of the pair the other way round";
  EXPECT_EQ(call("swap.unsubscribe.orderbook", pair()), "true");
  EXPECT_EQ(call("swap.unsubscribe.orderbook", pair()), "false");
  EXPECT_FALSE(mark({item(NewsKind::opened, 1)}));
}

TEST_F(SwapNotices, OfFills) {
  EXPECT_EQ(call("swap.subscribe.fills", pair()), "true");
  EXPECT_FALSE(mark({item(NewsKind::opened, 1)}));
  world_.add({token_a, token_b, 1, 10}, OrderStanding::history);
  EXPECT_TRUE(mark({item(NewsKind::closed, 1), item(NewsKind::closed, 2)}));
  EXPECT_EQ(due(),
            Texts{frame("swap.fill", "{\"base_ref\":" + ref(token_a) + ",\"quote_ref\":" + ref(token_b) +
                                         ",\"fill\":{\"order_id\":\"" + market_order_id(coin_of(1)) +
                                         "\",\"tx_hash\":\"" + world_.view.txid(4).value().display() +
                                         "\",\"height\":3,\"timestamp\":1600000003,\"side\":\"sell\",\"price\":10,"
                                         "\"amount\":10}}")})
      << "the second is no longer known";
}

TEST_F(SwapNotices, OfAMakersOrders) {
  const std::string maker = hash_cast<ScriptHash>(hash::sha256(p2pkh_of(7))).display();
  EXPECT_EQ(call("swap.subscribe.user_orders", "[" + quoted(maker) + "]"), "true");
  world_.add({token_a, token_b, 1, 10});
  EXPECT_TRUE(mark({item(NewsKind::opened, 1)}));
  EXPECT_EQ(due(), Texts{frame("swap.user_order", "{\"scripthash\":" + quoted(maker) +
                                                      ",\"change\":\"new\",\"order\":" + peer_order(world_) + "}")});
  SwapNews unknown = item(NewsKind::withdrawn, 1);
  unknown.maker.reset();
  EXPECT_FALSE(mark({unknown}));
}

TEST_F(SwapNotices, InThisServersOwnShape) {
  EXPECT_EQ(call("swap.subscribe", "[" + quoted(token_text(token_b)) + "]"), R"({"height":3})");
  EXPECT_EQ(call("swap.subscribe", pair()), R"({"height":3})");
  world_.add({token_a, token_b, 1, 10});
  world_.mempool.add_offer(Txid{id_of(9, 9)}, 4, {token_a, token_b, coin_of(2), terms_of(10, p2pkh_of(7)), {}});
  SwapNews unconfirmed = item(NewsKind::unconfirmed, 2);
  unconfirmed.ad_txid = Txid{id_of(9, 9)};
  unconfirmed.ad_output = 4;
  EXPECT_TRUE(mark({item(NewsKind::opened, 1), unconfirmed, item(NewsKind::withdrawn, 3)}));
  const auto list = [&](int coin) {
    const std::string text = call("swap.get_by_outpoint", "[" + quoted(coin_of(coin).txid.display()) + ",0]");
    return text.substr(1, text.size() - 2);
  };
  const std::string name = "{\"tokenid\":" + quoted(token_text(token_a)) +
                           ",\"want_tokenid\":" + quoted(token_text(token_b)) +
                           ",\"utxo\":{\"txid\":" + quoted(coin_of(3).txid.display()) + ",\"vout\":0}}";
  const std::string of_token = "{\"token\":" + quoted(token_text(token_b)) + ",\"want\":null,\"change\":";
  const std::string of_pair = "{\"token\":" + ref(token_a) + ",\"want\":" + ref(token_b) + ",\"change\":";
  const auto lines = due();
  ASSERT_EQ(lines.size(), 6u);
  std::size_t found = 0;
  for (const auto& [change, order] : {std::pair<std::string, std::string>("\"opened\",\"order\":", list(1)),
                                      {"\"unconfirmed\",\"order\":", list(2)},
                                      {"\"withdrawn\",\"order\":", name}}) {
    for (const std::string& head : {of_token, of_pair})
      found +=
          static_cast<std::size_t>(std::ranges::count(lines, frame("swap.subscribe", head + change + order + "}")));
  }
  EXPECT_EQ(found, 6u) << lines[0] << "\n" << lines[2] << "\n" << lines[4];
  EXPECT_EQ(call("swap.unsubscribe", "[" + quoted(token_text(token_b)) + "]"), "true");
  EXPECT_EQ(call("swap.unsubscribe", "[" + ref(token_b) + "]"), "false");
}

TEST_F(SwapNotices, ARefMayMeanTwoTokens) {
  std::array<std::byte, 36> operand{};
  std::ranges::copy(token_a, operand.begin());
  EXPECT_EQ(call("swap.subscribe", "[" + ref(token_a) + "]"), R"({"height":3})");
  SwapNews news = item(NewsKind::opened, 1);
  EXPECT_TRUE(mark({news}));
  EXPECT_EQ(due().size(), 1u);
  news.id.token = token_of_ref(operand);
  EXPECT_TRUE(mark({news}));
  EXPECT_EQ(due().size(), 1u);
}

TEST_F(SwapNotices, TooManyBecomeOneWord) {
  EXPECT_EQ(call("swap.subscribe", pair()), R"({"height":3})");
  for (std::size_t i = 0; i < swap_notices_max; ++i) EXPECT_TRUE(mark({item(NewsKind::withdrawn, 1)}));
  EXPECT_EQ(due().size(), swap_notices_max);
  for (std::size_t i = 0; i <= swap_notices_max; ++i) EXPECT_TRUE(mark({item(NewsKind::withdrawn, 1)}));
  EXPECT_LE(world_.client.session.swaps->notices.size(), swap_notices_max);
  const std::string word = frame("swap.resync", R"({"reason":"changes were left out: read the orders again"})");
  const auto lines = due();
  ASSERT_EQ(lines.size(), 2u) << "the word, and what came behind it";
  EXPECT_EQ(lines[0], word);
  Changes cut;
  cut.swaps.is_cut = true;
  EXPECT_TRUE(mark({item(NewsKind::withdrawn, 1)}));
  EXPECT_TRUE(mark_notifications(world_.client.session, cut));
  EXPECT_EQ(due(), Texts{word});
}

TEST_F(SwapNotices, WhatCannotBeReadIsSaidToBeMissing) {
  EXPECT_EQ(call("swap.subscribe", pair()), R"({"height":3})");
  std::size_t failures = 0;
  world_.client.context.on_failure = [&](const Error&) { ++failures; };
  EXPECT_TRUE(mark({item(NewsKind::opened, 1)}));
  world_.swaps.broken = true;
  const auto lines = due();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("swap.resync"), std::string::npos);
  EXPECT_EQ(failures, 1u);
}

TEST_F(SwapNotices, SubscriptionsAreCounted) {
  for (std::size_t i = 0; i < swap_topics_max; ++i) {
    const swap::TokenId token = id_of(static_cast<int>(i >> 8), static_cast<int>(i & 0xff));
    ASSERT_EQ(call("swap.subscribe", "[" + quoted(token_text(token)) + "]"), R"({"height":3})");
  }
  EXPECT_EQ(call("swap.subscribe.orderbook", pair()),
            R"({"error":"too many subscriptions to swap orders: at most 1000 in one session","limit_exceeded":true})");
  EXPECT_EQ(call("swap.subscribe", pair()),
            error_text(4, "too many subscriptions to swap orders: at most 1000 in one session"));
  world_.client.options.max_subscriptions = 1000;
  EXPECT_EQ(call("blockchain.scripthash.subscribe", "[\"" + std::string(64, '1') + "\"]"),
            error_text(4, "too many subscriptions: at most 1,000 in one session"));
}

TEST_F(SwapNotices, WhatIsWrongWithASubscription) {
  EXPECT_EQ(call("swap.subscribe", "[\"abc\"]"), error_text(1, "abc is neither a token id nor a ref"));
  EXPECT_EQ(call("swap.subscribe.orderbook", "[\"abc\",5]"), R"({"error":"abc is neither a token id nor a ref"})");
  EXPECT_EQ(call("swap.unsubscribe.orderbook", "[\"abc\",5]"), "false");
  EXPECT_EQ(call("swap.subscribe.user_orders", "[\"abc\"]"), R"({"error":"abc is not a valid script hash"})");
  world_.client.context.swaps = nullptr;
  EXPECT_EQ(call("swap.subscribe", pair()), error_text(1, "this server has no index of swap offers"));
  EXPECT_EQ(call("swap.subscribe.fills", pair()), R"({"error":"this server has no index of swap offers"})");
}

}  // namespace
}  // namespace sluice::serve::test
