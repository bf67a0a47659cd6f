// 32-byte identifiers. Each meaning is its own type, so that a txid cannot be passed for a
// block hash. Bytes are always in internal order (as hashed and serialised); display order
// (reversed hex, as RPC and Electrum show it) exists only at the edges, in these two functions.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sluice {

template <typename Tag>
struct Hash32 {
  std::array<std::byte, 32> bytes{};

  friend auto operator<=>(const Hash32&, const Hash32&) = default;

  [[nodiscard]] const std::byte* data() const noexcept { return bytes.data(); }
  [[nodiscard]] std::byte* data() noexcept { return bytes.data(); }
  [[nodiscard]] Bytes span() const noexcept { return bytes; }

  /// Internal bytes, in place or from elsewhere. Bounds: at has 32 readable bytes.
  [[nodiscard]] static Hash32 from_bytes(const std::byte* at) noexcept {
    Hash32 hash;
    std::memcpy(hash.bytes.data(), at, 32);
    return hash;
  }

  /// Reversed lower-case hex, 64 characters.
  [[nodiscard]] std::string display() const;
  /// Inverse of display(); either case. nullopt unless exactly 64 hex digits.
  [[nodiscard]] static std::optional<Hash32> from_display(std::string_view hex) noexcept;

  /// The first 8 bytes as a little-endian number: a ready-made hash for in-memory tables.
  [[nodiscard]] std::uint64_t low64() const noexcept { return load_le<std::uint64_t>(bytes.data()); }
};

using Digest = Hash32<struct DigestTag>;          ///< a bare hash with no further meaning
using Txid = Hash32<struct TxidTag>;              ///< transaction id
using BlockHash = Hash32<struct BlockHashTag>;    ///< hash of an 80-byte header
using ScriptHash = Hash32<struct ScriptHashTag>;  ///< SHA-256 of an output script (ref-zeroed on Radiant)

static_assert(sizeof(Txid) == 32 && alignof(Txid) == 1);

/// The same 32 bytes under another meaning; named, so that it can be searched for.
template <typename To, typename From>
[[nodiscard]] inline To hash_cast(const From& from) noexcept {
  return To::from_bytes(from.data());
}

struct Hash32Hasher {
  template <typename Tag>
  std::size_t operator()(const Hash32<Tag>& hash) const noexcept {
    return hash.low64();
  }
};

}  // namespace sluice
