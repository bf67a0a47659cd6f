// Appenders for JSON output. Answers are written straight into the reply buffer; nothing builds a
// tree of values first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sluice::serve {

/// Integers of any size stay integers: amounts exceed 2^53.
void append_number(std::string& target, std::uint64_t value);
void append_signed(std::string& target, std::int64_t value);

/// A quoted JSON string with everything outside printable ASCII escaped (`\uXXXX`, pairs above
/// the basic plane), as the peers write it.
/// Bounds: text is UTF-8 in which lone surrogates may appear as three-byte sequences; any other
/// malformed byte is written as U+FFFD.
void append_json_string(std::string& target, std::string_view text);

/// A quoted string that is known to need no escaping (hex, method names).
void append_plain_string(std::string& target, std::string_view text);

/// Quoted lower-case hex.
void append_json_hex(std::string& target, Bytes bytes);
/// Quoted hex of the reversed bytes: the display form of hashes. Bounds: hash has 32 bytes.
void append_json_hash(std::string& target, Bytes hash);

/// An amount in base units as the nodes print it: `[-]units.8 decimals`.
void append_amount(std::string& target, std::int64_t base_units);

/// Decodes one code point; advances at. Lone surrogates pass, other malformed bytes give U+FFFD.
[[nodiscard]] std::uint32_t next_code_point(std::string_view text, std::size_t& at) noexcept;
/// Appends one code point as UTF-8 (surrogates as three bytes).
void append_utf8(std::string& target, std::uint32_t code_point);

}  // namespace sluice::serve
