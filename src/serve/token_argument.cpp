#include "serve/token_argument.h"

#include "serve/python_text.h"
#include "serve/token_name.h"

namespace sluice::serve {

Outcome need_swaps(const Call& call) {
  if (call.context.swaps != nullptr) return std::nullopt;
  return bad_request("this server has no index of swap offers");
}

Fault not_a_token(const JsonValue& value) {
  return bad_request(python_str(value) + " is neither a token id nor a ref");
}

Coerced<swap::TokenId> token_argument(const Call& call, const JsonValue& value) {
  if (Outcome fault = need_swaps(call)) return *fault;
  const auto name = value && value.is(JsonKind::string) ? read_token_name(value.text()) : std::nullopt;
  if (!name) return not_a_token(value);
  const auto token = resolve(*call.context.swaps, *name);
  if (!token) return call.failed(token.error());
  return token.value();
}

Coerced<std::uint64_t> to_count(const JsonValue& value, std::uint64_t if_missing) {
  if (!is_given(value)) return if_missing;
  const auto number = to_natural(value);
  if (!number.ok()) return number.fault();
  return number.value().value;
}

}  // namespace sluice::serve
