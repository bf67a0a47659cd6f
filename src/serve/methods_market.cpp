// swap.get_*: RXinDexer's market calls. What is wrong with a call is said in its result, as there.
//
// An answer is made of listings, one behind the other: one for each way in which an order can be about the tokens
// named. A cursor says in which listing and behind which order the answer goes on.
#include <algorithm>
#include <limits>

#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/market_order.h"
#include "serve/method_table.h"
#include "serve/offered_coin.h"
#include "serve/price_book.h"
#include "serve/python_text.h"
#include "serve/token_argument.h"
#include "serve/token_name.h"

namespace sluice::serve {
namespace {

constexpr std::size_t default_limit = 50;
constexpr std::size_t limit_max = 200;
constexpr std::size_t unconfirmed_max = 1'000;
/// One listing, and which of its orders count.
struct Leg {
  BookQuery query;
  bool buys = false;
  bool of_pair = false;

  [[nodiscard]] bool takes(const swap::Order& order) const {
    return is_buy(order) == buys && (!of_pair || has_quote(order));
  }
};

struct MarketRequest {
  std::optional<swap::TokenId> base;
  std::optional<swap::TokenId> quote;
  std::size_t limit = default_limit;
  std::size_t offset = 0;
  bool by_cursor = false;  ///< the answer has the shape with a cursor
  std::string cursor;      ///< empty: from the first order
};

void append_error(std::string& reply, std::string_view message) {
  reply += "{\"error\":";
  append_json_string(reply, message);
  reply += '}';
}

/// An argument that names a token or is left out; false: the error was answered.   Errors: the view's.
Result<bool> read_token(Call& call, const JsonValue& value, std::optional<swap::TokenId>& target) {
  if (!is_given(value)) return true;
  const auto name = value.is(JsonKind::string) ? read_token_name(value.text()) : std::nullopt;
  if (!name) {
    append_error(call.reply, "Invalid ref format: " + python_str(value));
    return false;
  }
  const auto token = resolve(*call.context.swaps, *name);
  if (!token) return token.error();
  target = token.value();
  return true;
}

/// The first two arguments; as read_token.
Result<bool> read_pair(Call& call, MarketRequest& request) {
  auto read = read_token(call, call.argument[0], request.base);
  if (read && read.value()) read = read_token(call, call.argument[1], request.quote);
  return read;
}

/// limit, offset and cursor from the argument on.
Outcome read_page(const Call& call, std::size_t first_argument, MarketRequest& request) {
  const auto limit = to_count(call.argument[first_argument], default_limit);
  if (!limit.ok()) return limit.fault();
  const auto offset = to_count(call.argument[first_argument + 1], 0);
  if (!offset.ok()) return offset.fault();
  request.limit = std::clamp<std::size_t>(limit.value(), 1, limit_max);
  request.offset = offset.value();
  const JsonValue& cursor = call.argument[first_argument + 2];
  request.by_cursor = static_cast<bool>(cursor);
  if (is_given(cursor)) request.cursor = python_str(cursor);
  return std::nullopt;
}

std::vector<Leg> legs_of(const MarketRequest& request, BookKind kind) {
  if (request.base && request.quote) {
    return {{{BookSide::wanted, kind, *request.quote, request.base}, false, true},
            {{BookSide::wanted, kind, *request.base, request.quote}, true, true}};
  }
  if (request.base) {
    return {{{BookSide::offered, kind, *request.base, {}}, false, false},
            {{BookSide::wanted, kind, *request.base, {}}, true, false}};
  }
  return {{{BookSide::wanted, kind, *request.quote, {}}, false, true},
          {{BookSide::offered, kind, *request.quote, {}}, true, true}};
}

/// Open orders are shown while their coin is there for the taking.   Errors: the view's.
Result<bool> is_shown(const Call& call, const swap::Order& order, BookKind kind) {
  if (kind == BookKind::history) return true;
  const auto coin = offered_coin(call.context, order);
  if (!coin) return coin.error();
  return coin.value() == OfferedCoin::free;
}

/// Appends a list, or the object that has one.
Outcome append_list(Call& call, const MarketRequest& request, BookKind kind) {
  const std::vector<Leg> legs = legs_of(request, kind);
  ListPlace place;
  std::optional<swap::OrderId> after;
  if (!request.cursor.empty()) {
    const auto read = read_list_cursor(request.cursor, legs.size());
    if (!read) {
      append_error(call.reply, "Invalid cursor: " + request.cursor);
      return std::nullopt;
    }
    place = *read;
    after = place.last;
  }
  std::size_t visits = 0;
  std::size_t skipped = 0;
  std::size_t listed = 0;
  bool has_more = false;
  Status answered;
  const MarketStatus status = kind == BookKind::open ? MarketStatus::open : MarketStatus::filled;
  call.reply += request.by_cursor ? "{\"entries\":[" : "[";
  for (std::size_t leg = place.listing; leg < legs.size() && !has_more; ++leg) {
    const Status walked = call.context.swaps->walk(legs[leg].query, after, [&](const swap::Order& order, auto) {
      if (listed == request.limit || visits == order_visits_max || call.too_large()) {
        has_more = true;
        return WalkOrders::stop;
      }
      ++visits;
      place = {leg, order.id};
      if (!legs[leg].takes(order)) return WalkOrders::go_on;
      const auto shown = is_shown(call, order, kind);
      if (!shown) answered = shown.error();
      else if (shown.value() && ++skipped > request.offset) {
        if (listed++ != 0) call.reply += ',';
        answered = append_market_order(call.reply, call.context, order, status);
      }
      return answered ? WalkOrders::go_on : WalkOrders::stop;
    });
    if (!walked) return call.failed(walked.error());
    if (!answered) return call.failed(answered.error());
    after.reset();
  }
  call.cost += static_cast<double>(visits) / order_visits_per_cost;
  if (call.too_large()) return call.too_large_fault();
  call.reply += ']';
  if (request.by_cursor) {
    call.reply += ",\"next_cursor\":";
    if (has_more) append_plain_string(call.reply, list_cursor(place));
    else call.reply += "null";
    call.reply += has_more ? ",\"has_more\":true}" : ",\"has_more\":false}";
  }
  return std::nullopt;
}

/// One side of a pair's book; appends the page of it.   Errors: the view's.
Status append_side_of_book(Call& call, const MarketRequest& request, const Leg& leg, bool& is_whole) {
  const auto book = price_book(call.context, leg.query, leg.buys, [&](const auto& order) { return leg.takes(order); });
  if (!book) return book.error();
  call.cost += static_cast<double>(book.value().visits) / order_visits_per_cost;
  is_whole &= book.value().is_whole;
  const auto& ids = book.value().ids;
  const std::size_t first = std::min(request.offset, ids.size());
  const std::size_t end = first + std::min(request.limit, ids.size() - first);
  for (std::size_t i = first; i < end; ++i) {
    if (i != first) call.reply += ',';
    Status written;
    const auto found = call.context.swaps->find(ids[i], [&](const swap::Order& order, auto) {
      written = append_market_order(call.reply, call.context, order, MarketStatus::open);
      return WalkOrders::stop;
    });
    if (!found) return found.error();
    if (!written) return written;
  }
  return {};
}

Outcome append_book(Call& call, const MarketRequest& request) {
  const std::vector<Leg> legs = legs_of(request, BookKind::open);
  bool is_whole = true;
  call.reply += "{\"bids\":[";
  if (Status status = append_side_of_book(call, request, legs[1], is_whole); !status)
    return call.failed(status.error());
  call.reply += "],\"asks\":[";
  if (Status status = append_side_of_book(call, request, legs[0], is_whole); !status)
    return call.failed(status.error());
  call.reply += is_whole ? "]}" : "],\"incomplete\":true}";
  return std::nullopt;
}

/// Does the order belong to the tokens asked for?
bool matches(const MarketOrder& market, const MarketRequest& request) {
  return (!request.base || market.base == *request.base) && (!request.quote || market.quote == request.quote);
}

/// Appends the unconfirmed orders that `wanted` takes, by id and place, at most unconfirmed_max.
template <typename Wanted>
Outcome append_unconfirmed(Call& call, Wanted&& wanted) {
  using Place = std::tuple<swap::OrderId, Txid, std::uint32_t>;
  std::vector<std::pair<Place, std::string>> found;
  std::size_t visits = 0;
  if (call.mempool() != nullptr) {
    call.mempool()->walk_offers([&](const Txid& txid, std::uint32_t output, const swap::Order& order) {
      ++visits;
      if (!wanted(market_order(order))) return true;
      std::string text;
      append_unconfirmed_order(text, txid, order);
      found.emplace_back(Place(order.id, txid, output), std::move(text));
      return found.size() < unconfirmed_max;
    });
  }
  call.cost += static_cast<double>(visits) / order_visits_per_cost;
  std::ranges::sort(found);
  call.reply += '[';
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i != 0) call.reply += ',';
    call.reply += found[i].second;
  }
  call.reply += ']';
  return std::nullopt;
}

/// False: there is no index, which was answered.
bool has_index(Call& call) {
  if (call.context.swaps != nullptr) return true;
  append_error(call.reply, "Swap indexing not enabled");
  return false;
}

}  // namespace

Outcome swap_get_orders(Call& call) {
  call.cost += 1.0;
  if (!has_index(call)) return std::nullopt;
  MarketRequest request;
  const auto read = read_pair(call, request);
  if (!read) return call.failed(read.error());
  if (!read.value()) return std::nullopt;
  if (Outcome fault = read_page(call, 2, request)) return fault;
  if (!request.base && !request.quote) {
    append_error(call.reply, "base_ref or quote_ref is required");
    return std::nullopt;
  }
  if (request.base && request.quote && !request.by_cursor) return append_book(call, request);
  return append_list(call, request, BookKind::open);
}

Outcome swap_get_history(Call& call) {
  call.cost += 1.0;
  if (!has_index(call)) return std::nullopt;
  MarketRequest request;
  const auto read = read_token(call, call.argument[0], request.base);
  if (!read) return call.failed(read.error());
  if (!read.value()) return std::nullopt;
  if (!request.base) {
    call.reply += R"({"trades":[],"error":"base_ref is required"})";
    return std::nullopt;
  }
  if (Outcome fault = read_page(call, 1, request)) return fault;
  return append_list(call, request, BookKind::history);
}

Outcome swap_get_unconfirmed_orders(Call& call) {
  call.cost += 1.0;
  if (!has_index(call)) return std::nullopt;
  MarketRequest request;
  const auto read = read_pair(call, request);
  if (!read) return call.failed(read.error());
  if (!read.value()) return std::nullopt;
  return append_unconfirmed(call, [&](const MarketOrder& market) { return matches(market, request); });
}

Outcome swap_get_user_unconfirmed(Call& call) {
  call.cost += 1.0;
  if (!has_index(call)) return std::nullopt;
  const auto scripthash = to_scripthash(call.argument[0]);
  if (!scripthash.ok()) return scripthash.fault();
  return append_unconfirmed(
      call, [&](const MarketOrder& market) { return market.maker && market.maker->scripthash == scripthash.value(); });
}

}  // namespace sluice::serve
