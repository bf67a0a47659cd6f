// Byte spans and fixed-width little- and big-endian access.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace sluice {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

static_assert(std::endian::native == std::endian::little, "the index format and the loads below assume little endian");

/// Reads a little-endian integer; the caller guarantees sizeof(T) readable bytes.
template <typename T>
[[nodiscard]] inline T load_le(const std::byte* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T>
inline void store_le(std::byte* at, T value) noexcept {
  std::memcpy(at, &value, sizeof value);
}

template <typename T>
[[nodiscard]] constexpr T byte_swapped(T value) noexcept {
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(value));
  else if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(value));
  else return static_cast<T>(__builtin_bswap64(value));
}

/// Big-endian forms keep the numeric order under memcmp, which is what store keys need.
template <typename T>
[[nodiscard]] inline T load_be(const std::byte* at) noexcept {
  return byte_swapped(load_le<T>(at));
}

template <typename T>
inline void store_be(std::byte* at, T value) noexcept {
  store_le(at, byte_swapped(value));
}

template <typename T>
[[nodiscard]] inline Bytes bytes_of(const T& object) noexcept {
  return std::as_bytes(std::span<const T, 1>(&object, 1));
}

}  // namespace sluice
