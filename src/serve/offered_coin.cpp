#include "serve/offered_coin.h"

#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

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
  return unspent.value() ? OfferedCoin::free : OfferedCoin::missing;
}

}  // namespace sluice::serve
