#include "serve/offered_coin.h"

#include "serve/found_output.h"

namespace sluice::serve {

Result<OfferedCoin> offered_coin(const ServerContext& context, const swap::Order& order) {
  if (context.mempool != nullptr && context.mempool->spender(order.id.offered)) return OfferedCoin::spent_in_mempool;
  if (order.is_backed) return OfferedCoin::free;
  // An order whose coin was spent in the chain is not open; so what exists is unspent.
  const auto found = find_output(context, order.id.offered);
  if (!found) return found.error();
  return found.value() ? OfferedCoin::free : OfferedCoin::missing;
}

}  // namespace sluice::serve
