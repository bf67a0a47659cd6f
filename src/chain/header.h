// The 80-byte block header, proof of work and chain work.
//
//   offset 0 version i32 | 4 previous hash | 36 merkle root | 68 time u32 | 72 bits u32 | 76 nonce u32
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/hash256.h"
#include "chain/coin.h"

namespace sluice::chain {

/// A header as it is stored and served.
using RawHeader = std::array<std::byte, header_bytes>;

struct Header {
  std::int32_t version = 0;
  BlockHash previous;
  Digest merkle_root;
  std::uint32_t time = 0;
  std::uint32_t bits = 0;
  std::uint32_t nonce = 0;
};

/// Bounds: raw.size() == 80.
[[nodiscard]] Header decode_header(Bytes raw) noexcept;

/// 256-bit unsigned number, least significant word first.
struct Uint256 {
  std::array<std::uint64_t, 4> word{};
  friend bool operator==(const Uint256&, const Uint256&) = default;
  [[nodiscard]] std::strong_ordering operator<=>(const Uint256& other) const noexcept;
  Uint256& operator+=(const Uint256& other) noexcept;
};

/// Target of a compact `bits`; nullopt for negative, zero or overflowing encodings.
/// Source: the node's arith_uint256::SetCompact.
[[nodiscard]] std::optional<Uint256> target_of_bits(std::uint32_t bits) noexcept;

/// Expected hashes to find a block of these bits: floor(2^256 / (target + 1)); zero if bits are bad.
[[nodiscard]] Uint256 work_of_bits(std::uint32_t bits) noexcept;

/// Is the hash, read as a little-endian number, at most the target of bits?
[[nodiscard]] bool meets_target(const BlockHash& hash, std::uint32_t bits) noexcept;

}  // namespace sluice::chain
