// blockchain.ref.get: where a Radiant ref was minted and where it was last.
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"

namespace sluice::serve {
namespace {

void append_place(Call& call, TxNumber tx_number) {
  call.reply += "{\"tx_hash\":";
  append_json_hash(call.reply, call.view().txid(tx_number).span());
  call.reply += ",\"height\":";
  append_number(call.reply, call.view().place_of(tx_number).height);
  call.reply += '}';
}

}  // namespace

Outcome ref_get(Call& call) {
  const auto ref = to_ref(call.argument[0]);
  if (!ref.ok()) return ref.fault();
  call.cost += 0.1 + 0.202 + 0.25;
  const auto places = call.view().ref_places(ref.value());
  if (!places) return internal_error();
  const auto& [mint, latest] = places.value();
  if (!mint && !latest) {
    call.reply += "[]";
    return std::nullopt;
  }
  call.reply += '[';
  append_place(call, mint ? *mint : *latest);
  call.reply += ',';
  append_place(call, latest ? *latest : *mint);
  call.reply += ']';
  return std::nullopt;
}

}  // namespace sluice::serve
