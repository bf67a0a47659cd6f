// JSON of the node, checked as a whole and handed out as pieces of its own text, so that an answer can be passed
// on byte for byte.
//
//   {"result": {"a":1} ,"error":null}   ->   result: {"a":1}   error: null
//
// simdjson's on-demand front end finds the structure and checks UTF-8 and control characters in its first pass;
// every value below is then visited, so that no part of the text stays unread, and each scalar is checked against
// the grammar of RFC 8259. No value is converted: a number of any length stays as it was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::node {

/// Readable bytes that must follow each text given to the functions below.
inline constexpr std::size_t json_padding_bytes = 64;
/// Containers within each other, at most; a node's answers need five.
inline constexpr int json_depth_max = 64;

[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// A piece gets its text without blanks around it; false ends the visit.
using MemberVisitor = std::function<bool(std::string_view key, std::string_view value)>;
using ElementVisitor = std::function<bool(std::string_view value)>;

/// Visits the members of the object that `text` is, keys with their escapes resolved, in the order of the text.
/// Errors: false if the text is not one valid object from its first byte to its last, or the visitor said so; it may
/// have been called before that is known.
/// Cost:   one pass of SIMD, then each value once; a copy of no string but the keys.
[[nodiscard]] bool visit_members(std::string_view text, const MemberVisitor& visitor);
/// The same for the elements of an array.
[[nodiscard]] bool visit_elements(std::string_view text, const ElementVisitor& visitor);

/// What is between the quotes of a string without escapes; nullopt for anything else.
[[nodiscard]] std::optional<std::string_view> plain_string(std::string_view value) noexcept;
/// A string with its escapes resolved; nullopt if it is none, or has half a surrogate pair.
[[nodiscard]] std::optional<std::string> resolved_string(std::string_view value);
[[nodiscard]] std::optional<std::int64_t> integer(std::string_view value) noexcept;
[[nodiscard]] std::optional<bool> boolean(std::string_view value) noexcept;

/// Appends a string token. Bytes that are not UTF-8 become the replacement character, so that the token is valid.
void append_json_string(std::string& target, std::string_view text);

}  // namespace sluice::node
