// Answers of the swap calls out of checked parameters, however they came: by JSON-RPC or by a path.
#pragma once

#include <cstdint>
#include <string>

#include "serve/fault.h"
#include "serve/order_page.h"

namespace sluice::serve {

/// Appends `[...]`, cut as the node does with parity. steps: what it took, as PageResult has it.
/// Faults: too large; more would have to be passed over than page_steps_max, and a cursor is to be used; unreadable.
[[nodiscard]] Outcome answer_page(std::string& reply, const ServerContext& context, const PageRequest& request,
                                  std::uint64_t& steps);
/// Appends `{"orders":...}` (order_page.h), by our own rules always. Faults: too large; unreadable.
[[nodiscard]] Outcome answer_cursor_page(std::string& reply, const ServerContext& context, const PageRequest& request,
                                         std::uint64_t& steps);

struct OrderCounts {
  std::uint64_t open = 0;
  std::uint64_t history = 0;
};
/// With parity dead and superseded orders count as open, and nothing is counted beyond node_count_max.
[[nodiscard]] Outcome count_orders(const ServerContext& context, BookSide side, const swap::TokenId& token,
                                   OrderCounts& counts);
/// Of all tokens; with parity those offered under the token of 32 zeros, which is what the node counts.
[[nodiscard]] Outcome count_all_orders(const ServerContext& context, OrderCounts& counts);
/// `"open":n,"history":n`
void append_counts(std::string& reply, const OrderCounts& counts);

}  // namespace sluice::serve
