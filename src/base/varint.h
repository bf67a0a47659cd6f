// Numbers of variable length in the index's own rows (not the chain's compact sizes).
//
// varint:  LEB128, 7 bits a byte, low bits first; 1 to 10 bytes.
// ordered: 1 byte below 0xfd, else 0xfd + 2 or 0xfe + 4 bytes big-endian: shorter numbers first,
//          so that memcmp order is numeric order. For 32-bit numbers inside keys.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace sluice {

inline constexpr std::size_t varint_bytes_max = 10;
inline constexpr std::size_t ordered_bytes_max = 5;

/// Writes value at `at` and returns the end. Bounds: varint_bytes_max writable bytes.
inline std::byte* put_varint(std::byte* at, std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *at++ = static_cast<std::byte>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<std::byte>(value);
  return at;
}

/// Reads a varint from [at, end); returns the byte behind it, or nullptr if cut off or too long.
[[nodiscard]] inline const std::byte* get_varint(const std::byte* at, const std::byte* end,
                                                 std::uint64_t& value) noexcept {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(*at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return at;
  }
  return nullptr;
}

/// Bounds: ordered_bytes_max writable bytes.
inline std::byte* put_ordered(std::byte* at, std::uint32_t value) noexcept {
  if (value < 0xfd) {
    *at = static_cast<std::byte>(value);
    return at + 1;
  }
  if (value <= 0xffff) {
    *at = std::byte{0xfd};
    store_be(at + 1, static_cast<std::uint16_t>(value));
    return at + 3;
  }
  *at = std::byte{0xfe};
  store_be(at + 1, value);
  return at + 5;
}

/// Returns the byte behind the number, or nullptr if cut off or malformed.
[[nodiscard]] inline const std::byte* get_ordered(const std::byte* at, const std::byte* end,
                                                  std::uint32_t& value) noexcept {
  if (at >= end) return nullptr;
  const auto first = std::to_integer<std::uint32_t>(*at);
  if (first < 0xfd) {
    value = first;
    return at + 1;
  }
  if (first == 0xfd && end - at >= 3) {
    value = load_be<std::uint16_t>(at + 1);
    return at + 3;
  }
  if (first == 0xfe && end - at >= 5) {
    value = load_be<std::uint32_t>(at + 1);
    return at + 5;
  }
  return nullptr;
}

}  // namespace sluice
