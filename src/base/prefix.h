// Prefixes of scripthashes and txids, as index keys hold them.
//
// A prefix is the first 8 bytes read big-endian, so that numeric order is key order. Two hashes can
// share one; whoever looks a prefix up re-checks the full hash. The build option prefix_bits keeps
// fewer bits to make that happen all the time in tests; only prefix.cpp knows its value, so that such
// a build compiles little anew.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice {

extern const unsigned prefix_bits_kept;  ///< 64 except in tests
extern const std::uint64_t prefix_mask;  ///< the kept bits are set

template <typename Tag>
[[nodiscard]] inline std::uint64_t prefix_of(const Hash32<Tag>& hash) noexcept {
  return load_be<std::uint64_t>(hash.data()) & prefix_mask;
}

}  // namespace sluice
