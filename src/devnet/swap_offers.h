// RSWP offers as makers write them, and the ways in which they go wrong.
#pragma once

#include "base/random.h"
#include "devnet/buffer.h"
#include "devnet/scripts.h"

namespace sluice::devnet {

struct OfferParts {
  std::array<std::byte, 32> token{};  ///< on-script order
  std::array<std::byte, 32> want{};   ///< on-script order; zero: none
  Ref utxo{};                         ///< offered outpoint
};

/// Appends a version 1 or 2 offer; 3 in 100 are malformed. Returns true if well formed.
bool put_offer(Buffer& target, const OfferParts& parts, Random& random);

}  // namespace sluice::devnet
