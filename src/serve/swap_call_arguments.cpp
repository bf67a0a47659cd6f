#include "serve/swap_call_arguments.h"

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "serve/token_argument.h"

namespace sluice::serve {

Fault no_swap_index() { return node_misc_fault("Swap index not enabled. Use -swapindex=1 to enable."); }

Coerced<swap::TokenId> token_of_hex(std::string_view text, std::string_view name) {
  constexpr std::size_t digits = 2 * sizeof(swap::TokenId);
  const std::string quoted = "(not '" + std::string(text) + "')";
  if (text.size() != digits) {
    return node_parameter_fault(std::string(name) + " must be of length 64 (not " + std::to_string(text.size()) +
                                ", for '" + std::string(text) + "')");
  }
  swap::TokenId token;
  if (!decode_hex(text, token))
    return node_parameter_fault(std::string(name) + " must be hexadecimal string " + quoted);
  std::ranges::reverse(token);
  return token;
}

Coerced<swap::TokenId> to_node_token(const JsonValue& value, std::string_view name) {
  if (!value || !value.is(JsonKind::string)) return node_misc_fault("JSON value is not a string as expected");
  return token_of_hex(value.text(), name);
}

Coerced<std::optional<std::uint64_t>> to_node_count(const JsonValue& value, std::string_view name) {
  if (!is_given(value)) return std::optional<std::uint64_t>();
  if (!value.is(JsonKind::integer) && !value.is(JsonKind::real))
    return node_misc_fault("JSON value is not an integer as expected");
  const std::string_view token = value.token();
  std::int64_t number = 0;
  const auto read = std::from_chars(token.data(), token.data() + token.size(), number);
  if (read.ec != std::errc() || read.ptr != token.data() + token.size())
    return node_misc_fault("JSON integer out of range");
  if (number < 0) return node_parameter_fault(std::string(name) + " must be non-negative");
  return std::optional(static_cast<std::uint64_t>(number));
}

Outcome set_cursor(PageRequest& page, std::string_view cursor) {
  page.place = read_page_cursor(cursor, page.side, page.kind, page.token);
  if (!page.place) return node_parameter_fault("cursor is none that this listing gave");
  if (page.limit == 0) return node_parameter_fault("limit must be positive with a cursor");
  return std::nullopt;
}

Coerced<ListingArguments> listing_arguments(const Call& call, BookSide side, BookKind kind) {
  ListingArguments arguments;
  PageRequest& page = arguments.page;
  page.side = side;
  page.kind = kind;
  const auto token =
      to_node_token(call.argument[0], side == BookSide::offered ? std::string_view("token_ref") : "want_token_ref");
  if (!token.ok()) return token.fault();
  page.token = token.value();
  const auto limit = to_node_count(call.argument[1], "limit");
  if (!limit.ok()) return limit.fault();
  page.limit = std::min(limit.value().value_or(page_limit_default), page_limit_max);
  const auto offset = to_node_count(call.argument[2], "offset");
  if (!offset.ok()) return offset.fault();
  page.offset = offset.value().value_or(0);
  std::size_t last = 3;
  if (kind == BookKind::open) {
    const auto max_age = to_node_count(call.argument[last++], "max_age");
    if (!max_age.ok()) return max_age.fault();
    page.max_age = max_age.value();
  }
  const JsonValue& cursor = call.argument[last];
  arguments.by_cursor = is_given(cursor);
  if (!arguments.by_cursor) return arguments;
  if (!cursor.is(JsonKind::string)) return node_misc_fault("JSON value is not a string as expected");
  if (Outcome fault = set_cursor(page, cursor.text())) return *fault;
  return arguments;
}

}  // namespace sluice::serve
