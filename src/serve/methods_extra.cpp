// Methods that only the C++ peer has, as far as clients use them; with parity they are unknown.
#include <limits>

#include "serve/coercion.h"
#include "serve/found_output.h"
#include "serve/json_text.h"
#include "serve/method_table.h"

namespace sluice::serve {
namespace {

/// Has nobody spent it, neither in the chain nor in the mempool?   Errors: the view's.
Result<bool> is_unspent(Call& call, const Outpoint& outpoint, const FoundOutput& output) {
  if (call.mempool() != nullptr && call.mempool()->spender(outpoint)) return false;
  return is_unspent_in_chain(call.context, outpoint, output);
}

/// `{"block_hash":...,"block_height":n`, to be closed.
void append_block_place(std::string& reply, const BlockHash& hash, std::uint32_t height) {
  reply += "{\"block_hash\":";
  append_json_hash(reply, hash.span());
  reply += ",\"block_height\":";
  append_number(reply, height);
}

void append_block(Call& call, std::uint32_t height, const chain::RawHeader& header) {
  append_block_place(call.reply, chain::block_hash(call.options().network->coin, header), height);
}

void append_first_use(std::string& reply, std::uint32_t height, const Txid& txid) {
  reply += ",\"height\":";
  append_number(reply, height);
  reply += ",\"tx_hash\":";
  append_json_hash(reply, txid.span());
  reply += '}';
}

}  // namespace

Outcome transaction_get_height(Call& call) {
  const auto txid = to_txid(call.argument[0]);
  if (!txid.ok()) return txid.fault();
  call.cost += 0.25;
  const auto place = call.view().find_tx(txid.value());
  if (!place) return call.failed(place.error());
  if (place.value()) append_number(call.reply, place.value()->height);
  else call.reply += call.mempool() != nullptr && call.mempool()->find_tx(txid.value()) ? "0" : "null";
  return std::nullopt;
}

Outcome transaction_get_confirmed_blockhash(Call& call) {
  const auto txid = to_txid(call.argument[0]);
  if (!txid.ok()) return txid.fault();
  const auto with_header = call.argument[1] ? to_boolean(call.argument[1], "include_header") : Coerced<bool>(false);
  if (!with_header.ok()) return with_header.fault();
  call.cost += 0.5;
  const auto place = call.view().find_tx(txid.value());
  if (!place) return call.failed(place.error());
  if (!place.value()) return bad_request("tx " + txid.value().display() + " is not in the chain");
  const auto header = call.view().header(place.value()->height);
  if (!header) return call.failed(header.error());
  append_block(call, place.value()->height, header.value());
  if (with_header.value()) {
    call.reply += ",\"block_header\":";
    append_json_hex(call.reply, header.value());
  }
  call.reply += '}';
  return std::nullopt;
}

Outcome scripthash_get_first_use(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  call.cost += 0.5;
  const auto history = call.view().history(scripthash.value(), 0);
  if (!history) return call.failed(history.error());
  if (!history.value().empty()) {
    const HistoryItem& first = history.value().front();
    const auto header = call.view().header(first.height);
    if (!header) return call.failed(header.error());
    const auto txid = call.view().txid(first.tx_number);
    if (!txid) return call.failed(txid.error());
    append_block(call, first.height, header.value());
    append_first_use(call.reply, first.height, txid.value());
    return std::nullopt;
  }
  const auto unconfirmed =
      call.mempool() == nullptr ? std::vector<MempoolHistoryItem>{} : call.mempool()->history(scripthash.value());
  call.cost += static_cast<double>(unconfirmed.size()) / 50;
  if (unconfirmed.empty()) {
    call.reply += "null";
    return std::nullopt;
  }
  append_block_place(call.reply, BlockHash{}, 0);
  append_first_use(call.reply, 0, unconfirmed.front().txid);
  return std::nullopt;
}

Outcome utxo_get_info(Call& call) {
  const auto txid = to_txid(call.argument[0]);
  if (!txid.ok()) return txid.fault();
  const auto index = to_natural(call.argument[1]);
  if (!index.ok()) return index.fault();
  call.cost += 1.0;
  const bool fits = index.value().value <= std::numeric_limits<std::uint32_t>::max();
  const Outpoint outpoint{txid.value(), static_cast<std::uint32_t>(index.value().value)};
  const auto found = fits ? find_output(call.context, outpoint) : Result(std::optional<FoundOutput>());
  if (!found) return call.failed(found.error());
  const auto unspent = found.value() ? is_unspent(call, outpoint, *found.value()) : Result(false);
  if (!unspent) return call.failed(unspent.error());
  if (!unspent.value()) {
    call.reply += "null";
    return std::nullopt;
  }
  const FoundOutput& output = *found.value();
  call.reply += '{';
  if (output.place) {
    call.reply += "\"confirmed_height\":";
    append_number(call.reply, output.place->height);
    call.reply += ',';
  }
  call.reply += "\"scripthash\":";
  append_json_hash(call.reply, output.scripthash.span());
  call.reply += ",\"value\":";
  append_signed(call.reply, output.value);
  call.reply += '}';
  return std::nullopt;
}

}  // namespace sluice::serve
