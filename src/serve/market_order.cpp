#include "serve/market_order.h"

#include "base/hex.h"
#include "serve/json_text.h"
#include "serve/reply_parts.h"

namespace sluice::serve {
namespace {

void append_key(std::string& reply, std::string_view key) {
  reply += ",\"";
  reply += key;
  reply += "\":";
}

void append_number_of(std::string& reply, std::string_view key, std::uint64_t value) {
  append_key(reply, key);
  append_number(reply, value);
}

void append_hash_of(std::string& reply, std::string_view key, Bytes hash) {
  append_key(reply, key);
  append_json_hash(reply, hash);
}

/// `{"order_id":...`, to be closed.
void begin_order(std::string& reply, const swap::Order& order) {
  reply += "{\"order_id\":";
  append_plain_string(reply, market_order_id(order.id.offered));
}

/// Who gives what for what.
void append_pair(std::string& reply, const MarketOrder& market) {
  append_key(reply, "base_ref");
  append_market_ref(reply, market.base);
  append_key(reply, "quote_ref");
  if (market.quote) append_market_ref(reply, *market.quote);
  else reply += "null";
}

void append_side(std::string& reply, const MarketOrder& market) {
  append_key(reply, "side");
  reply += market.is_buy ? "\"buy\"" : "\"sell\"";
  append_number_of(reply, "price", market.price);
  append_number_of(reply, "amount", market.price);
}

void append_maker_hash(std::string& reply, const MarketOrder& market) {
  append_key(reply, "maker_scripthash");
  if (market.maker) append_json_hash(reply, market.maker->scripthash.span());
  else reply += "null";
}

void append_fill(std::string& reply, const MarketOrder& market, MarketStatus status) {
  const bool is_filled = status == MarketStatus::filled;
  append_number_of(reply, "filled_amount", is_filled ? market.price : 0);
  append_number_of(reply, "remaining_amount", is_filled ? 0 : market.price);
  append_number_of(reply, "percent_filled", is_filled ? 100 : 0);
  reply += R"(,"min_fill":0,"fee_rate":0,"status":)";
  constexpr std::string_view names[] = {"open", "filled", "cancelled"};
  append_plain_string(reply, names[static_cast<std::size_t>(status)]);
  reply += R"(,"expiry_height":null)";
  append_number_of(reply, "fill_count", is_filled ? 1 : 0);
  append_number_of(reply, "avg_fill_price", is_filled ? market.price : 0);
}

}  // namespace

std::uint64_t market_price(const swap::Order& order) {
  const auto terms = has_quote(order) ? decode_price_terms(order.price_terms) : std::nullopt;
  return terms ? terms->sum() : 0;
}

MarketOrder market_order(const swap::Order& order) {
  MarketOrder market;
  market.is_buy = is_buy(order);
  market.base = market.is_buy ? order.want : order.id.token;
  if (has_quote(order)) market.quote = market.is_buy ? order.id.token : order.want;
  const auto terms = decode_price_terms(order.price_terms);
  if (terms && has_quote(order)) market.price = terms->sum();
  if (terms) market.maker = maker_of(*terms);
  return market;
}

std::string market_order_id(const Outpoint& offered) {
  std::array<std::byte, 36> bytes;
  std::memcpy(bytes.data(), offered.txid.data(), 32);
  store_le(bytes.data() + 32, offered.index);
  std::string text;
  append_hex_reversed(text, bytes);
  return text;
}

void append_market_ref(std::string& reply, const swap::TokenId& token) {
  reply += '"';
  append_hex_reversed(reply, token);
  reply += "_0\"";
}

Status append_market_order(std::string& reply, const ServerContext& context, const swap::Order& order,
                           MarketStatus status) {
  const auto ad_txid = context.view->txid(order.ad.tx_number);
  if (!ad_txid) return ad_txid.error();
  const std::uint32_t height = context.view->place_of(order.ad.tx_number).height;
  const auto time = block_time(*context.view, height);
  if (!time) return time.error();
  const MarketOrder market = market_order(order);
  begin_order(reply, order);
  append_hash_of(reply, "tx_hash", ad_txid.value().span());
  append_number_of(reply, "vout", order.ad.output);
  append_number_of(reply, "height", height);
  append_number_of(reply, "timestamp", time.value());
  append_maker_hash(reply, market);
  append_key(reply, "maker_address");
  const std::string address = market.maker ? market.maker->address(*context.options->network) : std::string();
  if (address.empty()) reply += "null";
  else append_json_string(reply, address);
  append_pair(reply, market);
  reply += R"(,"base_ticker":null,"quote_ticker":null)";
  append_side(reply, market);
  append_fill(reply, market, status);
  reply += '}';
  return {};
}

void append_unconfirmed_order(std::string& reply, const Txid& txid, const swap::Order& order) {
  const MarketOrder market = market_order(order);
  begin_order(reply, order);
  append_hash_of(reply, "txid", txid.span());
  append_pair(reply, market);
  append_side(reply, market);
  append_maker_hash(reply, market);
  reply += ",\"confirmed\":false}";
}

}  // namespace sluice::serve
