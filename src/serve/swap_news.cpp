#include "serve/swap_news.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "serve/market_order.h"
#include "serve/snapshot.h"

namespace sluice::serve {
namespace {

constexpr std::array<std::string_view, 10> kind_names{"opened",    "replaced",    "superseded", "closed",   "reopened",
                                                      "withdrawn", "unconfirmed", "dropped",    "spending", "released"};

/// What the changes of one order in a row say.
struct Course {
  swap::ChangeKind first{};
  std::vector<swap::TokenId> wants;  ///< each once
  std::size_t position = 0;          ///< of the first change
};

bool was_open(swap::ChangeKind first) {
  switch (first) {
    case swap::ChangeKind::replaced:
    case swap::ChangeKind::closed:
    case swap::ChangeKind::died:
    case swap::ChangeKind::withdrawn: return true;
    case swap::ChangeKind::opened:
    case swap::ChangeKind::reopened:
    case swap::ChangeKind::pruned: return false;
  }
  return false;
}

void note_want(Course& course, const swap::TokenId& want) {
  if (std::ranges::find(course.wants, want) == course.wants.end()) course.wants.insert(course.wants.begin(), want);
}

void describe(SwapNews& news, const swap::Order& order) {
  news.want = order.want;
  news.is_buy = is_buy(order);
  news.has_quote = has_quote(order);
  if (const auto maker = market_order(order).maker) news.maker = maker->scripthash;
}

/// Appends the news of one order.   Errors: the views'.
Status append_course(const SwapView& old_swaps, const SwapView& swaps, const swap::OrderId& id, Course course,
                     std::vector<SwapNews>& items) {
  SwapNews news;
  news.id = id;
  const auto found_old = old_swaps.find(id, [&](const swap::Order& order, OrderStanding standing) {
    describe(news, order);
    if (standing == OrderStanding::open) note_want(course, order.want);
    return WalkOrders::stop;
  });
  if (!found_old) return found_old.error();
  news.want = course.wants.back();
  bool is_open = false;
  bool is_closed = false;
  const auto found = swaps.find(id, [&](const swap::Order& order, OrderStanding standing) {
    is_open = standing == OrderStanding::open;
    is_closed = standing == OrderStanding::history;
    describe(news, order);
    return WalkOrders::stop;
  });
  if (!found) return found.error();
  const bool before = was_open(course.first);
  if (is_closed) {
    if (course.first == swap::ChangeKind::pruned) return {};
    news.kind = NewsKind::closed;
  } else if (is_open) {
    news.kind = before                                       ? NewsKind::replaced
                : course.first == swap::ChangeKind::reopened ? NewsKind::reopened
                                                             : NewsKind::opened;
  } else if (before) {
    news.kind = NewsKind::withdrawn;
  } else {
    return {};
  }
  for (const swap::TokenId& want : course.wants) {
    if (want == news.want || !before) continue;
    SwapNews left = news;
    left.kind = NewsKind::superseded;
    left.want = want;
    items.push_back(left);
  }
  items.push_back(news);
  return {};
}

Status append_news_of_blocks(const SwapView& old_swaps, const SwapView& swaps,
                             const std::vector<swap::OrderChange>& changes, std::vector<SwapNews>& items) {
  std::map<swap::OrderId, Course> courses;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto [at, is_new] = courses.try_emplace(changes[i].id);
    Course& course = at->second;
    if (is_new) course = {changes[i].kind, {}, i};
    std::erase(course.wants, changes[i].want);
    course.wants.push_back(changes[i].want);
  }
  std::vector<const std::pair<const swap::OrderId, Course>*> in_order;
  for (const auto& item : courses) in_order.push_back(&item);
  std::ranges::sort(in_order, {}, [](const auto* item) { return item->second.position; });
  for (const auto* item : in_order) {
    if (Status appended = append_course(old_swaps, swaps, item->first, item->second, items); !appended) return appended;
  }
  return {};
}

using AdPlaceInMempool = std::pair<Txid, std::uint32_t>;
using Advertised = std::map<AdPlaceInMempool, SwapNews>;

/// The offers of a mempool, swap_news_max + 1 at most.
Advertised advertised_in(const MempoolView* mempool) {
  Advertised found;
  if (mempool == nullptr) return found;
  mempool->walk_offers([&](const Txid& txid, std::uint32_t output, const swap::Order& order) {
    SwapNews& news = found[{txid, output}];
    news.id = order.id;
    news.ad_txid = txid;
    news.ad_output = output;
    describe(news, order);
    return found.size() <= swap_news_max;
  });
  return found;
}

Status append_news_of_mempool(const Snapshot& before, const Snapshot& after, SwapNewsList& list) {
  Advertised old = advertised_in(before.mempool.get());
  Advertised now = advertised_in(after.mempool.get());
  list.is_cut |= old.size() > swap_news_max || now.size() > swap_news_max;
  for (auto& [place, news] : old) {
    if (now.contains(place)) continue;
    const auto confirmed = after.view->find_tx(place.first);
    if (!confirmed) return confirmed.error();
    if (confirmed.value()) continue;  // the news of its block say what it is now
    news.kind = NewsKind::dropped;
    list.items.push_back(news);
  }
  for (auto& [place, news] : now) {
    if (old.contains(place)) continue;
    news.kind = NewsKind::unconfirmed;
    list.items.push_back(news);
  }
  return {};
}

std::vector<Outpoint> offered_spends_in(const MempoolView* mempool) {
  std::vector<Outpoint> spends;
  if (mempool == nullptr) return spends;
  mempool->walk_offered_spends([&](const Outpoint& outpoint) { spends.push_back(outpoint); });
  std::ranges::sort(spends);
  return spends;
}

/// News of this kind about the open orders that offer `outpoints`.   Errors: the view's.
Status append_news_of_spends(const SwapView& swaps, const std::vector<Outpoint>& outpoints, NewsKind kind,
                             SwapNewsList& list) {
  for (const Outpoint& outpoint : outpoints) {
    const Status walked = swaps.walk_offered(outpoint, [&](const swap::Order& order, OrderStanding standing) {
      if (standing != OrderStanding::open) return WalkOrders::go_on;
      SwapNews news;
      news.kind = kind;
      news.id = order.id;
      describe(news, order);
      list.items.push_back(news);
      return list.items.size() <= swap_news_max ? WalkOrders::go_on : WalkOrders::stop;
    });
    if (!walked) return walked;
    if (list.items.size() > swap_news_max) break;
  }
  return {};
}

/// An order that the newer snapshot has closed is not open there, so that its coin's spender is not told as gone.
Status append_spends(const Snapshot& before, const Snapshot& after, SwapNewsList& list) {
  const std::vector<Outpoint> old = offered_spends_in(before.mempool.get());
  const std::vector<Outpoint> now = offered_spends_in(after.mempool.get());
  std::vector<Outpoint> changed;
  std::ranges::set_difference(old, now, std::back_inserter(changed));
  if (Status told = append_news_of_spends(*after.swaps, changed, NewsKind::released, list); !told) return told;
  changed.clear();
  std::ranges::set_difference(now, old, std::back_inserter(changed));
  return append_news_of_spends(*after.swaps, changed, NewsKind::spending, list);
}

}  // namespace

std::string_view name_of(NewsKind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)]; }

Result<SwapNewsList> swap_news(const Snapshot& before, const Snapshot& after, const Changes& changes) {
  SwapNewsList list;
  if (after.swaps == nullptr || before.view == nullptr) return list;
  list.is_cut = before.swaps == nullptr || changes.orders.size() > swap_news_max;
  if (!list.is_cut) {
    if (Status status = append_news_of_blocks(*before.swaps, *after.swaps, changes.orders, list.items); !status)
      return std::move(status).error();
    if (before.mempool != after.mempool) {
      if (Status status = append_news_of_mempool(before, after, list); !status) return std::move(status).error();
      if (Status status = append_spends(before, after, list); !status) return std::move(status).error();
    }
  }
  list.is_cut |= list.items.size() > swap_news_max;
  if (list.is_cut) list.items.clear();
  return list;
}

}  // namespace sluice::serve
