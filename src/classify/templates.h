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
      if ((load_le<std::uint32_t>(at) & 0x00ff'ffff) == 0x14a976 && load_le<std::uint16_t>(at + 23) == 0xac88)
        return ScriptKind::p2pkh;
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

/// Radiant: the two token scripts that wallets write. Both have one signature check (in their P2PKH
/// part), one pushed ref and no push-data operation, and walk to their end.
///   NFT  d8 <36 ref> 75 P2PKH                                            63 bytes
///   FT   P2PKH bd d0 <36 ref> de c0 e9 aa 76 e3 78 e4 a2 69 e6 9d        75 bytes
/// Returns the offset of the ref's 36 bytes, 0 if the script is neither.
[[nodiscard]] inline std::size_t match_token(Bytes script) noexcept {
  constexpr std::size_t p2pkh_bytes = 25;
  const std::byte* const at = script.data();
  if (script.size() == 63) {
    const bool is_nft = at[0] == std::byte{0xd8} && at[37] == std::byte{0x75} &&
                        match_template(script.last(p2pkh_bytes)) == ScriptKind::p2pkh;
    return is_nft ? 1 : 0;
  }
  if (script.size() == 75) {
    const bool is_ft =
        load_le<std::uint16_t>(at + 25) == 0xd0bd && load_le<std::uint64_t>(at + 63) == 0xe478e376aae9c0de &&
        load_le<std::uint32_t>(at + 71) == 0x9de669a2 && match_template(script.first(p2pkh_bytes)) == ScriptKind::p2pkh;
    return is_ft ? 27 : 0;
  }
  return 0;
}

/// Bitcoin: OP_0 or OP_1..OP_16, then one direct push of 2 to 40 bytes, then nothing.
[[nodiscard]] inline bool is_witness_program(Bytes script) noexcept {
  if (script.size() < 4 || script.size() > 42) return false;
  const auto version = std::to_integer<std::uint8_t>(script[0]);
  return (version == 0 || (version >= 0x51 && version <= 0x60)) &&
         std::to_integer<std::size_t>(script[1]) + 2 == script.size();
}

/// 6a... or 00 6a...: never spent, gets no rows.
[[nodiscard]] inline bool is_unspendable(Bytes script) noexcept {
  if (script.empty()) return false;
  if (script[0] == std::byte{parse::op_return}) return true;
  return script.size() > 1 && script[0] == std::byte{0} && script[1] == std::byte{parse::op_return};
}

}  // namespace sluice::classify
