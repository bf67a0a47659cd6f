#include "serve/outpoint_status.h"

#include <algorithm>
#include <limits>

#include "serve/found_output.h"
#include "serve/json_text.h"
#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

struct Spender {
  Txid txid;
  std::string height;
};

/// The height that is shown of an unconfirmed transaction.
std::string unconfirmed_height(const ServerContext& context, const Txid& txid) {
  const auto info = context.mempool->find_tx(txid);
  return info && info->has_unconfirmed_inputs ? "-1" : "0";
}

bool spends(const TxView& tx, const Outpoint& outpoint) {
  return std::ranges::any_of(tx.inputs, [&](const TxInputView& input) {
    return input.prevout_index == outpoint.index && std::ranges::equal(input.prevout_txid, outpoint.txid.span());
  });
}

/// The one of these transactions that spends the outpoint.   Errors: the view's.
Result<std::optional<Spender>> find_among(const ServerContext& context, const Outpoint& outpoint,
                                          std::span<const HistoryItem> items, double& cost) {
  constexpr double cost_of_reading = 0.02;
  for (const HistoryItem& item : items) {
    cost += cost_of_reading;
    const auto raw = context.view->raw_tx(item.tx_number);
    if (!raw) return raw.error();
    TxView tx;
    if (!read_transaction(raw.value(), context.options->network->has_segwit(), tx) || !spends(tx, outpoint)) continue;
    const auto txid = context.view->txid(item.tx_number);
    if (!txid) return txid.error();
    return std::optional(Spender{txid.value(), std::to_string(item.height)});
  }
  return std::optional<Spender>();
}

/// nullopt: not among those that are read.   Errors: the view's.
Result<std::optional<Spender>> find_in_chain(const ServerContext& context, const Outpoint& outpoint,
                                             const FoundOutput& output, double& cost) {
  const auto history = context.view->history(output.scripthash, std::numeric_limits<std::size_t>::max() - 1);
  if (!history) return history.error();
  cost += 0.001 * static_cast<double>(history.value().size());
  std::span<const HistoryItem> later = history.value();
  const auto funder = std::ranges::upper_bound(later, output.place->tx_number, {}, &HistoryItem::tx_number);
  later = later.subspan(static_cast<std::size_t>(funder - later.begin()));
  const std::size_t early = std::min(later.size(), spender_scan_max);
  const std::size_t late = std::min(later.size() - early, spender_scan_max);
  auto found = find_among(context, outpoint, later.first(early), cost);
  if (!found || found.value()) return found;
  return find_among(context, outpoint, later.last(late), cost);
}

}  // namespace

Result<OutpointStatus> outpoint_status(const ServerContext& context, const Outpoint& outpoint) {
  OutpointStatus status;
  status.json = "{}";
  const auto output = find_output(context, outpoint);
  if (!output) return output.error();
  if (!output.value()) return status;
  const FoundOutput& found = *output.value();
  status.scripthash = found.scripthash;

  std::optional<Spender> spender;
  if (context.mempool != nullptr) {
    if (const auto txid = context.mempool->spender(outpoint))
      spender = Spender{*txid, unconfirmed_height(context, *txid)};
  }
  if (!spender) {
    const auto unspent = is_unspent_in_chain(context, outpoint, found);
    if (!unspent) return unspent.error();
    if (!unspent.value()) {
      auto searched = find_in_chain(context, outpoint, found, status.cost);
      if (!searched) return searched.error();
      spender = std::move(searched).value();
      status.is_spender_unknown = !spender;
    }
  }
  status.json = "{\"funder_height\":";
  status.json += found.place ? std::to_string(found.place->height) : unconfirmed_height(context, outpoint.txid);
  if (spender) {
    status.json += ",\"spender_txhash\":";
    append_json_hash(status.json, spender->txid.span());
    status.json += ",\"spender_height\":" + spender->height;
  }
  status.json += '}';
  return status;
}

}  // namespace sluice::serve
