// This server's own calls about offers: by pair, by offered output, by the transaction that advertises.
#include <gtest/gtest.h>

#include "base/hex.h"
#include "market_world.h"
#include "serve/token_name.h"

namespace sluice::serve::test {
namespace {

using sluice::test::offer_script;
using sluice::test::OfferText;
using sluice::test::Script;

class OfferMethods : public testing::Test {
 protected:
  std::string call(std::string_view method, const std::string& params) { return world_.client.call(method, params); }
  static OfferText text_of(const MarketOffer& offer) {
    return {offer.token, offer.want, coin_of(offer.coin), terms_of(offer.price, p2pkh_of(7)), {}};
  }
  static std::string outpoint(int coin, const std::string& more = "") {
    return "[\"" + coin_of(coin).txid.display() + "\",0" + more + "]";
  }
  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  /// The values of a member in an answer, in order.
  static std::vector<std::string> members(const std::string& answer, const std::string& name) {
    std::vector<std::string> values;
    const std::string key = "\"" + name + "\":";
    for (std::size_t at = answer.find(key); at != std::string::npos; at = answer.find(key, at + 1)) {
      const std::size_t begin = at + key.size();
      values.push_back(answer.substr(begin, answer.find_first_of(",}]", begin) - begin));
    }
    return values;
  }
  /// A confirmed transaction of this txid with an output that anybody may look at.
  void confirm(std::uint64_t number, const Txid& txid, const Script& raw) {
    world_.view.replace_txid(number, txid);
    world_.view.raw[number] = raw;
  }

  MarketWorld world_;
};

TEST_F(OfferMethods, AnOfferIsTheNodesObjectAndMore) {
  world_.add({token_a, token_b, 1, 1000});
  const std::string script = to_hex(p2pkh_of(7));
  const std::string expected =
      "[{\"version\":2,\"flags\":0,\"offered_type\":2,\"terms_type\":0,\"tokenid\":\"" + token_text(token_a) +
      "\",\"want_tokenid\":\"" + token_text(token_b) + "\",\"utxo\":{\"txid\":\"" + coin_of(1).txid.display() +
      "\",\"vout\":0},\"price_terms\":\"01e80300000000000019" + script +
      "\",\"signature\":\"\",\"block_height\":2,\"ad\":{\"txid\":\"" + world_.view.txid(2).value().display() +
      "\",\"vout\":1,\"height\":2},\"status\":\"open\",\"spent\":null,\"terms\":[{\"value\":1000,\"script\":\"" +
      script + "\",\"address\":\"mgA7SfyBBrVGVSpQ7oqGHPhxpp2gUZWtfc\"}],\"price\":1000}]";
  EXPECT_EQ(call("swap.get_by_outpoint", outpoint(1)), expected);
}

TEST_F(OfferMethods, TheStatusSaysWhatBecameOfIt) {
  world_.add({token_a, token_b, 1, 1}, OrderStanding::history);
  world_.add({token_b, token_a, 1, 2}, OrderStanding::dead);
  world_.add({plain_token, token_a, 1, 3});
  const std::string answer = call("swap.get_by_outpoint", outpoint(1));
  EXPECT_EQ(members(answer, "status"), (std::vector<std::string>{"\"closed\"", "\"dead\"", "\"open\""}));
  EXPECT_EQ(members(answer, "block_height"), (std::vector<std::string>{"3", "2", "2"})) << "of a closed one: when";
  EXPECT_NE(answer.find("\"spent\":{\"txid\":\"" + world_.view.txid(4).value().display() + "\",\"height\":3}"),
            std::string::npos);
  world_.mempool.spenders[coin_of(1)] = Txid{id_of(9, 9)};
  const std::string spending = call("swap.get_by_outpoint", outpoint(1));
  EXPECT_EQ(members(spending, "status").back(), "\"spending\"");
  EXPECT_NE(spending.find("\"spent\":{\"txid\":\"" + Txid{id_of(9, 9)}.display() + "\",\"height\":0}"),
            std::string::npos);
}

TEST_F(OfferMethods, ACoinToComeIsPending) {
  world_.add({token_a, token_b, 1, 1}).order.is_backed = false;
  EXPECT_EQ(members(call("swap.get_by_outpoint", outpoint(1)), "status"), std::vector<std::string>{"\"pending\""});
  confirm(3, coin_of(1).txid, tx_with({p2pkh_of(7)}));
  world_.view.coins.insert({3, 0});
  EXPECT_EQ(members(call("swap.get_by_outpoint", outpoint(1)), "status"), std::vector<std::string>{"\"open\""});
}

TEST_F(OfferMethods, UnconfirmedOnesComeLast) {
  world_.add({token_a, token_b, 1, 1});
  world_.mempool.add_offer(Txid{id_of(1, 1)}, 3, text_of({token_b, token_a, 1, 5}));
  world_.mempool.add_offer(Txid{id_of(1, 1)}, 4, text_of({token_b, token_a, 2, 5}));
  const std::string answer = call("swap.get_by_outpoint", outpoint(1));
  EXPECT_EQ(members(answer, "status"), (std::vector<std::string>{"\"open\"", "\"unconfirmed\""}));
  EXPECT_NE(answer.find("\"ad\":{\"txid\":\"" + Txid{id_of(1, 1)}.display() + "\",\"vout\":3,\"height\":0}"),
            std::string::npos);
  EXPECT_EQ(call("swap.get_by_outpoint", outpoint(9)), "[]");
}

TEST_F(OfferMethods, ATransactionsOffersAreFoundInItsOutputs) {
  const Txid txid{id_of(0x77, 1)};
  const MarketOffer listed{token_a, token_b, 1, 10};
  const MarketOffer overwritten{token_a, token_b, 2, 20};
  confirm(2, txid, tx_with({p2pkh_of(1), offer_script(text_of(listed)), offer_script(text_of(overwritten))}));
  world_.add(listed);
  world_.add({token_a, token_b, 2, 30}).order.ad = {4, 0};  // a later advertisement of the same coin
  const std::string answer = call("swap.get_by_txid", "[" + quoted(txid.display()) + "]");
  EXPECT_EQ(members(answer, "status"), (std::vector<std::string>{"\"open\"", "\"gone\""}));
  EXPECT_EQ(members(answer, "price"), (std::vector<std::string>{"10", "20"}));
  EXPECT_EQ(members(answer, "height"), (std::vector<std::string>{"2", "2"}));

  const Txid unconfirmed{id_of(0x78, 1)};
  world_.mempool.add_tx(unconfirmed, tx_with({offer_script(text_of(listed))}));
  EXPECT_EQ(members(call("swap.get_by_txid", "[" + quoted(unconfirmed.display()) + "]"), "status"),
            std::vector<std::string>{"\"unconfirmed\""});
  EXPECT_EQ(call("swap.get_by_txid", "[" + quoted(std::string(64, '0')) + "]"),
            error_text(1, "no such transaction: " + std::string(64, '0')));
}

TEST_F(OfferMethods, AnOpcodeIsAnOutputNumberIfTheOptionsSaySo) {
  const Txid txid{id_of(0x77, 1)};
  OfferText offer = text_of({token_a, token_b, 1, 10});
  offer.offered.index = 9;
  world_.mempool.add_tx(txid, tx_with({sluice::test::offer_script_with_opcode(offer, 0x5c)}));
  for (const bool op_number_index : {false, true}) {
    world_.client.options.op_number_index = op_number_index;
    EXPECT_EQ(members(call("swap.get_by_txid", "[" + quoted(txid.display()) + "]"), "vout").front(),
              op_number_index ? "12" : "0");
  }
}

TEST_F(OfferMethods, ABookHasTwoSides) {
  world_.add({token_a, token_b, 1, 30});
  world_.add({token_a, token_b, 2, 10, 0});  // the offered type does not matter here
  world_.add({token_b, token_a, 3, 5});
  world_.add({token_b, token_a, 4, 9});
  world_.add({token_a, plain_token, 5, 7});
  const std::string book =
      call("swap.get_book", "[" + quoted(token_text(token_a)) + "," + quoted(token_text(token_b)) + "]");
  EXPECT_TRUE(book.starts_with("{\"token\":" + quoted(token_text(token_a)) +
                               ",\"want\":" + quoted(token_text(token_b)) + ",\"height\":3,\"asks\":[{"))
      << book;
  EXPECT_TRUE(book.ends_with("],\"complete\":true}"));
  EXPECT_EQ(members(book, "price"), (std::vector<std::string>{"10", "30", "9", "5"}));
  EXPECT_EQ(members(call("swap.get_book", "[" + quoted(token_text(token_a)) + "]"), "price"),
            std::vector<std::string>{"7"});
  const std::string page =
      call("swap.get_book", "[" + quoted(token_text(token_a)) + "," + quoted(token_text(token_b)) + ",1,1]");
  EXPECT_EQ(members(page, "price"), (std::vector<std::string>{"30", "5"}));
}

TEST_F(OfferMethods, ChecksAreMadeIfAskedFor) {
  std::array<std::byte, 36> ref{};
  ref.fill(std::byte{5});
  const swap::TokenId token = token_of_ref(ref);
  world_.add({token, token_b, 1, 1});
  confirm(3, coin_of(1).txid, tx_with({*from_hex("d8" + to_hex(ref) + "75" + to_hex(p2pkh_of(7)))}));
  EXPECT_EQ(call("swap.get_by_outpoint", outpoint(1)).find("token_held"), std::string::npos);
  EXPECT_TRUE(
      call("swap.get_by_outpoint", outpoint(1, ",true")).ends_with(",\"signature_valid\":null,\"token_held\":true}]"));
  world_.client.options.verify_offers = true;
  EXPECT_TRUE(call("swap.get_by_outpoint", outpoint(1)).ends_with(",\"token_held\":true}]"));
  EXPECT_EQ(call("swap.get_by_outpoint", outpoint(1, ",false")).find("token_held"), std::string::npos);
  confirm(3, coin_of(1).txid, tx_with({p2pkh_of(7)}));
  EXPECT_TRUE(call("swap.get_by_outpoint", outpoint(1)).ends_with(",\"token_held\":false}]"));
  world_.add({token, token_b, 2, 1});
  EXPECT_TRUE(call("swap.get_by_outpoint", outpoint(2)).ends_with(",\"signature_valid\":null,\"token_held\":null}]"));
}

TEST_F(OfferMethods, WhatIsWrongIsAnError) {
  EXPECT_EQ(call("swap.get_book", "[\"abc\"]"), error_text(1, "abc is neither a token id nor a ref"));
  EXPECT_EQ(call("swap.get_by_outpoint", "[\"" + std::string(64, '0') + "\",4294967296]"),
            error_text(1, "4294967296 is not the index of an output"));
  EXPECT_EQ(call("swap.get_by_outpoint", outpoint(1, ",5")), error_text(1, R"(\"verify\" must be a boolean)"));
  world_.client.context.swaps = nullptr;
  const std::string none = error_text(1, "this server has no index of swap offers");
  EXPECT_EQ(call("swap.get_book", "[\"abc\"]"), none);
  EXPECT_EQ(call("swap.get_by_outpoint", outpoint(1)), none);
  EXPECT_EQ(call("swap.get_by_txid", "[\"" + std::string(64, '0') + "\"]"), none);
}

}  // namespace
}  // namespace sluice::serve::test
