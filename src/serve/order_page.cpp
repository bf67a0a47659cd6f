#include "serve/order_page.h"

#include "serve/full_offer.h"
#include "serve/json_text.h"
#include "serve/offered_coin.h"
#include "serve/token_name.h"

namespace sluice::serve {
namespace {

ListingPart part_of(BookSide side, BookKind kind) noexcept {
  if (kind == BookKind::open) return side == BookSide::offered ? ListingPart::open_offered : ListingPart::open_wanted;
  return side == BookSide::offered ? ListingPart::history_offered : ListingPart::history_wanted;
}

ListingPart spending_part(BookSide side) noexcept {
  return side == BookSide::offered ? ListingPart::spending_offered : ListingPart::spending_wanted;
}

bool is_spending(ListingPart part) noexcept {
  return part == ListingPart::spending_offered || part == ListingPart::spending_wanted;
}

class Pager {
 public:
  Pager(std::string& reply, const ServerContext& context, const PageRequest& request, bool looks_on)
      : reply_(reply),
        context_(context),
        request_(request),
        looks_on_(looks_on),
        reply_begin_(reply.size()),
        offset_(request.offset) {}

  Result<PageResult> run() {
    PagePlace place = request_.place.value_or(PagePlace{part_of(request_.side, request_.kind), std::nullopt});
    result_.next = place;
    if (Status passed = pass_over_counted(place); !passed) return std::move(passed).error();
    if (is_at_end_) return result_;
    if (Status walked = walk(place); !walked) return std::move(walked).error();
    const bool has_tail = request_.kind == BookKind::history && !is_spending(place.part);
    if (result_.stop == PageStop::end && !is_stopped_ && has_tail) {
      if (Status walked = walk({spending_part(request_.side), std::nullopt}); !walked) return std::move(walked).error();
    }
    return result_;
  }

 private:
  /// An offset behind what the counters say there is need not be walked to.
  Status pass_over_counted(PagePlace& place) {
    if (offset_ == 0 || place.after || is_spending(place.part)) return {};
    const auto counts = context_.swaps->counts(request_.side, request_.token);
    if (!counts) return Error(counts.error());
    if (request_.kind == BookKind::open) {
      is_at_end_ = offset_ >= counts.value().open;
    } else if (offset_ >= counts.value().history) {
      offset_ -= counts.value().history;
      place.part = spending_part(request_.side);
    }
    return {};
  }

  Status walk(const PagePlace& place) {
    const bool spending = is_spending(place.part);
    if (spending && (context_.mempool == nullptr || context_.mempool->tx_count() == 0)) return {};
    const BookKind kind = spending ? BookKind::open : request_.kind;
    Status judged;
    const Status walked = context_.swaps->walk(
        {request_.side, kind, request_.token, std::nullopt}, place.after,
        [&](const swap::Order& order, OrderStanding standing) {
          const bool looks_up = !spending && kind == BookKind::open && !row_tells_coin(order, standing);
          if (!may_step(looks_up ? coin_steps : 1)) return stop(PageStop::steps_over);
          const auto shown = spending ? Result(is_being_spent(order)) : is_shown(order, standing);
          if (!shown) {
            judged = shown.error();
            return stop(PageStop::end);
          }
          if (shown.value() && !take(order, standing)) return WalkOrders::stop;
          result_.next = {place.part, order.id};
          return WalkOrders::go_on;
        });
    return judged ? walked : judged;
  }

  WalkOrders stop(PageStop why) noexcept {
    is_stopped_ = true;
    result_.stop = why;
    return WalkOrders::stop;
  }

  bool may_step(std::uint64_t steps) noexcept {
    if (result_.steps + steps > page_steps_max) return false;
    result_.steps += steps;
    return true;
  }

  [[nodiscard]] bool is_being_spent(const swap::Order& order) const {
    return context_.mempool->spender(order.id.offered).has_value();
  }

  [[nodiscard]] Result<bool> is_shown(const swap::Order& order, OrderStanding standing) const {
    if (standing == OrderStanding::history) return true;
    const std::uint32_t tip = context_.view->tip_height();
    if (request_.max_age && tip - shown_height(*context_.view, order, standing) > *request_.max_age) return false;
    const auto coin = offered_coin(context_, order, standing);
    if (!coin) return coin.error();
    return coin.value() == OfferedCoin::free;
  }

  /// false: the page ends before or with this order.
  bool take(const swap::Order& order, OrderStanding standing) {
    if (offset_ > 0) {
      --offset_;
      return true;
    }
    if (taken_ == request_.limit) {
      (void)stop(PageStop::full);
      return false;
    }
    if (taken_++ != 0) reply_ += ',';
    append_node_offer(reply_, order, shown_height(*context_.view, order, standing));
    const std::size_t limit = context_.options->max_send;
    if (limit != 0 && reply_.size() - reply_begin_ > limit) {
      (void)stop(PageStop::too_large);
      return false;
    }
    if (taken_ < request_.limit || looks_on_) return true;
    (void)stop(PageStop::full);
    return false;
  }

  std::string& reply_;
  const ServerContext& context_;
  const PageRequest& request_;
  const bool looks_on_;
  const std::size_t reply_begin_;
  std::uint64_t offset_;
  std::uint64_t taken_ = 0;
  bool is_at_end_ = false;
  bool is_stopped_ = false;
  PageResult result_;
};

}  // namespace

Result<PageResult> append_page(std::string& reply, const ServerContext& context, const PageRequest& request,
                               bool looks_on) {
  if (request.limit == 0) return PageResult{};
  return Pager(reply, context, request, looks_on).run();
}

Result<PageResult> append_cursor_page(std::string& reply, const ServerContext& context, const PageRequest& request) {
  reply += "{\"orders\":[";
  auto page = append_page(reply, context, request, true);
  if (!page) return page;
  const PageResult& result = page.value();
  reply += "],\"next_cursor\":";
  if (result.stop == PageStop::end || !result.next.after) reply += "null";
  else append_plain_string(reply, list_cursor({static_cast<std::size_t>(result.next.part), *result.next.after}));
  reply += ",\"height\":";
  append_number(reply, context.view->tip_height());
  reply += '}';
  return page;
}

std::optional<PagePlace> read_page_cursor(std::string_view text, BookSide side, BookKind kind,
                                          const swap::TokenId& token) {
  const ListingPart part = part_of(side, kind);
  if (text.empty()) return PagePlace{part, std::nullopt};
  const auto place = read_list_cursor(text, listing_part_count);
  if (!place) return std::nullopt;
  const auto named = static_cast<ListingPart>(place->listing);
  const bool is_of_listing = named == part || (kind == BookKind::history && named == spending_part(side));
  if (!is_of_listing || (side == BookSide::offered && place->last.token != token)) return std::nullopt;
  return PagePlace{named, place->last};
}

void append_node_offer(std::string& reply, const swap::Order& order, std::uint32_t block_height) {
  reply += '{';
  append_offer_members(reply, order, block_height);
  reply += '}';
}

std::uint32_t shown_height(const ReadView& view, const swap::Order& order, OrderStanding standing) {
  return view.place_of(standing == OrderStanding::history ? order.spent_by : order.ad.tx_number).height;
}

}  // namespace sluice::serve
