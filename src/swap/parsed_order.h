// An advertisement as the classify stage parsed it, as an order.
#pragma once

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "classify/rswp.h"
#include "swap/order.h"

namespace sluice::swap {

/// The order of an offer; where its advertisement stands is the caller's to say.
/// terms: memory for the price terms, overwritten. Lifetime: the order's views end with raw and terms.
/// Bounds: offer came from parse_swap over the same raw bytes.
[[nodiscard]] inline Order order_of(Bytes raw, const classify::SwapOffer& offer, std::vector<std::byte>& terms) {
  const auto read_id = [raw](std::uint32_t offset) {
    SLUICE_CHECK(offset + std::size_t{32} <= raw.size());
    TokenId id;
    std::copy_n(raw.begin() + offset, id.size(), id.begin());
    return id;
  };
  Order order;
  order.id.token = read_id(offer.token_offset);
  order.id.offered = {Txid{read_id(offer.utxo_hash_offset)}, offer.utxo_index};
  if (offer.has_want) order.want = read_id(offer.want_offset);
  order.version = offer.version;
  order.flags = offer.flags;
  order.offered_type = offer.offered_type;
  order.terms_type = offer.terms_type;
  terms.clear();
  classify::append_price_terms(raw, offer, terms);
  order.price_terms = terms;
  order.signature = classify::swap_tail(raw, offer).signature;
  return order;
}

}  // namespace sluice::swap
