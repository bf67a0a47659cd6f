#include "swap_answers.h"

#include <algorithm>

#include "byte_text.h"

namespace sluice::model {
namespace {

using serve::BookKind;
using serve::BookQuery;
using serve::BookSide;
using serve::OrderStanding;
using serve::WalkOrders;

swap::TokenId token_id(const std::string& text) {
  swap::TokenId token;
  std::memcpy(token.data(), text.data(), token.size());
  return token;
}

swap::OrderId order_id(const NaiveOrderId& id) { return {token_id(id.token), {id_of<Txid>(id.txid), id.index}}; }

std::string described(const NaiveListed& listed) {
  constexpr const char* standings[] = {"open", "dead", "superseded", "history"};
  const NaiveOrder& order = listed.order;
  std::string text = std::string(standings[static_cast<int>(listed.standing)]) + " order of token " +
                     shown(order.id.token) + " on " + shown(order.id.txid) + ":" + std::to_string(order.id.index) +
                     " that wants " + shown(order.want) + ", advertised by output " + std::to_string(order.ad_output) +
                     " of tx " + std::to_string(order.ad_tx);
  if (order.spent_by) text += ", spent by tx " + std::to_string(*order.spent_by);
  return text;
}

std::string first_difference(const std::vector<NaiveListed>& wanted, const std::vector<NaiveListed>& got) {
  if (wanted == got) return "";
  std::size_t place = 0;
  while (place < wanted.size() && place < got.size() && wanted[place] == got[place]) ++place;
  const auto at = [&](const std::vector<NaiveListed>& listing) {
    return place < listing.size() ? described(listing[place]) : std::string("the end");
  };
  return "place " + std::to_string(place) + ": " + at(got) + " instead of " + at(wanted);
}

class Comparison {
 public:
  Comparison(const NaiveSwaps& naive, const serve::SwapView& view, Random& random)
      : naive_(naive), view_(view), random_(random) {}

  std::string run() {
    std::set<std::string> tokens = naive_.tokens();
    tokens.insert({std::string(32, '\0'), std::string(32, '\x5a')});
    for (const std::string& token : tokens) {
      compare_book(token, NaiveSide::offered);
      compare_book(token, NaiveSide::wanted);
    }
    compare_counts(naive_.totals(), view_.totals(), "totals");
    for (const NaiveOrderId& id : naive_.ids()) compare_order(id);
    compare_order({std::string(32, '\x5a'), std::string(32, '\x5b'), 1});
    return difference_;
  }

 private:
  void fail(const std::string& what, const std::string& difference) {
    if (difference_.empty() && !difference.empty()) difference_ = what + ": " + difference;
  }

  serve::OrderVisit collect(std::vector<NaiveListed>& listing, std::size_t limit = SIZE_MAX) {
    return [this, &listing, limit](const swap::Order& order, OrderStanding standing) {
      NaiveOrder copied;
      const auto token_text = [](const swap::TokenId& token) { return text_of(token); };
      copied.id = {token_text(order.id.token), text_of(order.id.offered.txid.span()), order.id.offered.index};
      copied.want = token_text(order.want);
      copied.version = order.version, copied.flags = order.flags;
      copied.offered_type = order.offered_type, copied.terms_type = order.terms_type;
      copied.price_terms = text_of(order.price_terms), copied.signature = text_of(order.signature);
      copied.ad_tx = order.ad.tx_number, copied.ad_output = order.ad.output;
      copied.ad_height = naive_.height_of(copied.ad_tx);
      if (order.spent_by != 0) {
        copied.spent_by = order.spent_by;
        copied.spent_height = naive_.height_of(order.spent_by);
      }
      listing.push_back({copied, static_cast<NaiveStanding>(standing)});
      if (order.is_backed) check_backed(listing.back());
      return listing.size() < limit ? WalkOrders::go_on : WalkOrders::stop;
    };
  }

  // Nobody looks for the coin of an open order that says it is backed.
  void check_backed(const NaiveListed& listed) {
    if (listed.standing != NaiveStanding::open) return;
    const auto creator = naive_.creator(listed.order.id.outpoint());
    if (!creator || naive_.height_of(*creator) > listed.order.ad_height || naive_.is_spent(listed.order.id.outpoint()))
      fail(described(listed), "says it is backed, and is not");
  }

  void compare_walk(const BookQuery& query, const std::optional<swap::OrderId>& after,
                    const std::vector<NaiveListed>& wanted, const std::string& what) {
    std::vector<NaiveListed> got;
    const Status status = view_.walk(query, after, collect(got));
    fail(what, status.ok() ? first_difference(wanted, got) : status.error().message);
  }

  void compare_listing(BookQuery query, const std::vector<NaiveListed>& wanted, const std::string& what) {
    compare_walk(query, std::nullopt, wanted, what);
    if (wanted.empty()) return;
    const auto place = static_cast<std::ptrdiff_t>(random_.below(wanted.size()));
    const std::vector<NaiveListed> rest(wanted.begin() + place + 1, wanted.end());
    compare_walk(query, order_id(wanted[static_cast<std::size_t>(place)].order.id), rest, what + ", from a place on");
    std::vector<NaiveListed> first;
    const Status status = view_.walk(query, std::nullopt, collect(first, static_cast<std::size_t>(place) + 1));
    fail(what + ", its first",
         status.ok() ? first_difference({wanted.begin(), wanted.begin() + place + 1}, first) : status.error().message);
    if (query.side != BookSide::wanted) return;
    const std::string& pair = wanted[static_cast<std::size_t>(place)].order.id.token;
    std::vector<NaiveListed> of_pair;
    for (const NaiveListed& listed : wanted) {
      if (listed.order.id.token == pair) of_pair.push_back(listed);
    }
    query.offered_token = token_id(pair);
    compare_walk(query, std::nullopt, of_pair, what + ", of token " + shown(pair));
  }

  void compare_book(const std::string& token, NaiveSide side) {
    const bool by_want = side == NaiveSide::wanted;
    BookQuery query;
    query.side = by_want ? BookSide::wanted : BookSide::offered;
    query.token = token_id(token);
    const std::string what = (by_want ? "wanted token " : "token ") + shown(token);
    compare_listing(query, naive_.open(side, token, false), "open orders of " + what);
    query.as_node = true;
    compare_listing(query, naive_.open(side, token, true), "open orders as the node has them, of " + what);
    query.as_node = false;
    query.kind = BookKind::history;
    compare_listing(query, naive_.history(side, token), "history of " + what);
    compare_counts(naive_.counts(side, token), view_.counts(query.side, query.token), "counts of " + what);
  }

  void compare_counts(const NaiveCounts& wanted, const Result<serve::BookCounts>& got, const std::string& what) {
    if (!got) return fail(what, got.error().message);
    const auto& [open, dead, superseded, history] = got.value();
    if (NaiveCounts{open, dead, superseded, history} == wanted) return;
    const auto text = [](std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) {
      return std::to_string(a) + " open, " + std::to_string(b) + " dead, " + std::to_string(c) + " superseded, " +
             std::to_string(d) + " in the history";
    };
    fail(what, text(open, dead, superseded, history) + " instead of " +
                   text(wanted.open, wanted.dead, wanted.superseded, wanted.history));
  }

  void compare_order(const NaiveOrderId& id) {
    std::vector<NaiveListed> got;
    const Status status = view_.walk_offered(order_id(id).offered, collect(got));
    const std::string what = "outpoint " + shown(id.txid) + ":" + std::to_string(id.index);
    fail(what, status.ok() ? first_difference(naive_.offered(id.outpoint()), got) : status.error().message);
    std::vector<NaiveListed> found;
    const Result<bool> is_there = view_.find(order_id(id), collect(found));
    const std::optional<NaiveListed> wanted = naive_.find(id);
    const std::string by_id = what + " of token " + shown(id.token);
    if (!is_there) return fail(by_id, is_there.error().message);
    fail(by_id, first_difference(wanted ? std::vector{*wanted} : std::vector<NaiveListed>{}, found));
    if (is_there.value() != wanted.has_value()) fail(by_id, "is said to be there, or not, wrongly");
  }

  const NaiveSwaps& naive_;
  const serve::SwapView& view_;
  Random& random_;
  std::string difference_;
};

}  // namespace

std::string swap_difference(const NaiveSwaps& naive, const serve::SwapView& view, Random& random) {
  return Comparison(naive, view, random).run();
}

}  // namespace sluice::model
