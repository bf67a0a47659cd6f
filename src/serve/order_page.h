// A page of orders in the node's shape, by our own rules: what is not to be shown is left out before the page is cut,
// so pages are full; a cursor goes on where a page ended, at the price of the first page.
//
//   open     orders whose coin is there and that nobody spends in the mempool
//   history  closed orders, and behind them the open ones whose coin is being spent in the mempool
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "serve/server_context.h"
#include "swap/order.h"

namespace sluice::serve {

/// Orders of one page.
inline constexpr std::uint64_t page_limit_max = 1'000;
inline constexpr std::uint64_t page_limit_default = 100;
/// Work on one page: an order that is looked at is one step, a coin that is looked for coin_steps.
inline constexpr std::uint64_t page_steps_max = 100'000;
inline constexpr std::uint64_t coin_steps = 20;

/// The parts of all listings, as cursors number them.
enum class ListingPart : std::uint8_t {
  open_offered,
  open_wanted,
  history_offered,
  history_wanted,
  spending_offered,  ///< behind the history
  spending_wanted,
};
inline constexpr std::size_t listing_part_count = 6;

struct PagePlace {
  ListingPart part = ListingPart::open_offered;
  std::optional<swap::OrderId> after;  ///< missing: from its first order
};

struct PageRequest {
  BookSide side = BookSide::offered;
  BookKind kind = BookKind::open;
  swap::TokenId token{};
  std::uint64_t limit = page_limit_default;  ///< <= page_limit_max
  std::uint64_t offset = 0;                  ///< orders that are passed over, of those that would be shown
  std::optional<std::uint64_t> max_age;      ///< of open ones, in blocks; of the tip's own block: 0
  std::optional<PagePlace> place;            ///< missing: from the first order of the listing
};

enum class PageStop : std::uint8_t {
  end,         ///< of the listing
  full,        ///< limit is reached
  steps_over,  ///< page_steps_max: there may be more
  too_large,   ///< more than options.max_send bytes
};

struct PageResult {
  PageStop stop = PageStop::end;
  PagePlace next;  ///< behind the last order of the page, or the last that was passed over
  std::uint64_t steps = 0;
};

/// Appends `{...},{...}`. Bounds: context.swaps. Errors: the views'; the reply then ends anywhere.
/// looks_on: behind a full page it is looked, with the steps left, whether anything follows; else `full` says nothing.
/// Cost: linear in offset, limit and what is left out between; at most page_steps_max.
[[nodiscard]] Result<PageResult> append_page(std::string& reply, const ServerContext& context,
                                             const PageRequest& request, bool looks_on);

/// `{"orders":[...],"next_cursor":"..."|null,"height":n}`. A page whose steps are over is short or empty, and has a
/// cursor: the client goes on. Errors and bounds as append_page.
[[nodiscard]] Result<PageResult> append_cursor_page(std::string& reply, const ServerContext& context,
                                                    const PageRequest& request);

/// The place that a cursor names; an empty one names the first order. nullopt: it is none of this listing.
[[nodiscard]] std::optional<PagePlace> read_page_cursor(std::string_view text, BookSide side, BookKind kind,
                                                        const swap::TokenId& token);

/// One order as the node shows it: `{...}`.
void append_node_offer(std::string& reply, const swap::Order& order, std::uint32_t block_height);
/// Height of the advertisement, or of the spender in the history.
[[nodiscard]] std::uint32_t shown_height(const ReadView& view, const swap::Order& order, OrderStanding standing);

}  // namespace sluice::serve
