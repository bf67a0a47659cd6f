// blockchain.scripthash.*: history, unspent outputs, balance and status of a script. What is confirmed comes first,
// then what is in the mempool, all from one pair of views.
#include <algorithm>
#include <charconv>
#include <limits>

#include "base/hex.h"
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/python_text.h"
#include "serve/script_refs.h"
#include "serve/scripthash_status.h"
#include "serve/txid_walk.h"

namespace sluice::serve {
namespace {

/// A scripthash has 64 digits; the peers allow blanks between them, and a session must not keep megabytes.
constexpr std::size_t echoed_text_bytes_max = 256;

/// The shortest history item in an answer: what MAX_SEND bytes can hold at most is bounded by it.
constexpr std::size_t history_item_bytes_min = 85;
/// An item without refs takes about so many; what is longer grows the reply as anything does.
constexpr std::size_t history_item_bytes = 100;
constexpr std::size_t unspent_item_bytes = 150;
/// The peers count this many bytes per item against MAX_SEND.
constexpr std::size_t history_item_bytes_parity = 99;

void append_outpoint_ref(std::string& target, const RefItem& item) {
  target += "{\"ref\":\"";
  append_hex_reversed(target, Bytes(item.ref).first(32));
  target += 'i';
  append_number(target, load_le<std::uint32_t>(item.ref.data() + 32));
  target += item.singleton ? "\",\"type\":\"single\"}" : "\",\"type\":\"normal\"}";
}

void append_refs(std::string& target, const std::vector<RefItem>& refs) {
  target += ",\"refs\":[";
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (i != 0) target += ',';
    append_outpoint_ref(target, refs[i]);
  }
  target += ']';
}

std::vector<MempoolHistoryItem> mempool_history(const Call& call, const ScriptHash& scripthash) {
  return call.mempool() == nullptr ? std::vector<MempoolHistoryItem>{} : call.mempool()->history(scripthash);
}

void append_mempool_items(std::string& target, const std::vector<MempoolHistoryItem>& items, bool first) {
  for (const MempoolHistoryItem& item : items) {
    if (!first) target += ',';
    first = false;
    target += "{\"tx_hash\":";
    append_json_hash(target, item.txid.span());
    target += ",\"height\":";
    target += mempool_height(item);
    target += ",\"fee\":";
    append_number(target, item.fee);
    target += '}';
  }
}

void append_unspent(std::string& target, const Txid& txid, std::uint32_t output_index, std::uint32_t height,
                    std::uint64_t value) {
  target += "{\"tx_hash\":";
  append_json_hash(target, txid.span());
  target += ",\"tx_pos\":";
  append_number(target, output_index);
  target += ",\"height\":";
  append_number(target, height);
  target += ",\"value\":";
  append_number(target, value);
}

/// Room for a list: a reply of megabytes that grows by doubling is copied, page by fresh page, as often.
void reserve_items(Call& call, std::size_t items, std::size_t item_bytes) {
  const std::size_t max_send = call.options().max_send;
  const std::size_t bytes = items * item_bytes;
  call.reply.reserve(call.reply.size() + (max_send == 0 ? bytes : std::min(bytes, max_send)));
}

Outcome append_history(Call& call, std::span<const HistoryItem> items,
                       const std::vector<MempoolHistoryItem>& unconfirmed) {
  reserve_items(call, items.size(), history_item_bytes);
  call.reply += '[';
  const std::size_t begin = call.reply.size();
  const Status read = walk_with_txids(call.view(), items, [&](const HistoryItem& item, const Txid& txid) {
    if (call.reply.size() != begin) call.reply += ',';
    call.reply += "{\"tx_hash\":";
    append_json_hash(call.reply, txid.span());
    call.reply += ",\"height\":";
    append_number(call.reply, item.height);
    call.reply += '}';
    return !call.too_large();
  });
  if (!read) return call.failed(read.error());
  if (call.too_large()) return call.too_large_fault();
  append_mempool_items(call.reply, unconfirmed, items.empty());
  call.reply += ']';
  return std::nullopt;
}

/// The confirmed part from a height until before another; what is unconfirmed belongs to the range that has no end.
Outcome history_of_range(Call& call, const ScriptHash& scripthash) {
  const auto from = to_natural(call.argument[1]);
  if (!from.ok()) return from.fault();
  const JsonValue& to = call.argument[2];
  const bool open_end = !to || to.equals("-1") || to.token() == "-1";
  std::uint64_t until = std::numeric_limits<std::uint64_t>::max();
  if (!open_end) {
    const auto given = to_natural(to);
    if (!given.ok()) return given.fault();
    until = given.value().value;
  }
  const auto history = call.view().history(scripthash, history_unlimited);
  if (!history) return call.failed(history.error());
  const std::span<const HistoryItem> all = history.value();
  call.cost += 0.45 + 0.001 * static_cast<double>(all.size());
  const auto place_of = [&](std::uint64_t height) {
    return std::ranges::lower_bound(all, height, std::less<>{}, &HistoryItem::height) - all.begin();
  };
  const auto begin = place_of(from.value().value);
  const auto end = std::max(begin, place_of(until));
  std::vector<MempoolHistoryItem> unconfirmed;
  if (open_end) unconfirmed = mempool_history(call, scripthash);
  call.cost += static_cast<double>(unconfirmed.size()) / 50;
  return append_history(call, all.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)),
                        unconfirmed);
}

}  // namespace

Outcome scripthash_get_balance(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  const auto balance = call.view().balance(scripthash.value());
  if (!balance) return call.failed(balance.error());
  MempoolView::Balance unconfirmed;
  if (call.mempool() != nullptr) unconfirmed = call.mempool()->balance(scripthash.value());
  call.cost += 1.0 + static_cast<double>(balance.value().outputs + unconfirmed.count) / 50;
  call.reply += "{\"confirmed\":";
  append_number(call.reply, balance.value().value);
  call.reply += ",\"unconfirmed\":";
  append_signed(call.reply, unconfirmed.delta);
  call.reply += '}';
  return std::nullopt;
}

Outcome scripthash_get_history(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  if (call.argument[1]) return history_of_range(call, scripthash.value());
  const std::size_t max_send = call.options().max_send;
  const std::size_t item_bytes = call.options().parity ? history_item_bytes_parity : history_item_bytes_min;
  const std::size_t limit = max_send == 0 ? history_unlimited : max_send / item_bytes;
  const auto history = call.view().history(scripthash.value(), limit);
  if (!history) return call.failed(history.error());
  const auto& items = history.value();
  call.cost += 0.45 + 0.001 * static_cast<double>(items.size());
  if (call.options().parity && items.size() >= limit) return bad_request("history too large");
  const auto unconfirmed = mempool_history(call, scripthash.value());
  call.cost += static_cast<double>(unconfirmed.size()) / 50;
  if (items.size() + unconfirmed.size() > limit) return call.too_large_fault();

  return append_history(call, items, unconfirmed);
}

Outcome address_get_scripthash(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  call.cost += 0.1;
  append_json_hash(call.reply, scripthash.value().span());
  return std::nullopt;
}

Outcome scripthash_get_mempool(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  const auto unconfirmed = mempool_history(call, scripthash.value());
  call.cost += 0.25 + static_cast<double>(unconfirmed.size()) / 50;
  call.reply += '[';
  append_mempool_items(call.reply, unconfirmed, true);
  call.reply += ']';
  return std::nullopt;
}

Outcome scripthash_listunspent(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  const auto unspent = call.view().unspent(scripthash.value());
  if (!unspent) return call.failed(unspent.error());
  const auto& items = unspent.value();
  std::vector<Outpoint> spent;
  std::vector<MempoolUnspentItem> unconfirmed;
  if (call.mempool() != nullptr) {
    spent = call.mempool()->spent(scripthash.value());
    unconfirmed = call.mempool()->unspent(scripthash.value());
  }
  call.cost += 1.0 + static_cast<double>(items.size() + unconfirmed.size()) / 50;
  const bool with_refs = call.options().network->has_refs();
  reserve_items(call, items.size(), unspent_item_bytes);
  const std::size_t begin = call.reply.size() + 1;
  call.reply += '[';
  const auto separate = [&] {
    if (call.reply.size() != begin) call.reply += ',';
  };
  Outcome fault;
  const Status read = walk_with_txids(call.view(), std::span(items), [&](const UnspentItem& item, const Txid& txid) {
    if (std::ranges::binary_search(spent, Outpoint{txid, item.output_index})) return true;
    separate();
    append_unspent(call.reply, txid, item.output_index, item.height, item.value);
    if (with_refs) {
      auto refs = item.has_refs ? call.view().refs_of(item.tx_number, item.output_index) : std::vector<RefItem>();
      if (!refs) fault = call.failed(refs.error());
      else append_refs(call.reply, refs.value());
    }
    call.reply += '}';
    return !fault && !call.too_large();
  });
  if (!read) return call.failed(read.error());
  if (fault) return fault;
  if (call.too_large()) return call.too_large_fault();
  for (const MempoolUnspentItem& item : unconfirmed) {
    separate();
    append_unspent(call.reply, item.txid, item.output_index, 0, item.value);
    if (with_refs) append_refs(call.reply, refs_of_script(item.script));
    call.reply += '}';
    if (call.too_large()) return call.too_large_fault();
  }
  call.reply += ']';
  return std::nullopt;
}

namespace {

/// Computes the status, appends it and charges for it. Errors: the view's.
Result<ScripthashStatus> answer_status(Call& call, const ScriptHash& scripthash) {
  auto status = scripthash_status(call.context, scripthash);
  if (!status) return status;
  call.cost += 0.55 + 0.001 * static_cast<double>(status.value().confirmed_items) +
               static_cast<double>(status.value().mempool_items) / 50 +
               0.00002 * static_cast<double>(status.value().preimage_bytes);
  append_status(call.reply, status.value().hash);
  return status;
}

}  // namespace

Outcome scripthash_get_status(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  const auto status = answer_status(call, scripthash.value());
  if (!status) return call.failed(status.error());
  return std::nullopt;
}

Outcome take_one_more_subscription(const Call& call) {
  const std::size_t topics = call.session.swaps ? call.session.swaps->topics.size() : 0;
  if (call.session.scripts.size() + call.session.outpoints.size() + topics < call.options().max_subscriptions)
    return std::nullopt;
  return Fault{FaultCode::limit_exceeded, "too many subscriptions: at most " +
                                              with_thousands(call.options().max_subscriptions) + " in one session"};
}

Outcome scripthash_subscribe(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  if (!call.session.scripts.contains(scripthash.value())) {
    if (Outcome fault = take_one_more_subscription(call)) return fault;
  }
  const auto status = answer_status(call, scripthash.value());
  if (!status) return call.failed(status.error());
  std::string text = call.argument[0].text();
  if (!call.by_address && text.size() > echoed_text_bytes_max) text = scripthash.value().display();
  Subscription& subscription = call.session.scripts[scripthash.value()];
  subscription.text = std::move(text);
  subscription.by_address = call.by_address;
  subscription.told = status.value().hash;
  return std::nullopt;
}

Outcome scripthash_unsubscribe(Call& call) {
  const auto scripthash = script_argument(call);
  if (!scripthash.ok()) return scripthash.fault();
  call.cost += 0.1;
  call.reply += call.session.scripts.erase(scripthash.value()) != 0 ? "true" : "false";
  return std::nullopt;
}

}  // namespace sluice::serve
