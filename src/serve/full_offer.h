// A swap order with all that this server knows of it: the node's offer object, and behind its members
//
//   ad               {"txid", "vout", "height"} of the advertisement; height 0: unconfirmed
//   status           see OfferStatus
//   spent            {"txid", "height"} of who spent the offered output, else null; height 0: unconfirmed
//   terms            [{"value", "script", "address"}], address only where the script pays one; null: undecodable
//   price            sum of their values; null: undecodable
//   signature_valid  if asked for: true, false, or null where it cannot be told
//   token_held       if asked for: the offered output holds the token; null: there is no such output
#pragma once

#include <optional>
#include <string>

#include "serve/server_context.h"
#include "swap/order.h"

namespace sluice::serve {

enum class OfferStatus : std::uint8_t {
  open,         ///< its coin is there for the taking
  pending,      ///< its coin does not exist yet
  spending,     ///< an unconfirmed transaction spends its coin
  dead,         ///< its coin was spent before it was advertised
  superseded,   ///< advertised again, with other terms
  closed,       ///< its coin was spent, by a taker or by the maker
  unconfirmed,  ///< its advertisement is in the mempool
  gone,         ///< no row has it any more: it was advertised again, or it was closed and its history is no longer kept
};

/// Appends `"version":...` to `"block_height":n`: the node's offer object without its braces.
void append_offer_members(std::string& reply, const swap::Order& order, std::uint32_t block_height);

/// Appends `{"tokenid","want_tokenid","utxo"}`: what an order is named by; want_tokenid as above.
void append_order_name(std::string& reply, const swap::Order& order);

/// Appends an order of the chain. Errors: the view's; the reply then ends anywhere.
/// Cost: the offered output's transaction is read if `verify`, or if the order is not backed.
[[nodiscard]] Status append_full_offer(std::string& reply, const ServerContext& context, const swap::Order& order,
                                       OrderStanding standing, bool verify);
/// Where an advertisement of the mempool, or one that no listing has any more, was seen.
struct AdSeen {
  Txid txid;
  std::uint32_t output = 0;
  std::uint32_t height = 0;  ///< 0: unconfirmed
};
/// As above, for an advertisement that is in no row. Bounds: status is unconfirmed or gone.
[[nodiscard]] Status append_full_offer(std::string& reply, const ServerContext& context, const swap::Order& order,
                                       const AdSeen& ad, OfferStatus status, bool verify);

}  // namespace sluice::serve
