// swap.get_book, get_by_outpoint, get_by_txid: what is known of offers, in this server's own shape (full_offer.h).
#include <algorithm>
#include <limits>

#include "classify/rswp.h"
#include "serve/coercion.h"
#include "serve/full_offer.h"
#include "serve/json_text.h"
#include "serve/market_order.h"
#include "serve/method_table.h"
#include "serve/outpoint_argument.h"
#include "serve/price_book.h"
#include "serve/token_argument.h"
#include "serve/tx_reader.h"
#include "swap/advertisement.h"

namespace sluice::serve {
namespace {

constexpr std::uint64_t book_limit = 50;
constexpr std::uint64_t book_limit_max = 200;
/// Price of a signature check, in units of a session's cost.
constexpr double verification_cost = 0.05;

Coerced<bool> to_verify(const Call& call, const JsonValue& value) {
  if (!is_given(value)) return call.options().verify_offers;
  return to_boolean(value, "verify");
}

/// Appends offers with commas between them.
class OfferList {
 public:
  OfferList(Call& call, bool verify) : call_(call), verify_(verify) {}

  /// Errors: the view's.
  Status add(const swap::Order& order, OrderStanding standing) {
    begin();
    return append_full_offer(call_.reply, call_.context, order, standing, verify_);
  }
  Status add(const swap::Order& order, const AdSeen& ad, OfferStatus status) {
    begin();
    return append_full_offer(call_.reply, call_.context, order, ad, status, verify_);
  }

 private:
  void begin() {
    if (!std::exchange(is_first_, false)) call_.reply += ',';
    call_.cost += 1 / order_visits_per_cost + (verify_ ? verification_cost : 0);
  }

  Call& call_;
  bool verify_;
  bool is_first_ = true;
};

struct Page {
  std::size_t limit = 0;
  std::size_t offset = 0;
  bool verify = false;
};

/// `"asks":[...]` or `"bids":[...]`.   Errors: the view's.
Status append_side(Call& call, std::string_view name, const BookQuery& query, bool highest_first, const Page& page,
                   bool& is_whole) {
  const auto book = price_book(call.context, query, highest_first, [](const swap::Order&) { return true; });
  if (!book) return book.error();
  call.cost += static_cast<double>(book.value().visits) / order_visits_per_cost;
  is_whole &= book.value().is_whole;
  append_plain_string(call.reply, name);
  call.reply += ":[";
  OfferList list(call, page.verify);
  const auto& ids = book.value().ids;
  const std::size_t first = std::min(page.offset, ids.size());
  const std::size_t end = first + std::min(page.limit, ids.size() - first);
  for (std::size_t i = first; i < end && !call.too_large(); ++i) {
    Status written;
    const auto found = call.context.swaps->find(ids[i], [&](const swap::Order& order, OrderStanding standing) {
      written = list.add(order, standing);
      return WalkOrders::stop;
    });
    if (!found) return found.error();
    if (!written) return written;
  }
  call.reply += ']';
  return {};
}

/// The offers of one transaction's outputs; of confirmed ones the row says what became of them.   Errors: the view's.
Status append_offers_of(Call& call, OfferList& list, Bytes raw, const Txid& txid, const std::optional<TxPlace>& place) {
  TxView tx;
  if (!read_transaction(raw, call.options().network->has_segwit(), tx)) return {};
  for (std::uint32_t i = 0; i < tx.outputs.size() && !call.too_large(); ++i) {
    const Bytes script = tx.outputs[i].script;
    const classify::SwapParse parsed = classify::parse_swap(script, 0, {call.options().op_number_index});
    if (parsed.verdict != classify::SwapVerdict::offer) continue;
    const swap::Advertisement advertisement(script, parsed.offer, {});
    const swap::Order& order = advertisement.order();
    const AdSeen ad{txid, i, place ? place->height : 0};
    bool is_listed = false;
    Status written;
    const auto add_if_it = [&](const swap::Order& row, OrderStanding standing) {
      if (!place || row.id != order.id || row.ad != swap::AdPlace{place->tx_number, i}) return WalkOrders::go_on;
      is_listed = true;
      written = list.add(row, standing);
      return WalkOrders::stop;
    };
    if (Status walked = call.context.swaps->walk_offered(order.id.offered, add_if_it); !walked) return walked;
    if (!written) return written;
    if (is_listed) continue;
    written = list.add(order, ad, place ? OfferStatus::gone : OfferStatus::unconfirmed);
    if (!written) return written;
  }
  return {};
}

}  // namespace

Outcome swap_get_book(Call& call) {
  call.cost += 1.0;
  const auto token = token_argument(call, call.argument[0]);
  if (!token.ok()) return token.fault();
  const auto want = is_given(call.argument[1]) ? token_argument(call, call.argument[1]) : Coerced(swap::TokenId{});
  if (!want.ok()) return want.fault();
  const auto limit = to_count(call.argument[2], book_limit);
  if (!limit.ok()) return limit.fault();
  const auto offset = to_count(call.argument[3], 0);
  if (!offset.ok()) return offset.fault();
  const auto verify = to_verify(call, call.argument[4]);
  if (!verify.ok()) return verify.fault();
  const Page page{static_cast<std::size_t>(std::min(limit.value(), book_limit_max)),
                  static_cast<std::size_t>(offset.value()), verify.value()};
  bool is_whole = true;
  const auto append = [&](std::string_view name, const swap::TokenId& offered, const swap::TokenId& wanted) {
    return append_side(call, name, {BookSide::wanted, BookKind::open, wanted, offered}, name == "bids", page, is_whole);
  };
  call.reply += "{\"token\":";
  append_json_hash(call.reply, token.value());
  call.reply += ",\"want\":";
  append_json_hash(call.reply, want.value());
  call.reply += ",\"height\":";
  append_number(call.reply, call.view().tip_height());
  call.reply += ',';
  if (Status status = append("asks", token.value(), want.value()); !status) return call.failed(status.error());
  call.reply += ',';
  if (Status status = append("bids", want.value(), token.value()); !status) return call.failed(status.error());
  if (call.too_large()) return call.too_large_fault();
  call.reply += is_whole ? ",\"complete\":true}" : ",\"complete\":false}";
  return std::nullopt;
}

Outcome swap_get_by_outpoint(Call& call) {
  call.cost += 1.0;
  if (Outcome fault = need_swaps(call)) return fault;
  const auto outpoint = outpoint_argument(call);
  if (!outpoint.ok()) return outpoint.fault();
  const auto verify = to_verify(call, call.argument[2]);
  if (!verify.ok()) return verify.fault();
  OfferList list(call, verify.value());
  Status written;
  call.reply += '[';
  const Status walked = call.context.swaps->walk_offered(outpoint.value(), [&](const auto& order, auto standing) {
    written = list.add(order, standing);
    return written && !call.too_large() ? WalkOrders::go_on : WalkOrders::stop;
  });
  if (!walked) return call.failed(walked.error());
  std::size_t visits = 0;
  if (written && call.mempool() != nullptr) {
    call.mempool()->walk_offers([&](const Txid& txid, std::uint32_t output, const swap::Order& order) {
      ++visits;
      if (order.id.offered == outpoint.value()) written = list.add(order, {txid, output, 0}, OfferStatus::unconfirmed);
      return written && !call.too_large();
    });
  }
  if (!written) return call.failed(written.error());
  call.cost += static_cast<double>(visits) / order_visits_per_cost;
  if (call.too_large()) return call.too_large_fault();
  call.reply += ']';
  return std::nullopt;
}

Outcome swap_get_by_txid(Call& call) {
  call.cost += 1.0;
  if (Outcome fault = need_swaps(call)) return fault;
  const auto txid = to_txid(call.argument[0]);
  if (!txid.ok()) return txid.fault();
  const auto verify = to_verify(call, call.argument[1]);
  if (!verify.ok()) return verify.fault();
  const auto place = call.view().find_tx(txid.value());
  if (!place) return call.failed(place.error());
  OfferList list(call, verify.value());
  call.reply += '[';
  Status written;
  if (place.value()) {
    const auto raw = call.view().raw_tx(place.value()->tx_number);
    if (!raw) return call.failed(raw.error());
    written = append_offers_of(call, list, raw.value(), txid.value(), place.value());
  } else if (const auto tx = call.mempool() != nullptr ? call.mempool()->find_tx(txid.value()) : std::nullopt) {
    written = append_offers_of(call, list, tx->raw, txid.value(), std::nullopt);
  } else {
    return bad_request("no such transaction: " + txid.value().display());
  }
  if (!written) return call.failed(written.error());
  if (call.too_large()) return call.too_large_fault();
  call.reply += ']';
  return std::nullopt;
}

}  // namespace sluice::serve
