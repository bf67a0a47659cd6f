// Orders for tests, by small numbers.
#pragma once

#include <string>

#include "swap/order.h"

namespace sluice::test {

inline swap::TokenId token_of(unsigned number) {
  swap::TokenId token{};
  token.front() = static_cast<std::byte>(number);
  return token;
}

inline Outpoint outpoint_of(unsigned number, std::uint32_t index = 0) {
  Outpoint outpoint;
  outpoint.txid.bytes.fill(std::byte{0xc3});
  outpoint.txid.bytes.front() = static_cast<std::byte>(number);
  outpoint.index = index;
  return outpoint;
}

/// Views into a text that lasts.
inline swap::Order order_of(const swap::TokenId& token, const Outpoint& offered, const swap::TokenId& want,
                            std::uint64_t ad_tx, const std::string& terms) {
  swap::Order order;
  order.id = {token, offered};
  order.want = want;
  order.version = 2;
  order.flags = order.has_want() ? 1 : 0;
  order.offered_type = 2;
  order.terms_type = 1;
  order.ad = {ad_tx, 3};
  order.price_terms = std::as_bytes(std::span(terms));
  order.signature = order.price_terms.first(order.price_terms.size() / 2);
  return order;
}

inline bool same_order(const swap::Order& a, const swap::Order& b) {
  const auto same = [](Bytes x, Bytes y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
  return a.id == b.id && a.want == b.want && a.version == b.version && a.flags == b.flags &&
         a.offered_type == b.offered_type && a.terms_type == b.terms_type && a.ad == b.ad && a.spent_by == b.spent_by &&
         a.is_backed == b.is_backed && same(a.price_terms, b.price_terms) && same(a.signature, b.signature);
}

}  // namespace sluice::test
