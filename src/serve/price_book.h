// One side of a book, best price first.
#pragma once

#include <functional>
#include <vector>

#include "serve/server_context.h"
#include "serve/swap_view.h"

namespace sluice::serve {

/// Orders looked at for one answer; a book is made of the first so many of its listing.
inline constexpr std::size_t order_visits_max = 10'000;
/// Orders read for the price of one unit of a session's cost, as histories are.
inline constexpr double order_visits_per_cost = 50;

struct PriceBook {
  std::vector<swap::OrderId> ids;  ///< of orders whose coin is there for the taking; equal prices by id
  bool is_whole = true;            ///< there were no more orders than are looked at
  std::size_t visits = 0;
};

/// Of the orders of a listing that `takes` lets in. Errors: the view's.
/// Cost: each order is read and its price terms decoded; 80 bytes an order meanwhile.
[[nodiscard]] Result<PriceBook> price_book(const ServerContext& context, const BookQuery& query, bool highest_first,
                                           const std::function<bool(const swap::Order&)>& takes);

}  // namespace sluice::serve
