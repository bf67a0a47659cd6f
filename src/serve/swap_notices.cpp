#include "serve/swap_notices.h"

#include "serve/full_offer.h"
#include "serve/json_text.h"
#include "serve/market_order.h"
#include "serve/notification_line.h"
#include "serve/reply_parts.h"

namespace sluice::serve {
namespace {

/// Calls `write` with the order of the rows, if it is there; true: it was.   Errors: the view's, and write's.
template <typename Write>
Result<bool> with_order(const ServerContext& context, const swap::OrderId& id, Write&& write) {
  if (context.swaps == nullptr) return false;
  Status written;
  const auto found = context.swaps->find(id, [&](const swap::Order& order, OrderStanding standing) {
    written = write(order, standing);
    return WalkOrders::stop;
  });
  if (!found) return found.error();
  if (!written) return std::move(written).error();
  return found.value();
}

MarketStatus market_status(OrderStanding standing) {
  switch (standing) {
    case OrderStanding::open: return MarketStatus::open;
    case OrderStanding::history: return MarketStatus::filled;
    case OrderStanding::dead:
    case OrderStanding::superseded: break;
  }
  return MarketStatus::cancelled;
}

/// In RXinDexer's shape.   Errors: the view's.
Status append_peer_order(std::string& line, const ServerContext& context, const swap::OrderId& id) {
  const auto found = with_order(context, id, [&](const swap::Order& order, OrderStanding standing) {
    return append_market_order(line, context, order, market_status(standing));
  });
  if (!found) return found.error();
  if (!found.value()) line += "{\"order_id\":\"" + market_order_id(id.offered) + "\"}";
  return {};
}

/// In this server's own shape.   Errors: the view's.
Status append_own_order(std::string& line, const ServerContext& context, const SwapNews& news) {
  bool is_written = false;
  if (news.kind == NewsKind::unconfirmed) {
    Status written;
    const auto write = [&](const Txid& txid, std::uint32_t output, const swap::Order& order) {
      is_written = true;
      written = append_full_offer(line, context, order, {txid, output, 0}, OfferStatus::unconfirmed, false);
      return false;
    };
    if (context.mempool != nullptr) context.mempool->find_offer(news.ad_txid, news.ad_output, write);
    if (!written) return written;
  } else if (news.kind != NewsKind::dropped) {
    const auto found = with_order(context, news.id, [&](const swap::Order& order, OrderStanding standing) {
      return append_full_offer(line, context, order, standing, false);
    });
    if (!found) return found.error();
    is_written = found.value();
  }
  if (is_written) return {};
  swap::Order name;
  name.id = news.id;
  name.want = news.want;
  append_order_name(line, name);
  return {};
}

void append_refs(std::string& line, const TopicNames& names) {
  line += "\"base_ref\":";
  append_json_string(line, names.first);
  line += ",\"quote_ref\":";
  append_json_string(line, names.second);
}

std::string_view book_change(NewsKind kind) {
  switch (kind) {
    case NewsKind::opened:
    case NewsKind::reopened: return "\"add\"";
    case NewsKind::replaced: return "\"update\"";
    default: return "\"remove\"";
  }
}

std::string_view maker_change(NewsKind kind) {
  switch (kind) {
    case NewsKind::closed: return "\"filled\"";
    case NewsKind::withdrawn: return "\"cancelled\"";
    default: return "\"new\"";
  }
}

/// Errors: the view's.
Status append_fill(std::string& line, const ServerContext& context, const swap::Order& order) {
  const auto spender = context.view->txid(order.spent_by);
  if (!spender) return spender.error();
  const std::uint32_t height = context.view->place_of(order.spent_by).height;
  const auto time = block_time(*context.view, height);
  if (!time) return time.error();
  line += "{\"order_id\":\"" + market_order_id(order.id.offered) + "\",\"tx_hash\":";
  append_json_hash(line, spender.value().span());
  line += ",\"height\":";
  append_number(line, height);
  line += ",\"timestamp\":";
  append_number(line, time.value());
  line += is_buy(order) ? ",\"side\":\"buy\",\"price\":" : ",\"side\":\"sell\",\"price\":";
  append_number(line, market_price(order));
  line += ",\"amount\":";
  append_number(line, market_price(order));
  line += '}';
  return {};
}

/// Appends the object of a notice; false: there is nothing to say any more.   Errors: the view's.
Result<bool> append_notice(std::string& line, const ServerContext& context, const SwapNotice& notice,
                           const TopicNames& names) {
  line += '{';
  bool is_said = true;
  Status appended;
  switch (notice.topic.kind) {
    case TopicKind::book:
      append_refs(line, names);
      line += ",\"change\":";
      line += book_change(notice.news.kind);
      line += ",\"order\":";
      appended = append_peer_order(line, context, notice.news.id);
      break;
    case TopicKind::fills: {
      append_refs(line, names);
      line += ",\"fill\":";
      auto filled = with_order(context, notice.news.id, [&](const swap::Order& order, OrderStanding standing) {
        is_said = standing == OrderStanding::history;
        return is_said ? append_fill(line, context, order) : Status();
      });
      if (!filled) return std::move(filled).error();
      is_said &= filled.value();
      break;
    }
    case TopicKind::maker:
      line += "\"scripthash\":";
      append_json_string(line, names.first);
      line += ",\"change\":";
      line += maker_change(notice.news.kind);
      line += ",\"order\":";
      appended = append_peer_order(line, context, notice.news.id);
      break;
    case TopicKind::token:
    case TopicKind::pair:
      line += "\"token\":";
      append_json_string(line, names.first);
      line += ",\"want\":";
      if (notice.topic.kind == TopicKind::pair) append_json_string(line, names.second);
      else line += "null";
      line += ",\"change\":";
      append_plain_string(line, name_of(notice.news.kind));
      line += ",\"order\":";
      appended = append_own_order(line, context, notice.news);
      break;
  }
  if (!appended) return std::move(appended).error();
  line += '}';
  return is_said;
}

std::string_view method_of(TopicKind kind) {
  switch (kind) {
    case TopicKind::book: return "swap.orderbook";
    case TopicKind::fills: return "swap.fill";
    case TopicKind::maker: return "swap.user_order";
    case TopicKind::token:
    case TopicKind::pair: break;
  }
  return "swap.subscribe";
}

}  // namespace

Notified write_swap_notice(SwapSubscriptions& subscriptions, const SessionState& session, const ServerContext& context,
                           std::string& line) {
  if (subscriptions.has_lost_notices) {
    subscriptions.has_lost_notices = false;
    begin_notification(line, session, "swap.resync");
    line += R"({"reason":"changes were left out: read the orders again"})";
    end_notification(line, session);
    return Notified::written;
  }
  const SwapNotice notice = std::move(subscriptions.notices.front());
  subscriptions.notices.pop_front();
  const auto topic = subscriptions.topics.find(notice.topic);
  if (topic == subscriptions.topics.end()) return Notified::checked;
  const std::size_t begin = line.size();
  begin_notification(line, session, method_of(notice.topic.kind));
  const auto said = append_notice(line, context, notice, topic->second);
  if (!said || !said.value()) {
    line.resize(begin);
    if (said) return Notified::checked;
    if (context.on_failure) context.on_failure(said.error());
    subscriptions.has_lost_notices = true;
    return Notified::checked;
  }
  end_notification(line, session);
  return Notified::written;
}

}  // namespace sluice::serve
