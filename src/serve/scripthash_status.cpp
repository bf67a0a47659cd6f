#include "serve/scripthash_status.h"

#include "base/hex.h"
#include "hash/sha256.h"
#include "serve/json_text.h"

namespace sluice::serve {
namespace {

/// A status is made from the complete history whatever its length.
constexpr std::size_t history_unlimited = std::size_t{1} << 40;

}  // namespace

Result<ScripthashStatus> scripthash_status(const ServerContext& context, const ScriptHash& scripthash) {
  const auto history = context.view->history(scripthash, history_unlimited);
  if (!history) return history.error();
  ScripthashStatus status;
  hash::Sha256 hasher;
  std::string item_text;
  for (const HistoryItem& item : history.value()) {
    const auto txid = context.view->txid(item.tx_number);
    if (!txid) return txid.error();
    item_text.clear();
    append_hex_reversed(item_text, txid.value().span());
    item_text += ':';
    append_number(item_text, item.height);
    item_text += ':';
    hasher.update(std::as_bytes(std::span(item_text)));
    status.preimage_bytes += item_text.size();
  }
  status.history_items = history.value().size();
  if (status.history_items > 0) status.hash = hasher.finish();
  return status;
}

void append_status(std::string& target, const std::optional<Digest>& hash) {
  if (hash) append_json_hex(target, hash->span());
  else target += "null";
}

}  // namespace sluice::serve
