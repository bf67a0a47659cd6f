#include "serve/swap_answers.h"

#include <algorithm>

#include "serve/json_text.h"
#include "serve/node_page.h"
#include "serve/swap_call_arguments.h"

namespace sluice::serve {
namespace {

/// The log gets the error, the client the node's words.
Fault unreadable(const ServerContext& context, const Error& error, std::string_view what) {
  if (context.on_failure) context.on_failure(error);
  return {FaultCode::internal_error, "Failed to retrieve " + std::string(what) + " from swap index"};
}

std::string_view words_of(BookKind kind) { return kind == BookKind::open ? "orders" : "history"; }

OrderCounts own_counts(const BookCounts& counts) { return {counts.open, counts.history}; }

OrderCounts node_counts(const BookCounts& counts) {
  return {std::min(counts.open + counts.dead + counts.superseded, node_count_max),
          std::min(counts.history, node_count_max)};
}

}  // namespace

Outcome answer_page(std::string& reply, const ServerContext& context, const PageRequest& request,
                    std::uint64_t& steps) {
  reply += '[';
  const auto page =
      context.options->parity ? append_node_page(reply, context, request) : append_page(reply, context, request, false);
  if (!page) return unreadable(context, page.error(), words_of(request.kind));
  reply += ']';
  steps += page.value().steps;
  const PageStop stop = page.value().stop;
  if (stop == PageStop::too_large) return response_too_large(context.options->max_send);
  // Behind the history there may always be more open orders that nobody spends: whoever wants to know has a cursor.
  const bool is_tail =
      page.value().next.part == ListingPart::spending_offered || page.value().next.part == ListingPart::spending_wanted;
  if (stop != PageStop::steps_over || is_tail) return std::nullopt;
  return node_parameter_fault("more than 100,000 orders would have to be looked at: ask with a cursor, \"\" first");
}

Outcome answer_cursor_page(std::string& reply, const ServerContext& context, const PageRequest& request,
                           std::uint64_t& steps) {
  const auto page = append_cursor_page(reply, context, request);
  if (!page) return unreadable(context, page.error(), words_of(request.kind));
  steps += page.value().steps;
  if (page.value().stop == PageStop::too_large) return response_too_large(context.options->max_send);
  return std::nullopt;
}

Outcome count_orders(const ServerContext& context, BookSide side, const swap::TokenId& token, OrderCounts& counts) {
  const bool parity = context.options->parity;
  // The node has no orders by the wanted token of 32 zeros.
  if (parity && side == BookSide::wanted && swap::is_plain(token)) return std::nullopt;
  const auto found = context.swaps->counts(side, token);
  if (!found) return unreadable(context, found.error(), "order counts");
  counts = parity ? node_counts(found.value()) : own_counts(found.value());
  return std::nullopt;
}

Outcome count_all_orders(const ServerContext& context, OrderCounts& counts) {
  if (context.options->parity) return count_orders(context, BookSide::offered, swap::TokenId{}, counts);
  const auto found = context.swaps->totals();
  if (!found) return unreadable(context, found.error(), "order counts");
  counts = own_counts(found.value());
  return std::nullopt;
}

void append_counts(std::string& reply, const OrderCounts& counts) {
  reply += "\"open\":";
  append_number(reply, counts.open);
  reply += ",\"history\":";
  append_number(reply, counts.history);
}

}  // namespace sluice::serve
