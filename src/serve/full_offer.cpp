#include "serve/full_offer.h"

#include <array>

#include "serve/found_output.h"
#include "serve/json_text.h"
#include "serve/offer_signature.h"
#include "serve/offered_coin.h"
#include "serve/price_terms.h"
#include "serve/text_room.h"

namespace sluice::serve {
namespace {

constexpr std::array<std::string_view, 8> status_names{"open",       "pending", "spending",    "dead",
                                                       "superseded", "closed",  "unconfirmed", "gone"};

struct Spent {
  Txid txid;
  std::uint32_t height = 0;
};

/// Bytes of the members without what terms and signature take: three hashes, six numbers, the names.
constexpr std::size_t fixed_members_bytes = 3 * 66 + 6 * 10 + 192;

/// `"tokenid"`, `"want_tokenid"` if there is one, `"utxo"`.
void write_name_members(TextRoom& room, const swap::Order& order) {
  room.literal("\"tokenid\":");
  room.hash(order.id.token);
  if (order.has_want()) {
    room.literal(",\"want_tokenid\":");
    room.hash(order.want);
  }
  room.literal(",\"utxo\":{\"txid\":");
  room.hash(order.id.offered.txid.span());
  room.literal(",\"vout\":");
  room.number(order.id.offered.index);
  room.literal("}");
}

void append_ad(std::string& reply, const AdSeen& ad) {
  reply += ",\"ad\":{\"txid\":";
  append_json_hash(reply, ad.txid.span());
  reply += ",\"vout\":";
  append_number(reply, ad.output);
  reply += ",\"height\":";
  append_number(reply, ad.height);
  reply += '}';
}

void append_spent(std::string& reply, const std::optional<Spent>& spent) {
  if (!spent) {
    reply += ",\"spent\":null";
    return;
  }
  reply += ",\"spent\":{\"txid\":";
  append_json_hash(reply, spent->txid.span());
  reply += ",\"height\":";
  append_number(reply, spent->height);
  reply += '}';
}

void append_terms(std::string& reply, const swap::Order& order, const chain::Network& network) {
  const auto terms = decode_price_terms(order.price_terms);
  if (!terms) {
    reply += ",\"terms\":null,\"price\":null";
    return;
  }
  reply += ",\"terms\":[";
  for (std::size_t i = 0; i < terms->outputs.size(); ++i) {
    const TermsOutput& output = terms->outputs[i];
    reply += i == 0 ? "{\"value\":" : ",{\"value\":";
    append_number(reply, output.value);
    reply += ",\"script\":";
    append_json_hex(reply, output.script);
    if (const auto payment = payment_script(output.script)) {
      reply += ",\"address\":";
      append_json_string(reply, Maker{{}, *payment}.address(network));
    }
    reply += '}';
  }
  reply += "],\"price\":";
  append_number(reply, terms->sum());
}

Status append_checks(std::string& reply, const ServerContext& context, const swap::Order& order) {
  const auto read = read_output(context, order.id.offered);
  if (!read) return read.error();
  const std::optional<RawOutput>& output = read.value();
  const SignatureCheck check = output ? check_signature(order, output->value, output->script) : SignatureCheck::unknown;
  constexpr std::string_view answers[] = {"true", "false", "null"};
  reply += ",\"signature_valid\":";
  reply += answers[static_cast<std::size_t>(check)];
  reply += ",\"token_held\":";
  if (!output) reply += "null";
  else reply += holds_token(output->script, order.id.token) ? "true" : "false";
  return {};
}

Status append_object(std::string& reply, const ServerContext& context, const swap::Order& order, const AdSeen& ad,
                     OfferStatus status, const std::optional<Spent>& spent, bool verify) {
  reply += '{';
  append_offer_members(reply, order, status == OfferStatus::closed ? spent->height : ad.height);
  append_ad(reply, ad);
  reply += ",\"status\":";
  append_plain_string(reply, status_names[static_cast<std::size_t>(status)]);
  append_spent(reply, spent);
  append_terms(reply, order, *context.options->network);
  if (verify) {
    if (Status checked = append_checks(reply, context, order); !checked) return checked;
  }
  reply += '}';
  return {};
}

/// Of an order that its row calls open.   Errors: the view's.
Result<OfferStatus> open_status(const ServerContext& context, const swap::Order& order) {
  const auto coin = offered_coin(context, order);
  if (!coin) return coin.error();
  switch (coin.value()) {
    case OfferedCoin::free: return OfferStatus::open;
    case OfferedCoin::missing: return OfferStatus::pending;
    case OfferedCoin::spent_in_mempool: return OfferStatus::spending;
  }
  return OfferStatus::open;
}

Result<OfferStatus> status_of(const ServerContext& context, const swap::Order& order, OrderStanding standing) {
  switch (standing) {
    case OrderStanding::open: return open_status(context, order);
    case OrderStanding::dead: return OfferStatus::dead;
    case OrderStanding::superseded: return OfferStatus::superseded;
    case OrderStanding::history: return OfferStatus::closed;
  }
  return OfferStatus::dead;
}

std::optional<Spent> spent_in_mempool(const ServerContext& context, const swap::Order& order) {
  const auto spender = context.mempool == nullptr ? std::nullopt : context.mempool->spender(order.id.offered);
  return spender ? std::optional(Spent{*spender, 0}) : std::nullopt;
}

}  // namespace

void append_offer_members(std::string& reply, const swap::Order& order, std::uint32_t block_height) {
  TextRoom room(reply, fixed_members_bytes + 2 * (order.price_terms.size() + order.signature.size()) + 4);
  room.literal("\"version\":");
  room.number(order.version);
  room.literal(",\"flags\":");
  room.number(order.flags);
  room.literal(",\"offered_type\":");
  room.number(order.offered_type);
  room.literal(",\"terms_type\":");
  room.number(order.terms_type);
  room.literal(",");
  write_name_members(room, order);
  room.literal(",\"price_terms\":");
  room.hex(order.price_terms);
  room.literal(",\"signature\":");
  room.hex(order.signature);
  room.literal(",\"block_height\":");
  room.number(block_height);
}

void append_order_name(std::string& reply, const swap::Order& order) {
  reply += '{';
  {
    TextRoom room(reply, fixed_members_bytes);
    write_name_members(room, order);
  }
  reply += '}';
}

Status append_full_offer(std::string& reply, const ServerContext& context, const swap::Order& order,
                         OrderStanding standing, bool verify) {
  const auto ad_txid = context.view->txid(order.ad.tx_number);
  if (!ad_txid) return ad_txid.error();
  const AdSeen ad{ad_txid.value(), order.ad.output, context.view->place_of(order.ad.tx_number).height};
  const auto status = status_of(context, order, standing);
  if (!status) return status.error();
  std::optional<Spent> spent;
  if (status.value() == OfferStatus::spending) spent = spent_in_mempool(context, order);
  if (status.value() == OfferStatus::closed) {
    const auto spender = context.view->txid(order.spent_by);
    if (!spender) return spender.error();
    spent = Spent{spender.value(), context.view->place_of(order.spent_by).height};
  }
  return append_object(reply, context, order, ad, status.value(), spent, verify);
}

Status append_full_offer(std::string& reply, const ServerContext& context, const swap::Order& order, const AdSeen& ad,
                         OfferStatus status, bool verify) {
  return append_object(reply, context, order, ad, status, spent_in_mempool(context, order), verify);
}

}  // namespace sluice::serve
