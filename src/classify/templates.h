// Script shapes that are told by their size and a few bytes, without a walk.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "classify/script_batch.h"
#include "parse/script_walk.h"

namespace sluice::classify {

/// p2pkh, p2sh or p2pk by shape; other otherwise. None of these can hold a ref or a push-data
/// operation, all of them walk to their end.
[[nodiscard]] inline ScriptKind match_template(Bytes script) noexcept {
  const std::byte* const at = script.data();
  switch (script.size()) {
    case 25:  // 76 a9 14 <20> 88 ac
      if ((load_le<std::uint32_t>(at) & 0x00ff'ffff) == 0x14a976 && load_le<std::uint16_t>(at + 23) == 0xac88) return ScriptKind::p2pkh;
      break;
    case 23:  // a9 14 <20> 87
      if (load_le<std::uint16_t>(at) == 0x14a9 && at[22] == std::byte{0x87}) return ScriptKind::p2sh;
      break;
    case 35:  // 21 <33> ac
      if (at[0] == std::byte{0x21} && at[34] == std::byte{0xac}) return ScriptKind::p2pk;
      break;
    case 67:  // 41 <65> ac
      if (at[0] == std::byte{0x41} && at[66] == std::byte{0xac}) return ScriptKind::p2pk;
      break;
    default: break;
  }
  return ScriptKind::other;
}

/// Bitcoin: OP_0 or OP_1..OP_16, then one direct push of 2 to 40 bytes, then nothing.
[[nodiscard]] inline bool is_witness_program(Bytes script) noexcept {
  if (script.size() < 4 || script.size() > 42) return false;
  const auto version = std::to_integer<std::uint8_t>(script[0]);
  return (version == 0 || (version >= 0x51 && version <= 0x60)) && std::to_integer<std::size_t>(script[1]) + 2 == script.size();
}

/// 6a... or 00 6a...: never spent, gets no rows.
[[nodiscard]] inline bool is_unspendable(Bytes script) noexcept {
  if (script.empty()) return false;
  if (script[0] == std::byte{parse::op_return}) return true;
  return script.size() > 1 && script[0] == std::byte{0} && script[1] == std::byte{parse::op_return};
}

}  // namespace sluice::classify
