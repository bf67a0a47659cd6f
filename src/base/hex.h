// Hexadecimal text, lower case out, either case in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace sluice {

/// Value of one hex digit, or -1.
[[nodiscard]] int hex_digit(char c) noexcept;

/// Appends 2 * bytes.size() characters to target.
void append_hex(std::string& target, Bytes bytes);
/// The same with the bytes in reverse order (display form of hashes).
void append_hex_reversed(std::string& target, Bytes bytes);

[[nodiscard]] std::string to_hex(Bytes bytes);

/// Strict: an even number of hex digits and nothing else. nullopt otherwise.
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view hex);

}  // namespace sluice
