// What a Radiant transaction of version 3 hashes instead of its own bytes.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "parse/parse_blocks.h"

namespace sluice::parse {

inline constexpr std::size_t v3_preimage_bytes = 112;

/// Writes the preimage of a well-formed transaction to target (v3_preimage_bytes bytes).
/// Errors: false if an output script cannot be walked; such a transaction cannot be on the chain.
/// Cost:   all scripts hashed as one group; n log n in the refs of one output.
/// Source: the Radiant node's primitives/transaction.cpp (ComputeHash, version 3).
[[nodiscard]] bool write_v3_preimage(Bytes tx, ParseScratch& scratch, std::byte* target) noexcept;

}  // namespace sluice::parse
