// The node's swap calls, under its names. With parity they answer as the node does, its ways of cutting pages and of
// counting included; otherwise pages are full, dead orders are not counted, and the totals are those of all tokens.
#include <algorithm>

#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/node_page.h"
#include "serve/order_page.h"
#include "serve/price_book.h"
#include "serve/swap_answers.h"
#include "serve/swap_call_arguments.h"

namespace sluice::serve {
namespace {

Outcome check_index(const Call& call) { return call.context.swaps != nullptr ? Outcome() : Outcome(no_swap_index()); }

Outcome answer_listing(Call& call, BookSide side, BookKind kind) {
  call.cost += 1.0;
  if (Outcome fault = check_index(call)) return fault;
  const auto arguments = listing_arguments(call, side, kind);
  if (!arguments.ok()) return arguments.fault();
  const PageRequest& request = arguments.value().page;
  std::uint64_t steps = 0;
  Outcome fault = arguments.value().by_cursor ? answer_cursor_page(call.reply, call.context, request, steps)
                                              : answer_page(call.reply, call.context, request, steps);
  call.cost += static_cast<double>(steps) / order_visits_per_cost;
  return fault;
}

Outcome answer_counts(Call& call, BookSide side) {
  call.cost += 0.5;
  if (Outcome fault = check_index(call)) return fault;
  const auto token =
      to_node_token(call.argument[0], side == BookSide::offered ? std::string_view("token_ref") : "want_token_ref");
  if (!token.ok()) return token.fault();
  OrderCounts counts;
  if (Outcome fault = count_orders(call.context, side, token.value(), counts)) return fault;
  call.reply += '{';
  append_counts(call.reply, counts);
  call.reply += '}';
  return std::nullopt;
}

}  // namespace

Outcome get_open_orders(Call& call) { return answer_listing(call, BookSide::offered, BookKind::open); }
Outcome get_open_orders_by_want(Call& call) { return answer_listing(call, BookSide::wanted, BookKind::open); }
Outcome get_swap_history(Call& call) { return answer_listing(call, BookSide::offered, BookKind::history); }
Outcome get_swap_history_by_want(Call& call) { return answer_listing(call, BookSide::wanted, BookKind::history); }
Outcome get_swap_count(Call& call) { return answer_counts(call, BookSide::offered); }
Outcome get_swap_count_by_want(Call& call) { return answer_counts(call, BookSide::wanted); }

Outcome get_swap_index_info(Call& call) {
  call.cost += 0.2;
  const SwapView* swaps = call.context.swaps;
  OrderCounts counts;
  if (swaps != nullptr) {
    if (Outcome fault = count_all_orders(call.context, counts)) return fault;
  }
  // The node says its default whatever it was told to keep.
  constexpr std::uint64_t node_history_blocks = 10'000;
  std::uint64_t history_blocks = 0;
  if (swaps != nullptr) history_blocks = call.options().parity ? node_history_blocks : swaps->history_blocks();
  call.reply += swaps != nullptr ? "{\"enabled\":true,\"current_height\":" : "{\"enabled\":false,\"current_height\":";
  append_number(call.reply, swaps != nullptr ? call.view().tip_height() : 0);
  call.reply += ",\"total_orders\":";
  append_number(call.reply, counts.open + counts.history);
  call.reply += ",\"open_orders\":";
  append_number(call.reply, counts.open);
  call.reply += ",\"history_orders\":";
  append_number(call.reply, counts.history);
  call.reply += ",\"history_blocks\":";
  append_number(call.reply, history_blocks);
  call.reply += '}';
  return std::nullopt;
}

}  // namespace sluice::serve
