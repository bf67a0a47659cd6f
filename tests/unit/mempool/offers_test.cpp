// Swap offers of unconfirmed transactions: kept with the transaction, walked through the view, gone with it.
#include <gtest/gtest.h>

#include <algorithm>

#include "pool_builder.h"
#include "support/offer_script.h"

namespace sluice::mempool::test {
namespace {

using sluice::test::OfferText;

struct Seen {
  Txid txid;
  std::uint32_t output = 0;
  swap::OrderId id;
  swap::TokenId want{};
  Buffer terms;
  Buffer signature;
};

std::vector<Seen> offers_in(const serve::MempoolView& view) {
  std::vector<Seen> seen;
  view.walk_offers([&](const Txid& txid, std::uint32_t output, const swap::Order& order) {
    seen.push_back({txid,
                    output,
                    order.id,
                    order.want,
                    {order.price_terms.begin(), order.price_terms.end()},
                    {order.signature.begin(), order.signature.end()}});
    return true;
  });
  std::ranges::sort(seen, {}, [](const Seen& one) { return std::pair(one.txid, one.output); });
  return seen;
}

class MempoolOffers : public testing::Test {
 protected:
  static MempoolOptions options(bool swap_offers) {
    MempoolOptions options;
    options.rules.swap_offers = swap_offers;
    return options;
  }
  static OfferText offer(int number) {
    OfferText offer;
    offer.token = sluice::test::id_of(0xa1, number);
    offer.want = sluice::test::id_of(0xb2, number);
    offer.offered = {Txid{sluice::test::id_of(0xc3, number)}, 5};
    offer.terms = sluice::test::terms_of(1000, sluice::test::p2pkh_of(7));
    offer.signature = sluice::test::script_of_bytes({0xdd, 0xee});
    return offer;
  }
  Buffer advertise(const std::vector<OfferText>& offers, std::uint32_t coin) {
    sluice::test::Tx tx;
    const Outpoint spent = chain_.coin(coin, 1000, 1);
    tx.inputs.push_back({spent.txid, spent.index, {}, 0xffff'ffff, {}});
    tx.outputs.push_back({900, script_of(2)});
    for (const OfferText& each : offers) tx.outputs.push_back({0, sluice::test::offer_script(each)});
    return sluice::test::serialize(tx);
  }

  FakeChain chain_;
};

TEST_F(MempoolOffers, AreWalkedForAsLongAsTheTransactionIsThere) {
  Mempool pool(options(true));
  OfferText pieces = offer(2);
  pieces.terms_pushes = 3;
  const Buffer two = advertise({offer(1), pieces}, 1);
  const Buffer plain = raw_tx({chain_.coin(2, 1000, 1)}, {{900, 2}});
  ASSERT_TRUE(pool.add({two, plain}, chain_));
  const auto before = pool.publish();
  const auto seen = offers_in(*before);
  ASSERT_EQ(seen.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const OfferText expected = offer(static_cast<int>(i) + 1);
    EXPECT_EQ(seen[i].txid, txid_of(two));
    EXPECT_EQ(seen[i].output, i + 1);
    EXPECT_EQ(seen[i].id, (swap::OrderId{expected.token, expected.offered}));
    EXPECT_EQ(seen[i].want, expected.want);
    EXPECT_EQ(seen[i].terms, expected.terms) << "in one piece, however it was pushed";
    EXPECT_EQ(seen[i].signature, expected.signature);
  }
  pool.remove(std::vector{txid_of(two)});
  EXPECT_TRUE(offers_in(*pool.publish()).empty());
  EXPECT_EQ(offers_in(*before).size(), 2u) << "a published view never changes";
  ASSERT_TRUE(pool.add({two}, chain_));
  EXPECT_EQ(offers_in(*pool.publish()).size(), 2u);
  pool.confirm(std::vector{txid_of(two)}, {});
  EXPECT_TRUE(offers_in(*pool.publish()).empty());
}

TEST_F(MempoolOffers, AnOpcodeIsAnOutputNumberIfTheRulesSaySo) {
  for (const bool op_number_index : {false, true}) {
    MempoolOptions rules = options(true);
    rules.rules.op_number_index = op_number_index;
    Mempool pool(rules);
    sluice::test::Tx tx;
    const Outpoint spent = chain_.coin(1, 1000, 1);
    tx.inputs.push_back({spent.txid, spent.index, {}, 0xffff'ffff, {}});
    tx.outputs.push_back({0, sluice::test::offer_script_with_opcode(offer(1), 0x5c)});
    ASSERT_TRUE(pool.add({sluice::test::serialize(tx)}, chain_));
    const auto seen = offers_in(*pool.publish());
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].id.offered, (Outpoint{offer(1).offered.txid, op_number_index ? 12u : 0u}));
  }
}

TEST_F(MempoolOffers, SpendersOfOfferedOutputsAreKept) {
  MempoolOptions with_filter = options(true);
  const Outpoint offered = chain_.coin(1, 1000, 1);
  const Outpoint other = chain_.coin(2, 1000, 1);
  with_filter.may_be_offered = [&](const Outpoint& outpoint) { return outpoint == offered; };
  Mempool pool(with_filter);
  const auto spends = [](const serve::MempoolView& view) {
    std::vector<Outpoint> found;
    view.walk_offered_spends([&](const Outpoint& outpoint) { found.push_back(outpoint); });
    return found;
  };
  const Buffer both = raw_tx({other, offered}, {{900, 2}});
  ASSERT_TRUE(pool.add({both}, chain_));
  const auto before = pool.publish();
  EXPECT_EQ(spends(*before), std::vector{offered});
  pool.remove(std::vector{txid_of(both)});
  EXPECT_TRUE(spends(*pool.publish()).empty());
  EXPECT_EQ(spends(*before), std::vector{offered});
}

TEST_F(MempoolOffers, AnOfferIsFoundByItsPlace) {
  Mempool pool(options(true));
  const Buffer two = advertise({offer(1), offer(2)}, 1);
  ASSERT_TRUE(pool.add({two}, chain_));
  const auto view = pool.publish();
  const auto token_at = [&](const Txid& txid, std::uint32_t output) {
    std::optional<swap::TokenId> token;
    view->find_offer(txid, output, [&](const Txid&, std::uint32_t, const swap::Order& order) {
      token = order.id.token;
      return true;
    });
    return token;
  };
  EXPECT_EQ(token_at(txid_of(two), 1), offer(1).token);
  EXPECT_EQ(token_at(txid_of(two), 2), offer(2).token);
  EXPECT_FALSE(token_at(txid_of(two), 0));
  EXPECT_FALSE(token_at(Txid{}, 1));
}

TEST_F(MempoolOffers, TheWalkEndsWhenTheVisitorSaysSo) {
  Mempool pool(options(true));
  ASSERT_TRUE(pool.add({advertise({offer(1), offer(2)}, 1), advertise({offer(3)}, 2)}, chain_));
  std::size_t visits = 0;
  pool.publish()->walk_offers([&](const Txid&, std::uint32_t, const swap::Order&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2u);
}

TEST_F(MempoolOffers, NoneAreKeptUnlessAskedFor) {
  Mempool pool(options(false));
  ASSERT_TRUE(pool.add({advertise({offer(1)}, 1)}, chain_));
  EXPECT_TRUE(offers_in(*pool.publish()).empty());
}

TEST_F(MempoolOffers, MalformedOnesAreNone) {
  Mempool pool(options(true));
  OfferText offer_text = offer(1);
  const auto script = sluice::test::offer_script(offer_text);
  sluice::test::Tx tx;
  const Outpoint spent = chain_.coin(1, 1000, 1);
  tx.inputs.push_back({spent.txid, spent.index, {}, 0xffff'ffff, {}});
  // Without its last push, the signature, the terms are the signature and there are no terms.
  tx.outputs.push_back({900, {script.begin(), script.end() - 3}});
  tx.outputs.push_back({0, {std::byte{0x6a}}});
  ASSERT_TRUE(pool.add({sluice::test::serialize(tx)}, chain_));
  EXPECT_EQ(pool.tx_count(), 1u);
  EXPECT_TRUE(offers_in(*pool.publish()).empty());
}

}  // namespace
}  // namespace sluice::mempool::test
