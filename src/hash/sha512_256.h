// SHA-512/256 (FIPS 180-4, its own initial values: not SHA-512 truncated). Radiant hashes block
// headers with it, twice.
#pragma once

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice::hash {

[[nodiscard]] Digest sha512_256(Bytes message) noexcept;
[[nodiscard]] Digest sha512_256d(Bytes message) noexcept;

}  // namespace sluice::hash
