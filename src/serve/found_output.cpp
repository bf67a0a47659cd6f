#include "serve/found_output.h"

#include <algorithm>

#include "classify/scripthash.h"
#include "serve/tx_reader.h"

namespace sluice::serve {

Result<std::optional<FoundOutput>> find_output(const ServerContext& context, const Outpoint& outpoint) {
  const auto place = context.view->find_tx(outpoint.txid);
  if (!place) return place.error();
  std::vector<std::byte> raw;
  if (place.value()) {
    auto confirmed = context.view->raw_tx(place.value()->tx_number);
    if (!confirmed) return confirmed.error();
    raw = std::move(confirmed).value();
  } else if (context.mempool != nullptr) {
    if (const auto unconfirmed = context.mempool->find_tx(outpoint.txid))
      raw.assign(unconfirmed->raw.begin(), unconfirmed->raw.end());
  }
  TxView tx;
  const chain::Network& network = *context.options->network;
  if (!read_transaction(raw, network.has_segwit(), tx) || outpoint.index >= tx.outputs.size())
    return std::optional<FoundOutput>();
  const TxOutputView& output = tx.outputs[outpoint.index];
  if (!classify::is_indexed(output.script, network.coin)) return std::optional<FoundOutput>();
  return std::optional(FoundOutput{
      place.value(), classify::script_hash(output.script, network.coin, context.options->parity), output.value});
}

Result<bool> is_unspent_in_chain(const ServerContext& context, const Outpoint& outpoint, const FoundOutput& output,
                                 std::size_t& visited) {
  if (!output.place) return true;
  const auto unspent = context.view->unspent(output.scripthash);
  if (!unspent) return unspent.error();
  visited += unspent.value().size();
  return std::ranges::any_of(unspent.value(), [&](const UnspentItem& item) {
    return item.tx_number == output.place->tx_number && item.output_index == outpoint.index;
  });
}

}  // namespace sluice::serve
