// Prefixes of scripthashes and txids, as index keys hold them.
//
// A prefix is the first 8 bytes read big-endian, so that numeric order is key order. Two hashes can
// share one; whoever looks a prefix up re-checks the full hash. The build option prefix_bits keeps
// fewer bits to make that happen all the time in tests.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice {

static_assert(SLUICE_PREFIX_BITS >= 1 && SLUICE_PREFIX_BITS <= 64);
inline constexpr std::uint64_t prefix_mask = ~std::uint64_t{0} << (64 - SLUICE_PREFIX_BITS);

template <typename Tag>
[[nodiscard]] inline std::uint64_t prefix_of(const Hash32<Tag>& hash) noexcept {
  return load_be<std::uint64_t>(hash.data()) & prefix_mask;
}

}  // namespace sluice
