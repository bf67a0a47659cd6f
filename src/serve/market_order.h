// A swap order in RXinDexer's shape: sides, a price, a maker.
//
//   offered_type 0 -> buy:  base = wanted token, quote = offered token
//   any other      -> sell: base = offered token, quote = wanted token (none said: RXD)
//   version 1      -> sell, without quote and price: in no pair's book
//
// Price and amount are both the sum of the terms' values. What nothing in an offer tells (tickers, least fill, fee
// rate) is null or 0. An offer is taken whole: what is filled is all or nothing.
#pragma once

#include <optional>
#include <string>

#include "serve/price_terms.h"
#include "serve/server_context.h"
#include "swap/order.h"

namespace sluice::serve {

struct MarketOrder {
  bool is_buy = false;
  swap::TokenId base{};
  std::optional<swap::TokenId> quote;
  std::uint64_t price = 0;
  std::optional<Maker> maker;  ///< lifetime: its script ends with the order's terms
};

[[nodiscard]] inline bool is_buy(const swap::Order& order) noexcept {
  return order.version == 2 && order.offered_type == 0;
}
[[nodiscard]] inline bool has_quote(const swap::Order& order) noexcept { return order.version == 2; }
/// Cost: decodes the terms; no hashing.
[[nodiscard]] std::uint64_t market_price(const swap::Order& order);
[[nodiscard]] MarketOrder market_order(const swap::Order& order);

/// The offered outpoint reversed as a whole: index BE, then the txid as displayed.
[[nodiscard]] std::string market_order_id(const Outpoint& offered);
/// `"<token id as displayed>_0"`.
void append_market_ref(std::string& reply, const swap::TokenId& token);

enum class MarketStatus : std::uint8_t { open, filled, cancelled };
/// Appends an order of the chain. Errors: the view's; the reply then ends anywhere.
[[nodiscard]] Status append_market_order(std::string& reply, const ServerContext& context, const swap::Order& order,
                                         MarketStatus status);
/// Appends an order that only the mempool has.
void append_unconfirmed_order(std::string& reply, const Txid& txid, const swap::Order& order);

}  // namespace sluice::serve
