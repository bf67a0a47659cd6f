// Hashing for the generator, by OpenSSL alone.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice::devnet {

[[nodiscard]] Digest sha256(Bytes data);
[[nodiscard]] Digest double_sha256(Bytes data);
/// SHA-512/256 twice: the block hash of Radiant.
[[nodiscard]] Digest double_sha512_256(Bytes data);

/// Root of the tree over txids in block order; the last of an odd level is paired with itself.
[[nodiscard]] Digest merkle_root(std::vector<Digest> level);

}  // namespace sluice::devnet
