// Arguments that the swap calls share.
#pragma once

#include "serve/coercion.h"
#include "serve/method_table.h"
#include "swap/order.h"

namespace sluice::serve {

[[nodiscard]] inline bool is_given(const JsonValue& value) { return value && !value.is(JsonKind::null); }

/// A fault if there is no swap index.
[[nodiscard]] Outcome need_swaps(const Call& call);
[[nodiscard]] Fault not_a_token(const JsonValue& value);
/// A token by its id or a ref (token_name.h). Faults: no swap index, no such name, what the view could not read.
[[nodiscard]] Coerced<swap::TokenId> token_argument(const Call& call, const JsonValue& value);
/// A number that may be left out; UINT64_MAX if larger.
[[nodiscard]] Coerced<std::uint64_t> to_count(const JsonValue& value, std::uint64_t if_missing);

}  // namespace sluice::serve
