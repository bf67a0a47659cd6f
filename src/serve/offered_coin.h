// Does the output that an order offers exist, and is it free?
#pragma once

#include "base/error.h"
#include "serve/server_context.h"
#include "swap/order.h"

namespace sluice::serve {

enum class OfferedCoin : std::uint8_t {
  free,
  missing,  ///< neither chain nor mempool have such an output (yet)
  spent_in_mempool,
};

/// Of an open order.   Errors: the view's.
/// Cost: a look-up in the mempool; for an order that is not backed, a transaction read.
[[nodiscard]] Result<OfferedCoin> offered_coin(const ServerContext& context, const swap::Order& order);

}  // namespace sluice::serve
