// RIPEMD-160, one-shot, for the addresses of public keys. Not on any fast path.
// Source: Dobbertin, Bosselaers, Preneel, "RIPEMD-160: A Strengthened Version of RIPEMD" (1996).
#pragma once

#include <array>

#include "base/bytes.h"

namespace sluice::serve {

[[nodiscard]] std::array<std::byte, 20> ripemd160(Bytes message);

}  // namespace sluice::serve
