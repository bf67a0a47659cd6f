// One output, by the transaction that created it.
#pragma once

#include <compare>
#include <cstdint>

#include "base/hash256.h"

namespace sluice {

struct Outpoint {
  Txid txid;
  std::uint32_t index = 0;

  friend auto operator<=>(const Outpoint&, const Outpoint&) = default;
};

}  // namespace sluice
