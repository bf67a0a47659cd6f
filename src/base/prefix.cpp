#include "base/prefix.h"

namespace sluice {

static_assert(SLUICE_PREFIX_BITS >= 1 && SLUICE_PREFIX_BITS <= 64);
constinit const unsigned prefix_bits_kept = SLUICE_PREFIX_BITS;
constinit const std::uint64_t prefix_mask = ~std::uint64_t{0} << (64 - SLUICE_PREFIX_BITS);

}  // namespace sluice
