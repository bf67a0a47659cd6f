// Methods that only the C++ peer has, as far as clients use them; with parity they are unknown.
#include <algorithm>
#include <limits>

#include "classify/scripthash.h"
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

/// One output of a transaction that is in the chain or in the mempool.
struct FoundOutput {
  std::optional<TxPlace> place;  ///< nullopt: unconfirmed
  ScriptHash scripthash;
  std::int64_t value = 0;
};

/// nullopt: there is no such output.   Errors: the view's.
Result<std::optional<FoundOutput>> find_output(const Call& call, const Outpoint& outpoint) {
  const auto place = call.view().find_tx(outpoint.txid);
  if (!place) return place.error();
  std::vector<std::byte> raw;
  if (place.value()) {
    auto confirmed = call.view().raw_tx(place.value()->tx_number);
    if (!confirmed) return confirmed.error();
    raw = std::move(confirmed).value();
  } else if (call.mempool() != nullptr) {
    if (const auto unconfirmed = call.mempool()->find_tx(outpoint.txid))
      raw.assign(unconfirmed->raw.begin(), unconfirmed->raw.end());
  }
  TxView tx;
  const chain::Network& network = *call.options().network;
  if (!read_transaction(raw, network.has_segwit(), tx) || outpoint.index >= tx.outputs.size())
    return std::optional<FoundOutput>();
  const TxOutputView& output = tx.outputs[outpoint.index];
  if (!classify::is_indexed(output.script, network.coin)) return std::optional<FoundOutput>();
  return std::optional(FoundOutput{
      place.value(), classify::script_hash(output.script, network.coin, call.options().parity), output.value});
}

/// Has nobody spent it, neither in the chain nor in the mempool?   Errors: the view's.
Result<bool> is_unspent(Call& call, const Outpoint& outpoint, const FoundOutput& output) {
  if (call.mempool() != nullptr && call.mempool()->spender(outpoint)) return false;
  if (!output.place) return true;
  const auto unspent = call.view().unspent(output.scripthash);
  if (!unspent) return unspent.error();
  call.cost += static_cast<double>(unspent.value().size()) / 50;
  return std::ranges::any_of(unspent.value(), [&](const UnspentItem& item) {
    return item.tx_number == output.place->tx_number && item.output_index == outpoint.index;
  });
}

}  // namespace

Outcome headers_get_tip(Call& call) {
  call.cost += 0.25;
  const std::uint32_t height = call.view().tip_height();
  const auto header = call.view().header(height);
  if (!header) return call.failed(header.error());
  call.reply += "{\"height\":";
  append_number(call.reply, height);
  call.reply += ",\"hex\":";
  append_json_hex(call.reply, header.value());
  call.reply += '}';
  return std::nullopt;
}

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

Outcome utxo_get_info(Call& call) {
  const auto txid = to_txid(call.argument[0]);
  if (!txid.ok()) return txid.fault();
  const auto index = to_natural(call.argument[1]);
  if (!index.ok()) return index.fault();
  call.cost += 1.0;
  const bool fits = index.value().value <= std::numeric_limits<std::uint32_t>::max();
  const Outpoint outpoint{txid.value(), static_cast<std::uint32_t>(index.value().value)};
  const auto found = fits ? find_output(call, outpoint) : Result(std::optional<FoundOutput>());
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
