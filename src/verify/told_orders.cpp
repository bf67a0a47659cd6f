#include "verify/told_orders.h"

#include <algorithm>

#include "classify/rswp.h"
#include "hash/sha256.h"

namespace sluice::verify {

Digest content_of(std::array<std::uint8_t, 4> head, Bytes terms, Bytes signature) {
  std::vector<std::byte> text;
  const auto append = [&](Bytes bytes) { text.insert(text.end(), bytes.begin(), bytes.end()); };
  append(std::as_bytes(std::span(head)));
  append(bytes_of(static_cast<std::uint64_t>(terms.size())));
  append(terms);
  append(signature);
  return hash::sha256(text);
}

void ToldOrders::add_batch(const WalkBatch& batch, std::uint32_t block_count) {
  const parse::TxBatch& txs = batch.txs;
  const auto& offers = batch.scripts.offers;
  std::size_t offer = 0;
  for (std::size_t block = 0; block < batch.raw.blocks.size(); ++block) {
    const std::uint32_t height = batch.raw.blocks[block].height;
    if (height >= block_count) return;
    const std::uint32_t begin = txs.block_tx_begin[block], end = txs.block_tx_begin[block + 1];
    for (std::uint32_t tx = begin + 1; tx < end; ++tx) {
      for (std::uint32_t input = txs.input_begin[tx]; input < txs.input_begin[tx + 1]; ++input) {
        const std::byte* prevout = batch.raw.raw.data() + txs.prevout_offset[input];
        spend({Txid::from_bytes(prevout), load_le<std::uint32_t>(prevout + 32)}, batch.first_tx + tx, height);
      }
    }
    for (std::uint32_t tx = begin; tx < end; ++tx) {
      for (; offer < offers.size() && offers[offer].output < txs.output_begin[tx + 1]; ++offer)
        advertise(batch, offers[offer], {batch.first_tx + tx, offers[offer].output - txs.output_begin[tx]});
    }
  }
}

std::size_t ToldOrders::place_of(const Outpoint& outpoint) const {
  const auto found = std::lower_bound(offered_.begin(), offered_.end(), outpoint);
  return found != offered_.end() && *found == outpoint ? static_cast<std::size_t>(found - offered_.begin())
                                                       : offered_.size();
}

void ToldOrders::spend(const Outpoint& outpoint, std::uint64_t spender, std::uint32_t height) {
  const std::size_t place = place_of(outpoint);
  if (place == offered_.size()) return;
  spent_[place] = true;
  for (auto order = live.lower_bound({outpoint, {}}); order != live.end() && order->first.offered == outpoint;) {
    if (order->second.is_dead) {
      ++order;
      continue;
    }
    order->second.spent_by = spender;
    order->second.spent_height = height;
    history[order->first] = order->second;
    order = live.erase(order);
  }
}

void ToldOrders::advertise(const WalkBatch& batch, const classify::SwapOffer& offer, swap::AdPlace ad) {
  const std::byte* raw = batch.raw.raw.data();
  OrderKey key{{Txid::from_bytes(raw + offer.utxo_hash_offset), offer.utxo_index}, {}};
  const std::size_t place = place_of(key.offered);
  if (place == offered_.size()) return;
  std::copy_n(raw + offer.token_offset, key.token.size(), key.token.begin());
  ToldOrder order;
  if (offer.has_want) std::copy_n(raw + offer.want_offset, order.want.size(), order.want.begin());
  order.ad = ad;
  order.is_dead = spent_[place];
  std::vector<std::byte> terms;
  classify::append_price_terms(batch.raw.raw, offer, terms);
  order.content = content_of({offer.version, offer.flags, offer.offered_type, offer.terms_type}, terms,
                             classify::swap_tail(batch.raw.raw, offer).signature);
  const auto old = live.find(key);
  if (old != live.end() && old->second.want != order.want && !swap::is_plain(old->second.want))
    superseded[{key, old->second.want}] = old->second;
  superseded.erase({key, order.want});
  live[key] = order;
}

}  // namespace sluice::verify
