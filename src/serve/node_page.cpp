#include "serve/node_page.h"

#include "serve/offered_coin.h"

namespace sluice::serve {
namespace {

class NodePager {
 public:
  NodePager(std::string& reply, const ServerContext& context, const PageRequest& request)
      : reply_(reply), context_(context), request_(request), reply_begin_(reply.size()) {}

  Result<PageResult> run() {
    // The node has no orders by the token of 32 zeros: it takes them for orders that say no wanted token.
    const bool wants_nothing = request_.side == BookSide::wanted && swap::is_plain(request_.token);
    if (wants_nothing || request_.limit == 0) return result_;
    if (Status walked = walk_rows(); !walked) return std::move(walked).error();
    if (request_.kind == BookKind::history && result_.stop == PageStop::end && rows_ < request_.limit) {
      if (Status walked = walk_spending(); !walked) return std::move(walked).error();
    }
    return result_;
  }

 private:
  Status walk_rows() {
    const auto counts = context_.swaps->counts(request_.side, request_.token);
    if (!counts) return Error(counts.error());
    const BookCounts& of = counts.value();
    const std::uint64_t row_count = request_.kind == BookKind::history ? of.history : of.open + of.dead + of.superseded;
    if (request_.offset >= row_count) return {};
    std::uint64_t offset = request_.offset;
    Status judged;
    const Status walked = walk(request_.kind, [&](const swap::Order& order, OrderStanding standing) {
      if (++result_.steps > page_steps_max) return stop(PageStop::steps_over);
      if (offset > 0) {
        --offset;
        return WalkOrders::go_on;
      }
      const auto shown = is_shown(order, standing);
      if (!shown) judged = shown.error();
      if (!judged || (shown.value() && !take(order, standing))) return WalkOrders::stop;
      return ++rows_ < request_.limit ? WalkOrders::go_on : stop(PageStop::full);
    });
    return judged ? walked : judged;
  }

  Status walk_spending() {
    if (context_.mempool == nullptr) return {};
    std::uint64_t seen = 0;
    return walk(BookKind::open, [&](const swap::Order& order, OrderStanding standing) {
      ++result_.steps;
      if (context_.mempool->spender(order.id.offered)) {
        if (!take(order, standing)) return WalkOrders::stop;
        ++rows_;
      }
      return ++seen < node_spending_scan && rows_ < request_.limit ? WalkOrders::go_on : WalkOrders::stop;
    });
  }

  Status walk(BookKind kind, const OrderVisit& visit) const {
    return context_.swaps->walk({request_.side, kind, request_.token, std::nullopt, true}, std::nullopt, visit);
  }

  WalkOrders stop(PageStop why) noexcept {
    result_.stop = why;
    return WalkOrders::stop;
  }

  [[nodiscard]] Result<bool> is_shown(const swap::Order& order, OrderStanding standing) {
    if (standing == OrderStanding::history) return true;
    if (!row_tells_coin(order, standing)) result_.steps += coin_steps - 1;
    const auto coin = offered_coin(context_, order, standing);
    if (!coin) return coin.error();
    if (coin.value() != OfferedCoin::free) return false;
    const std::uint32_t tip = context_.view->tip_height();
    const std::uint32_t height = shown_height(*context_.view, order, standing);
    return !request_.max_age || (tip > height && tip - height <= *request_.max_age);
  }

  /// false: the answer is too large.
  bool take(const swap::Order& order, OrderStanding standing) {
    if (reply_.size() != reply_begin_) reply_ += ',';
    append_node_offer(reply_, order, shown_height(*context_.view, order, standing));
    const std::size_t limit = context_.options->max_send;
    if (limit == 0 || reply_.size() - reply_begin_ <= limit) return true;
    (void)stop(PageStop::too_large);
    return false;
  }

  std::string& reply_;
  const ServerContext& context_;
  const PageRequest& request_;
  const std::size_t reply_begin_;
  std::uint64_t rows_ = 0;
  PageResult result_;
};

}  // namespace

Result<PageResult> append_node_page(std::string& reply, const ServerContext& context, const PageRequest& request) {
  return NodePager(reply, context, request).run();
}

}  // namespace sluice::serve
