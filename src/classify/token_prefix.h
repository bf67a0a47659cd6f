// Bitcoin Cash: the token prefix in front of an output script.
//
//   ef | category 32 | bitfield 1 | [commitment: compact size, bytes] | [amount: compact size] | script
//   bitfield: 10 has amount, 20 has NFT, 40 has commitment, 80 reserved; low nibble: capability
//
// A prefix that breaks any rule is no prefix: the whole field is the script.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace sluice::classify {

/// Longest commitment the network has ever allowed (40 at first, 128 after a later upgrade; longer
/// ones than allowed at the time are not in any valid block).
inline constexpr std::size_t token_commitment_bytes_max = 128;

/// Bytes of a well-formed token prefix, 0 if there is none.
/// Source: the CashTokens specification (CHIP-2022-02), "token prefix".
[[nodiscard]] std::size_t token_prefix_size(Bytes field) noexcept;

/// The output script behind the prefix, if there is one; else the field as it is.
[[nodiscard]] inline Bytes strip_token_prefix(Bytes field) noexcept { return field.subspan(token_prefix_size(field)); }

}  // namespace sluice::classify
