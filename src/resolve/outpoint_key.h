// Outpoints as numbers: a 64-bit key to match spends with outputs, a 128-bit term for the running
// outpoint sum.
//
// The matching key is keyed with a secret drawn at start, so nobody can prepare transactions whose
// outpoints collide. Equal keys of two outputs are noticed when the second one is stored, which
// makes matching by key exact on a valid chain: every spend names an output that exists, and no
// two outputs share a key. The sum's keys are constants, so that every index of a chain has the
// same sum.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "resolve/records.h"

namespace sluice::resolve {

__extension__ using Wide = unsigned __int128;

/// Both halves of a 64 x 64 bit product, folded.
[[nodiscard]] inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

struct OutpointHasher {
  std::array<std::uint64_t, 6> secret;

  /// txid: 32 bytes, internal order.
  [[nodiscard]] std::uint64_t operator()(const std::byte* txid, std::uint32_t index) const noexcept {
    const std::uint64_t left =
        fold_multiply(load_le<std::uint64_t>(txid) ^ secret[0], load_le<std::uint64_t>(txid + 8) ^ secret[1]);
    const std::uint64_t right = fold_multiply(load_le<std::uint64_t>(txid + 16) ^ secret[2],
                                              load_le<std::uint64_t>(txid + 24) ^ secret[3] ^ index);
    return fold_multiply(left ^ secret[4], right ^ secret[5] ^ (static_cast<std::uint64_t>(index) << 32));
  }
};

inline constexpr OutpointHasher sum_hasher_low{{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0,
                                                0x082efa98ec4e6c89, 0x452821e638d01377, 0xbe5466cf34e90c6c}};
inline constexpr OutpointHasher sum_hasher_high{{0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917, 0x9216d5d98979fb1b,
                                                 0xd1310ba698dfb5ac, 0x2ffd72dbd01adfb7, 0xb8e1afed6a267e96}};

/// What one unspent outpoint adds to the sum.
[[nodiscard]] inline OutpointSum outpoint_term(const std::byte* txid, std::uint32_t index) noexcept {
  return {sum_hasher_low(txid, index), sum_hasher_high(txid, index)};
}

}  // namespace sluice::resolve
