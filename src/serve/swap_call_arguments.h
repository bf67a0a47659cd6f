// Parameters of the node's swap calls, checked in the node's order and refused in its words.
//
//   token_ref  64 hex digits of either case: the token id as displayed, or the plain SHA-256 of the token's ref
//   limit      at most 1000 count; missing or null: 100
//   offset, max_age  any number from 0; missing or null: 0, none
//   cursor     our own, last: a text that an answer gave, or "" for the first page; the answer then is an object
#pragma once

#include "serve/coercion.h"
#include "serve/method_table.h"
#include "serve/order_page.h"

namespace sluice::serve {

/// The node's RPC_MISC_ERROR and RPC_INVALID_PARAMETER.
[[nodiscard]] inline Fault node_misc_fault(std::string message) { return {FaultCode::node_misc, std::move(message)}; }
[[nodiscard]] inline Fault node_parameter_fault(std::string message) {
  return {FaultCode::node_parameter, std::move(message)};
}
/// What the node says without its swap index.
[[nodiscard]] Fault no_swap_index();

/// `name`: of the parameter, in messages.
[[nodiscard]] Coerced<swap::TokenId> to_node_token(const JsonValue& value, std::string_view name);
[[nodiscard]] Coerced<swap::TokenId> token_of_hex(std::string_view text, std::string_view name);
/// nullopt: missing or null.
[[nodiscard]] Coerced<std::optional<std::uint64_t>> to_node_count(const JsonValue& value, std::string_view name);

/// A listing's arguments: token, limit, offset, max_age of open ones, cursor.
struct ListingArguments {
  PageRequest page;
  bool by_cursor = false;  ///< page.place is set, and the answer is an object
};
[[nodiscard]] Coerced<ListingArguments> listing_arguments(const Call& call, BookSide side, BookKind kind);
/// Puts the place of a cursor in. Faults: it is none of this listing; limit 0.
[[nodiscard]] Outcome set_cursor(PageRequest& page, std::string_view cursor);

}  // namespace sluice::serve
