// Bitcoin Cash: the token prefix in front of an output script.
//
//   ef | category 32 | bitfield 1 | [commitment: compact size, bytes] | [amount: compact size] | script
//   bitfield: 10 has amount, 20 has NFT, 40 has commitment, 80 reserved; low nibble: capability
//
// A prefix that breaks any rule is no prefix: the whole field is the script.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace sluice::classify {

/// Longest commitment the network has ever allowed (40 at first, 128 after a later upgrade; longer
/// ones than allowed at the time are not in any valid block).
inline constexpr std::size_t token_commitment_bytes_max = 128;

/// Spans point into the field.
struct TokenPrefix {
  std::size_t size = 0;  ///< bytes of the prefix; the script begins there
  Bytes category;        ///< 32 bytes, internal order
  bool has_nft = false;
  unsigned capability = 0;  ///< 0 none, 1 mutable, 2 minting
  Bytes commitment;
  std::uint64_t amount = 0;  ///< 0: none
};

/// nullopt if there is no well-formed prefix.
/// Source: the CashTokens specification (CHIP-2022-02), "token prefix".
[[nodiscard]] std::optional<TokenPrefix> read_token_prefix(Bytes field) noexcept;

/// Bytes of a well-formed token prefix, 0 if there is none.
[[nodiscard]] inline std::size_t token_prefix_size(Bytes field) noexcept {
  const auto prefix = read_token_prefix(field);
  return prefix ? prefix->size : 0;
}

/// The output script behind the prefix, if there is one; else the field as it is.
[[nodiscard]] inline Bytes strip_token_prefix(Bytes field) noexcept { return field.subspan(token_prefix_size(field)); }

}  // namespace sluice::classify
