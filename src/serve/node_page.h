// A page of orders exactly as the node cuts it: raw rows are counted, dead and superseded ones among them, and what is
// not to be shown is left out afterwards. So pages may be short or empty while later ones have orders.
#pragma once

#include "serve/order_page.h"

namespace sluice::serve {

/// Open orders that the node looks at for the end of a history page.
inline constexpr std::uint64_t node_spending_scan = 1'000;
/// The node counts no further.
inline constexpr std::uint64_t node_count_max = 100'000;

/// Appends `{...},{...}`. Bounds and errors as append_page; the place and its cursor are not looked at.
///   open     limit rows behind offset; then those go whose coin is missing or spent in the mempool, and with max_age
///            those of the tip's block and those older than it
///   history  limit rows behind offset; if there are fewer, the first 1,000 open ones that the mempool spends follow,
///            whatever the offset
[[nodiscard]] Result<PageResult> append_node_page(std::string& reply, const ServerContext& context,
                                                  const PageRequest& request);

}  // namespace sluice::serve
