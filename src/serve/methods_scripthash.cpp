// blockchain.scripthash.*: confirmed history, unspent outputs, balance and status of a script.
#include <charconv>

#include "base/hex.h"
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/scripthash_status.h"

namespace sluice::serve {
namespace {

/// A scripthash has 64 digits; the peers allow blanks between them, and a session must not keep megabytes.
constexpr std::size_t echoed_text_bytes_max = 256;

/// The shortest history item in an answer: what MAX_SEND bytes can hold at most is bounded by it.
constexpr std::size_t history_item_bytes_min = 85;
/// The peers count this many bytes per item against MAX_SEND.
constexpr std::size_t history_item_bytes_parity = 99;
constexpr std::size_t history_unlimited = std::size_t{1} << 40;

void append_outpoint_ref(std::string& target, const RefItem& item) {
  target += "{\"ref\":\"";
  append_hex_reversed(target, Bytes(item.ref).first(32));
  target += 'i';
  append_number(target, load_le<std::uint32_t>(item.ref.data() + 32));
  target += item.singleton ? "\",\"type\":\"single\"}" : "\",\"type\":\"normal\"}";
}

Outcome append_refs(Call& call, const UnspentItem& item) {
  call.reply += ",\"refs\":[";
  if (item.has_refs) {
    const auto refs = call.view().refs_of(item.tx_number, item.output_index);
    if (!refs) return call.failed(refs.error());
    for (std::size_t i = 0; i < refs.value().size(); ++i) {
      if (i != 0) call.reply += ',';
      append_outpoint_ref(call.reply, refs.value()[i]);
    }
  }
  call.reply += ']';
  return std::nullopt;
}

}  // namespace

Outcome scripthash_get_balance(Call& call) {
  const auto scripthash = to_scripthash(call.argument[0]);
  if (!scripthash.ok()) return scripthash.fault();
  const auto balance = call.view().balance(scripthash.value());
  if (!balance) return call.failed(balance.error());
  call.cost += 1.0 + static_cast<double>(balance.value().outputs) / 50;
  call.reply += "{\"confirmed\":";
  append_number(call.reply, balance.value().value);
  call.reply += ",\"unconfirmed\":0}";
  return std::nullopt;
}

Outcome scripthash_get_history(Call& call) {
  const auto scripthash = to_scripthash(call.argument[0]);
  if (!scripthash.ok()) return scripthash.fault();
  const std::size_t max_send = call.options().max_send;
  const std::size_t item_bytes = call.options().parity ? history_item_bytes_parity : history_item_bytes_min;
  const std::size_t limit = max_send == 0 ? history_unlimited : max_send / item_bytes;
  const auto history = call.view().history(scripthash.value(), limit);
  if (!history) return call.failed(history.error());
  const auto& items = history.value();
  call.cost += 0.45 + 0.001 * static_cast<double>(items.size());
  if (call.options().parity && items.size() >= limit) return bad_request("history too large");
  if (items.size() > limit) return call.too_large_fault();

  call.reply += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto txid = call.view().txid(items[i].tx_number);
    if (!txid) return call.failed(txid.error());
    if (i != 0) call.reply += ',';
    call.reply += "{\"tx_hash\":";
    append_json_hash(call.reply, txid.value().span());
    call.reply += ",\"height\":";
    append_number(call.reply, items[i].height);
    call.reply += '}';
  }
  call.reply += ']';
  return std::nullopt;
}

Outcome scripthash_get_mempool(Call& call) {
  const auto scripthash = to_scripthash(call.argument[0]);
  if (!scripthash.ok()) return scripthash.fault();
  call.cost += 0.25;
  call.reply += "[]";
  return std::nullopt;
}

Outcome scripthash_listunspent(Call& call) {
  const auto scripthash = to_scripthash(call.argument[0]);
  if (!scripthash.ok()) return scripthash.fault();
  const auto unspent = call.view().unspent(scripthash.value());
  if (!unspent) return call.failed(unspent.error());
  const auto& items = unspent.value();
  call.cost += 1.0 + static_cast<double>(items.size()) / 50;
  const bool with_refs = call.options().network->has_refs();
  call.reply += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    const UnspentItem& item = items[i];
    const auto txid = call.view().txid(item.tx_number);
    if (!txid) return call.failed(txid.error());
    if (i != 0) call.reply += ',';
    call.reply += "{\"tx_hash\":";
    append_json_hash(call.reply, txid.value().span());
    call.reply += ",\"tx_pos\":";
    append_number(call.reply, item.output_index);
    call.reply += ",\"height\":";
    append_number(call.reply, item.height);
    call.reply += ",\"value\":";
    append_number(call.reply, item.value);
    if (with_refs) {
      if (Outcome fault = append_refs(call, item)) return fault;
    }
    call.reply += '}';
    if (call.too_large()) return call.too_large_fault();
  }
  call.reply += ']';
  return std::nullopt;
}

Outcome scripthash_subscribe(Call& call) {
  const auto scripthash = to_scripthash(call.argument[0]);
  if (!scripthash.ok()) return scripthash.fault();
  const auto status = scripthash_status(call.context, scripthash.value());
  if (!status) return call.failed(status.error());
  call.cost += 0.55 + 0.001 * static_cast<double>(status.value().history_items) +
               0.00002 * static_cast<double>(status.value().preimage_bytes);
  append_status(call.reply, status.value().hash);
  std::string text = call.argument[0].text();
  if (text.size() > echoed_text_bytes_max) text = scripthash.value().display();
  Subscription& subscription = call.session.scripts[scripthash.value()];
  subscription.text = std::move(text);
  subscription.told = status.value().hash;
  return std::nullopt;
}

Outcome scripthash_unsubscribe(Call& call) {
  const auto scripthash = to_scripthash(call.argument[0]);
  if (!scripthash.ok()) return scripthash.fault();
  call.cost += 0.1;
  call.reply += call.session.scripts.erase(scripthash.value()) != 0 ? "true" : "false";
  return std::nullopt;
}

}  // namespace sluice::serve
