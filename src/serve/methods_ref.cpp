// blockchain.ref.get: where a Radiant ref was minted and where it was last, in the chain and then in the mempool.
//
// A ref is named after the outpoint that its mint spends, so a mint in the mempool is the spender of that outpoint. A
// singleton sits in one output at a time: from its latest place in the chain, its way through the mempool is from
// spender to spender.
#include <algorithm>
#include <vector>

#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/script_refs.h"
#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

using Ref = std::array<std::byte, 36>;

/// A longer way through the mempool is not followed.
constexpr std::size_t mempool_steps_max = 1000;

struct Place {
  Txid txid;
  std::uint32_t height = 0;  ///< 0: in the mempool
};

/// The first output that pushes the ref, as a singleton if that is asked for.
std::optional<std::uint32_t> output_with(Bytes raw, const Ref& ref, bool as_singleton) {
  TxView tx;
  if (!read_transaction(raw, false, tx)) return std::nullopt;
  for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
    const auto refs = refs_of_script(tx.outputs[i].script);
    const auto found = std::ranges::find(refs, ref, &RefItem::ref);
    if (found != refs.end() && (found->singleton || !as_singleton)) return i;
  }
  return std::nullopt;
}

/// The transaction of the mempool that mints the ref.
std::optional<Txid> unconfirmed_mint(const MempoolView& mempool, const Ref& ref) {
  Outpoint named;
  std::copy_n(ref.begin(), named.txid.bytes.size(), named.txid.bytes.begin());
  named.index = load_le<std::uint32_t>(ref.data() + named.txid.bytes.size());
  const auto spender = mempool.spender(named);
  const auto tx = spender ? mempool.find_tx(*spender) : std::nullopt;
  return tx && output_with(tx->raw, ref, false) ? spender : std::nullopt;
}

/// Appends where the singleton goes in the mempool from the transaction on that holds it.
void follow_singleton(const MempoolView& mempool, const Ref& ref, Txid holder, Bytes raw, std::vector<Place>& places) {
  for (std::size_t step = 0; step < mempool_steps_max; ++step) {
    const auto index = output_with(raw, ref, true);
    const auto spender = index ? mempool.spender({holder, *index}) : std::nullopt;
    const auto tx = spender ? mempool.find_tx(*spender) : std::nullopt;
    if (!tx || !output_with(tx->raw, ref, true)) return;
    places.push_back({*spender});
    holder = *spender;
    raw = tx->raw;
  }
}

/// Appends the places in the mempool, in order.   Errors: the view's.
Status find_unconfirmed(const Call& call, const Ref& ref, const RefPlaces& confirmed, std::vector<Place>& places) {
  if (call.mempool() == nullptr || call.mempool()->tx_count() == 0) return {};
  const MempoolView& mempool = *call.mempool();
  // A singleton that was never moved is where it was minted.
  if (const auto from = confirmed.latest ? confirmed.latest : confirmed.mint) {
    const auto txid = call.view().txid(*from);
    if (!txid) return txid.error();
    const auto raw = call.view().raw_tx(*from);
    if (!raw) return raw.error();
    follow_singleton(mempool, ref, txid.value(), raw.value(), places);
  } else if (const auto mint = unconfirmed_mint(mempool, ref)) {
    places.push_back({*mint});
    follow_singleton(mempool, ref, *mint, mempool.find_tx(*mint)->raw, places);
  }
  return {};
}

void append_place(std::string& reply, const Place& place) {
  reply += "{\"tx_hash\":";
  append_json_hash(reply, place.txid.span());
  reply += ",\"height\":";
  append_number(reply, place.height);
  reply += '}';
}

}  // namespace

Outcome ref_get(Call& call) {
  const auto ref = to_ref(call.argument[0]);
  if (!ref.ok()) return ref.fault();
  call.cost += 0.1 + 0.202 + 0.25;
  const auto confirmed = call.view().ref_places(ref.value());
  if (!confirmed) return call.failed(confirmed.error());
  std::vector<Place> places;
  for (const auto& tx_number : {confirmed.value().mint, confirmed.value().latest}) {
    if (!tx_number) continue;
    const auto txid = call.view().txid(*tx_number);
    if (!txid) return call.failed(txid.error());
    places.push_back({txid.value(), call.view().place_of(*tx_number).height});
  }
  const std::size_t confirmed_count = places.size();
  if (Status status = find_unconfirmed(call, ref.value(), confirmed.value(), places); !status)
    return call.failed(status.error());
  call.cost += static_cast<double>(places.size() - confirmed_count) / 50;
  if (places.empty()) {
    call.reply += "[]";
    return std::nullopt;
  }
  call.reply += '[';
  append_place(call.reply, places.front());
  call.reply += ',';
  append_place(call.reply, places.back());
  call.reply += ']';
  return std::nullopt;
}

}  // namespace sluice::serve
