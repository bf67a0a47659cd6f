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
/// The same into memory of the caller. Bounds: `at` has room for 2 * bytes.size() characters.
void put_hex_reversed(char* at, Bytes bytes) noexcept;
/// The same in order.
void put_hex(char* at, Bytes bytes) noexcept;

[[nodiscard]] std::string to_hex(Bytes bytes);

/// Decodes into memory of the caller; false unless hex is nothing but 2 * target.size() hex digits.
/// Errors: after false, target's contents mean nothing.
/// Cost:   64 digits a step with AVX2, else two a step; see benchmarks/micro/hex_bench.cpp.
[[nodiscard]] bool decode_hex(std::string_view hex, MutableBytes target) noexcept;
/// The same without vector instructions: what decode_hex is measured and tested against.
[[nodiscard]] bool decode_hex_portable(std::string_view hex, MutableBytes target) noexcept;

/// Strict: an even number of hex digits and nothing else. nullopt otherwise.
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view hex);

}  // namespace sluice
