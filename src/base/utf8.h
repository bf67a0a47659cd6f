// UTF-8 text from outside, one sequence at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice {

/// Bytes of the sequence at the front; 0 if it is not well-formed (overlong, a surrogate, cut off).
/// Bounds: text is not empty.
[[nodiscard]] inline std::size_t utf8_bytes(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const bool is_overlong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xf0 && at(1) < 0x90);
  const bool is_no_character = (lead == 0xed && at(1) > 0x9f) || (lead == 0xf4 && at(1) > 0x8f);
  return is_overlong || is_no_character ? 0 : length;
}

}  // namespace sluice
