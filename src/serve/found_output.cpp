#include "serve/found_output.h"

#include "classify/scripthash.h"
#include "serve/tx_reader.h"

namespace sluice::serve {

Result<std::optional<RawOutput>> read_output(const ServerContext& context, const Outpoint& outpoint) {
  const auto place = context.view->find_tx(outpoint.txid);
  if (!place) return place.error();
  RawOutput output;
  output.place = place.value();
  if (output.place) {
    auto confirmed = context.view->raw_tx(output.place->tx_number);
    if (!confirmed) return confirmed.error();
    output.tx = std::move(confirmed).value();
  } else if (context.mempool != nullptr) {
    if (const auto unconfirmed = context.mempool->find_tx(outpoint.txid))
      output.tx.assign(unconfirmed->raw.begin(), unconfirmed->raw.end());
  }
  TxView tx;
  if (!read_transaction(output.tx, context.options->network->has_segwit(), tx) || outpoint.index >= tx.outputs.size())
    return std::optional<RawOutput>();
  output.value = tx.outputs[outpoint.index].value;
  output.script = tx.outputs[outpoint.index].script;
  return std::optional(std::move(output));
}

Result<std::optional<FoundOutput>> find_output(const ServerContext& context, const Outpoint& outpoint) {
  const auto output = read_output(context, outpoint);
  if (!output) return output.error();
  const chain::Coin coin = context.options->network->coin;
  if (!output.value() || !classify::is_indexed(output.value()->script, coin)) return std::optional<FoundOutput>();
  return std::optional(FoundOutput{output.value()->place,
                                   classify::script_hash(output.value()->script, coin, context.options->parity),
                                   output.value()->value});
}

Result<bool> is_unspent_in_chain(const ServerContext& context, const Outpoint& outpoint, const FoundOutput& output) {
  if (!output.place) return true;
  return context.view->is_unspent(output.place->tx_number, outpoint.index);
}

}  // namespace sluice::serve
