// How clients name a token of swap orders, and what an order's place in a listing looks like as text.
//
//   64 hex digits                the token id as displayed: the plain SHA-256 of the token's ref
//   txid_vout, or 72 hex digits  a ref; the latter in operand form: txid internal order, index LE
//
// RXinDexer shows a token as `<token id>_0`, which has the form of a ref. So a ref with index 0 may be either: it is
// the token id if orders are known under that, else the ref's token if there are orders of that, else the token id.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "serve/swap_view.h"
#include "swap/order.h"

namespace sluice::serve {

/// Id of a token by its ref. Shape: 36 bytes in operand form.   Source: RSWP, as Photonic and RXinDexer have it.
[[nodiscard]] swap::TokenId token_of_ref(Bytes ref);

struct TokenName {
  swap::TokenId id{};
  std::optional<swap::TokenId> by_ref;  ///< the other meaning, where there are two
};
/// nullopt: none of the forms. Bounds: any text.
[[nodiscard]] std::optional<TokenName> read_token_name(std::string_view text);
/// Errors: the view's.   Cost: at most four counters read.
[[nodiscard]] Result<swap::TokenId> resolve(const SwapView& swaps, const TokenName& name);

/// A place in the listings that an answer is made of, one behind the other.
struct ListPlace {
  std::size_t listing = 0;  ///< index
  swap::OrderId last;       ///< the order before the place
};
/// Shape: one digit, then hex of token, txid and index BE.
[[nodiscard]] std::string list_cursor(const ListPlace& place);
/// nullopt: not such a text, or of another listing.
[[nodiscard]] std::optional<ListPlace> read_list_cursor(std::string_view text, std::size_t listing_count);

}  // namespace sluice::serve
