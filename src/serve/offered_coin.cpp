#include "serve/offered_coin.h"

#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

/// The node keeps what begins with OP_RETURN among its coins; the index has no rows of it.
Result<bool> is_data_output(const ServerContext& context, TxNumber tx_number, std::uint32_t index) {
  const auto raw = context.view->raw_tx(tx_number);
  if (!raw) return raw.error();
  TxView tx;
  if (!read_transaction(raw.value(), context.options->network->has_segwit(), tx) || index >= tx.outputs.size())
    return false;
  const Bytes script = tx.outputs[index].script;
  return !script.empty() && script.front() == std::byte{0x6a};
}

bool is_created_in_mempool(const ServerContext& context, const Outpoint& outpoint) {
  const auto created = context.mempool != nullptr ? context.mempool->find_tx(outpoint.txid) : std::nullopt;
  TxView tx;
  return created && read_transaction(created->raw, context.options->network->has_segwit(), tx) &&
         outpoint.index < tx.outputs.size();
}

}  // namespace

Result<OfferedCoin> offered_coin(const ServerContext& context, const swap::Order& order, OrderStanding standing) {
  const Outpoint& outpoint = order.id.offered;
  if (context.mempool != nullptr && context.mempool->spender(outpoint)) return OfferedCoin::spent_in_mempool;
  if (row_tells_coin(order, standing))
    return standing == OrderStanding::dead ? OfferedCoin::missing : OfferedCoin::free;
  const auto place = context.view->find_tx(outpoint.txid);
  if (!place) return place.error();
  if (!place.value()) return is_created_in_mempool(context, outpoint) ? OfferedCoin::free : OfferedCoin::missing;
  const auto unspent = context.view->is_unspent(place.value()->tx_number, outpoint.index);
  if (!unspent) return unspent.error();
  if (unspent.value()) return OfferedCoin::free;
  const auto data = is_data_output(context, place.value()->tx_number, outpoint.index);
  if (!data) return data.error();
  return data.value() ? OfferedCoin::free : OfferedCoin::missing;
}

}  // namespace sluice::serve
