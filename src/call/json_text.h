// JSON as text: checked strictly, taken apart and laid out again without reading any number or string.
//
// Every token stays as it was written. That is why no JSON library is used here: their trees refuse integers
// beyond 64 bits, which servers send, and print numbers anew. Escapes stay escapes, so that nothing
// a server sends can steer the terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::call {

/// Values may be nested so deep; deeper is refused.
inline constexpr int json_depth_max = 512;

/// Exactly one JSON value with blanks around it, strings in UTF-8 (RFC 8259).
[[nodiscard]] bool is_json(std::string_view text) noexcept;

/// One member or item on a line, two blanks for each level. nullopt if text is not JSON.
[[nodiscard]] std::optional<std::string> pretty_json(std::string_view text);

struct JsonMember {
  std::string_view key;    ///< between its quotes, escapes as written
  std::string_view value;  ///< without blanks around
};
/// The members of an object, in order. nullopt if text is not a JSON object.
[[nodiscard]] std::optional<std::vector<JsonMember>> json_members(std::string_view text);

/// Well-formed UTF-8: no overlong form, no surrogate, nothing beyond U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Appends a string token. Bounds: text is UTF-8.
void append_json_string(std::string& target, std::string_view text);

}  // namespace sluice::call
