#include "serve/admin_query.h"

#include <algorithm>

#include "base/hex.h"
#include "classify/scripthash.h"
#include "serve/address.h"
#include "serve/admin_text.h"
#include "serve/python_text.h"

namespace sluice::serve {

Status append_query_lines(std::string_view item, std::size_t limit, const ReadView& view, const ServeOptions& options,
                          std::vector<std::string>& lines) {
  std::vector<std::byte> script;
  if (auto raw = from_hex(item); raw && !raw->empty()) {
    script = std::move(*raw);
    lines.push_back("Script: " + to_hex(script));
  } else if (auto paid = script_of_address(item, *options.network)) {
    script = std::move(*paid);
    lines.push_back("Address: " + std::string(item));
  } else {
    return {};
  }
  const ScriptHash scripthash = classify::script_hash(script, options.network->coin, options.parity);

  auto history = view.history(scripthash, limit);
  if (!history) return history.error();
  history.value().resize(std::min(history.value().size(), limit));
  for (std::size_t i = 0; i < history.value().size(); ++i) {
    const HistoryItem& entry = history.value()[i];
    const auto txid = view.txid(entry.tx_number);
    if (!txid) return txid.error();
    lines.push_back("History #" + with_thousands(i) + ": height " + with_thousands(entry.height) + " tx_hash " +
                    txid.value().display());
  }
  if (history.value().empty()) lines.emplace_back("No history found");

  const auto unspent = view.unspent(scripthash);
  if (!unspent) return unspent.error();
  std::uint64_t balance = 0;
  std::size_t number = 0;
  for (const UnspentItem& output : unspent.value()) {
    balance += output.value;
    if (++number > limit) continue;
    const auto txid = view.txid(output.tx_number);
    if (!txid) return txid.error();
    lines.push_back("UTXO #" + with_thousands(number) + ": tx_hash " + txid.value().display() + " tx_pos " +
                    with_thousands(output.output_index) + " height " + with_thousands(output.height) + " value " +
                    with_thousands(output.value));
  }
  if (number == 0) lines.emplace_back("No UTXOs found");
  lines.push_back("Balance: " + coins_text(balance) + " " + std::string(options.network->unit));
  return {};
}

}  // namespace sluice::serve
