#include "swap/advertisement.h"

#include <cstring>

#include "classify/rswp.h"

namespace sluice::swap {

Advertisement::Advertisement(Bytes raw, const classify::SwapOffer& offer, AdPlace place) {
  std::memcpy(order_.id.token.data(), raw.data() + offer.token_offset, order_.id.token.size());
  order_.id.offered = {Txid::from_bytes(raw.data() + offer.utxo_hash_offset), offer.utxo_index};
  if (offer.has_want) std::memcpy(order_.want.data(), raw.data() + offer.want_offset, order_.want.size());
  order_.version = offer.version;
  order_.flags = offer.flags;
  order_.offered_type = offer.offered_type;
  order_.terms_type = offer.terms_type;
  order_.ad = place;

  classify::append_price_terms(raw, offer, memory_);
  const std::size_t terms_bytes = memory_.size();
  const Bytes signature = classify::swap_tail(raw, offer).signature;
  memory_.insert(memory_.end(), signature.begin(), signature.end());
  order_.price_terms = Bytes(memory_).first(terms_bytes);
  order_.signature = Bytes(memory_).subspan(terms_bytes);
}

}  // namespace sluice::swap
