// The variable-length integer of the transaction format ("compact size").
//
//   00..fc value itself | fd u16 | fe u32 | ff u64; a longer form than needed is malformed.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "parse/parse_blocks.h"

namespace sluice::parse {

/// The forms of more than one byte; at stands on the first byte, fd or above.
[[nodiscard]] inline ParseErrc read_long_compact_size(const std::byte*& at, const std::byte* end,
                                                      std::uint64_t& value) noexcept {
  const auto first = std::to_integer<std::uint8_t>(*at);
  const std::ptrdiff_t width = first == 0xfd ? 2 : first == 0xfe ? 4 : 8;
  if (end - at <= width) return ParseErrc::truncated;
  std::uint64_t least = 0;
  if (width == 2) value = load_le<std::uint16_t>(at + 1), least = 0xfd;
  else if (width == 4) value = load_le<std::uint32_t>(at + 1), least = 0x1'0000;
  else value = load_le<std::uint64_t>(at + 1), least = 0x1'0000'0000;
  if (value < least) return ParseErrc::bad_varint;
  at += width + 1;
  return ParseErrc::ok;
}

/// Reads one number and moves at behind it; on an error at stays.
[[nodiscard]] inline ParseErrc read_compact_size(const std::byte*& at, const std::byte* end,
                                                 std::uint64_t& value) noexcept {
  if (at == end) return ParseErrc::truncated;
  const auto first = std::to_integer<std::uint8_t>(*at);
  if (first >= 0xfd) [[unlikely]]
    return read_long_compact_size(at, end, value);
  value = first;
  ++at;
  return ParseErrc::ok;
}

}  // namespace sluice::parse
