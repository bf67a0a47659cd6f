// Notices of swap orders as lines.
//
//   swap.orderbook   {base_ref, quote_ref, change: add | update | remove, order}
//   swap.fill        {base_ref, quote_ref, fill: {order_id, tx_hash, height, timestamp, side, price, amount}}
//   swap.user_order  {scripthash, change: new | filled | cancelled, order}
//   swap.subscribe   {token, want, change, order}        change: see NewsKind; order: see full_offer.h
//   swap.resync      {"reason"}                          some were left out: read the orders again
//
// The first three are RXinDexer's. An order that can no longer be read is what names it: order_id, or token, wanted
// token and offered output.
#pragma once

#include <string>

#include "serve/notifications.h"
#include "serve/swap_topics.h"

namespace sluice::serve {

/// Works off one notice. Bounds: subscriptions has marks, and is the session's.
[[nodiscard]] Notified write_swap_notice(SwapSubscriptions& subscriptions, const SessionState& session,
                                         const ServerContext& context, std::string& line);

}  // namespace sluice::serve
