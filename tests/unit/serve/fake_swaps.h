// Orders as a test says they are, with the listings made by looking at all of them.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "serve/swap_view.h"

namespace sluice::serve::test {

class FakeSwaps : public SwapView {
 public:
  struct Stored {
    swap::Order order;
    OrderStanding standing = OrderStanding::open;
    std::vector<std::byte> terms;
    std::vector<std::byte> signature;
  };

  /// The order's terms and signature are copied.
  Stored& add(const swap::Order& order, OrderStanding standing = OrderStanding::open) {
    Stored& stored = orders_.emplace_back();
    stored.order = order;
    stored.standing = standing;
    stored.terms.assign(order.price_terms.begin(), order.price_terms.end());
    stored.signature.assign(order.signature.begin(), order.signature.end());
    stored.order.price_terms = stored.terms;
    stored.order.signature = stored.signature;
    return stored;
  }
  void clear() { orders_.clear(); }

  bool broken = false;  ///< every read fails
  mutable std::size_t visits = 0;

  Status walk(const BookQuery& query, const std::optional<swap::OrderId>& after,
              const OrderVisit& visit) const override {
    if (broken) return Error{ErrorKind::corrupt, "swaps: broken"};
    std::vector<const Stored*> listed;
    for (const Stored& stored : orders_) {
      if (is_in(stored, query) && (!after || *after < stored.order.id)) listed.push_back(&stored);
    }
    std::ranges::sort(listed, {}, [](const Stored* stored) { return stored->order.id; });
    for (const Stored* stored : listed) {
      ++visits;
      if (visit(stored->order, stored->standing) == WalkOrders::stop) break;
    }
    return {};
  }
  Result<BookCounts> counts(BookSide side, const swap::TokenId& token) const override {
    if (broken) return Error{ErrorKind::corrupt, "swaps: broken"};
    BookCounts counts;
    for (const Stored& stored : orders_) {
      if (token_at(stored, side) == token) count(stored, counts);
    }
    return counts;
  }
  Result<BookCounts> totals() const override {
    BookCounts counts;
    for (const Stored& stored : orders_) count(stored, counts);
    return counts;
  }
  Status walk_offered(const Outpoint& offered, const OrderVisit& visit) const override {
    if (broken) return Error{ErrorKind::corrupt, "swaps: broken"};
    for (const Stored& stored : orders_) {
      if (stored.order.id.offered == offered && visit(stored.order, stored.standing) == WalkOrders::stop) break;
    }
    return {};
  }
  Result<bool> find(const swap::OrderId& id, const OrderVisit& visit) const override {
    if (broken) return Error{ErrorKind::corrupt, "swaps: broken"};
    for (const bool in_history : {false, true}) {
      for (const Stored& stored : orders_) {
        if (stored.order.id != id || (stored.standing == OrderStanding::history) != in_history) continue;
        (void)visit(stored.order, stored.standing);
        return true;
      }
    }
    return false;
  }
  std::uint32_t history_blocks() const noexcept override { return 10'000; }

 private:
  static const swap::TokenId& token_at(const Stored& stored, BookSide side) {
    return side == BookSide::offered ? stored.order.id.token : stored.order.want;
  }
  static bool is_in(const Stored& stored, const BookQuery& query) {
    const bool in_kind = query.kind == BookKind::history ? stored.standing == OrderStanding::history
                         : query.as_node                 ? stored.standing != OrderStanding::history
                                                         : stored.standing == OrderStanding::open;
    return in_kind && token_at(stored, query.side) == query.token &&
           (!query.offered_token || stored.order.id.token == *query.offered_token);
  }
  static void count(const Stored& stored, BookCounts& counts) {
    switch (stored.standing) {
      case OrderStanding::open: ++counts.open; break;
      case OrderStanding::dead: ++counts.dead; break;
      case OrderStanding::superseded: ++counts.superseded; break;
      case OrderStanding::history: ++counts.history; break;
    }
  }

  std::deque<Stored> orders_;
};

}  // namespace sluice::serve::test
