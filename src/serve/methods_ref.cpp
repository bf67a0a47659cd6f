// blockchain.ref.get: where a Radiant ref was minted and where it was last.
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"

namespace sluice::serve {
namespace {

Outcome append_place(Call& call, TxNumber tx_number) {
  const auto txid = call.view().txid(tx_number);
  if (!txid) return call.failed(txid.error());
  call.reply += "{\"tx_hash\":";
  append_json_hash(call.reply, txid.value().span());
  call.reply += ",\"height\":";
  append_number(call.reply, call.view().place_of(tx_number).height);
  call.reply += '}';
  return std::nullopt;
}

}  // namespace

Outcome ref_get(Call& call) {
  const auto ref = to_ref(call.argument[0]);
  if (!ref.ok()) return ref.fault();
  call.cost += 0.1 + 0.202 + 0.25;
  const auto places = call.view().ref_places(ref.value());
  if (!places) return call.failed(places.error());
  const auto& [mint, latest] = places.value();
  if (!mint && !latest) {
    call.reply += "[]";
    return std::nullopt;
  }
  call.reply += '[';
  if (Outcome fault = append_place(call, mint ? *mint : *latest)) return fault;
  call.reply += ',';
  if (Outcome fault = append_place(call, latest ? *latest : *mint)) return fault;
  call.reply += ']';
  return std::nullopt;
}

}  // namespace sluice::serve
