// An RSWP offer as the index knows it: what the advertisement says, where it stands, what became of it.
//
//   advertised ──▶ open ──(a later block spends the offered outpoint)──▶ closed
//             └──▶ dead: the outpoint was spent before the advertisement, or in its own block
//   An open or dead order that is advertised again (same token, same outpoint) is overwritten. If the new
//   advertisement wants another token, the node never forgets what the old one wanted: superseded.
//
// Names follow the node's swap index: an order is "open" or "history".
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.h"
#include "base/outpoint.h"

namespace sluice::swap {

/// SHA-256 of a token's ref, in the order of the script; displayed reversed. All zero: plain RXD.
using TokenId = std::array<std::byte, 32>;

[[nodiscard]] inline bool is_plain(const TokenId& token) noexcept {
  return std::all_of(token.begin(), token.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// What makes an order the same order. Ordered as the node lists a book: by the raw bytes of token and txid, then
/// by index.
struct OrderId {
  TokenId token{};
  Outpoint offered;

  friend auto operator<=>(const OrderId&, const OrderId&) = default;
};

/// Where an advertisement stands in the chain.
struct AdPlace {
  std::uint64_t tx_number = 0;
  std::uint32_t output = 0;

  friend auto operator<=>(const AdPlace&, const AdPlace&) = default;
};

/// Lifetime: the views end with the row or script they were read from.
struct Order {
  OrderId id;
  TokenId want{};  ///< wanted token; all zero: none said
  std::uint8_t version = 0;
  std::uint8_t flags = 0;  ///< 0 unless version 2, as the following
  std::uint8_t offered_type = 0;
  std::uint8_t terms_type = 0;
  AdPlace ad;
  std::uint64_t spent_by = 0;  ///< tx number of the spender of the offered outpoint; 0: not in the history
  /// The offered output is known to have been created no later than in the advertisement's block, and to be unspent
  /// there: while the order is open, nobody need look whether its coin exists.
  bool is_backed = false;
  Bytes price_terms;  ///< may be empty
  Bytes signature;    ///< may be empty

  [[nodiscard]] bool has_want() const noexcept { return !is_plain(want); }
};

}  // namespace sluice::swap
