// Does the output that an order offers exist, and is it free?
#pragma once

#include "base/error.h"
#include "serve/server_context.h"
#include "swap/order.h"

namespace sluice::serve {

enum class OfferedCoin : std::uint8_t {
  free,
  missing,  ///< neither chain nor mempool have such an unspent output (yet)
  spent_in_mempool,
};

/// Of an order that is not in the history.   Errors: the view's.
/// Cost: a look-up in the mempool; for an order whose row does not tell, two in the index, and its
/// transaction if it is not among the unspent outputs: it may be data, which the node takes for a coin.
[[nodiscard]] Result<OfferedCoin> offered_coin(const ServerContext& context, const swap::Order& order,
                                               OrderStanding standing = OrderStanding::open);
/// Does its row tell whether the coin is there, but for the mempool?
[[nodiscard]] inline bool row_tells_coin(const swap::Order& order, OrderStanding standing) noexcept {
  return standing == OrderStanding::dead || (standing == OrderStanding::open && order.is_backed);
}

}  // namespace sluice::serve
