// A chain, a mempool and a market in memory, and a client of theirs.
#pragma once

#include "client.h"
#include "fake_mempool.h"
#include "fake_swaps.h"
#include "support/offer_script.h"

namespace sluice::serve::test {

using sluice::test::id_of;
using sluice::test::p2pkh_of;
using sluice::test::terms_of;
using sluice::test::tx_with;

inline const swap::TokenId token_a = id_of(0xa1, 1);
inline const swap::TokenId token_b = id_of(0xb2, 2);
inline const swap::TokenId plain_token{};

inline std::string token_text(const swap::TokenId& token) { return Txid{token}.display(); }

/// An offer of a coin that is there; its terms are of one output that pays the key of hash 07 07 ...
struct MarketOffer {
  swap::TokenId token{};
  swap::TokenId want{};
  int coin = 0;  ///< number of the offered coin
  std::uint64_t price = 0;
  std::uint8_t offered_type = 2;
  std::uint8_t version = 2;
};

inline Outpoint coin_of(int number) { return {Txid{id_of(0xc3, number)}, 0}; }

struct MarketWorld {
  FakeView view{chain::Coin::radiant, {0, 1, 3, 1}};
  FakeMempool mempool;
  FakeSwaps swaps;
  Client client{view, chain::Coin::radiant, "regtest", false};

  MarketWorld() {
    client.context.swaps = &swaps;
    client.context.mempool = &mempool;
  }
  FakeSwaps::Stored& add(const MarketOffer& offer, OrderStanding standing = OrderStanding::open) {
    const sluice::test::Script terms = terms_of(offer.price, p2pkh_of(7));
    swap::Order order;
    order.id = {offer.token, coin_of(offer.coin)};
    order.want = offer.want;
    order.version = offer.version;
    order.offered_type = offer.version == 2 ? offer.offered_type : 0;
    order.ad = {2, 1};
    order.is_backed = true;
    order.price_terms = terms;
    if (standing == OrderStanding::history) order.spent_by = 4;
    return swaps.add(order, standing);
  }
};

}  // namespace sluice::serve::test
