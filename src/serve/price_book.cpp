#include "serve/price_book.h"

#include <algorithm>

#include "serve/market_order.h"
#include "serve/offered_coin.h"

namespace sluice::serve {

Result<PriceBook> price_book(const ServerContext& context, const BookQuery& query, bool highest_first,
                             const std::function<bool(const swap::Order&)>& takes) {
  struct Priced {
    std::uint64_t price = 0;
    swap::OrderId id;
  };
  std::vector<Priced> priced;
  PriceBook book;
  Status checked;
  const Status walked = context.swaps->walk(query, std::nullopt, [&](const swap::Order& order, auto) {
    if (book.visits == order_visits_max) {
      book.is_whole = false;
      return WalkOrders::stop;
    }
    ++book.visits;
    if (!takes(order)) return WalkOrders::go_on;
    const auto coin = offered_coin(context, order);
    if (!coin) checked = coin.error();
    else if (coin.value() == OfferedCoin::free) priced.push_back({market_price(order), order.id});
    return checked ? WalkOrders::go_on : WalkOrders::stop;
  });
  if (!walked) return walked.error();
  if (!checked) return checked.error();
  std::ranges::sort(priced, [&](const Priced& a, const Priced& b) {
    if (a.price != b.price) return highest_first ? a.price > b.price : a.price < b.price;
    return a.id < b.id;
  });
  book.ids.reserve(priced.size());
  for (const Priced& one : priced) book.ids.push_back(one.id);
  return book;
}

}  // namespace sluice::serve
