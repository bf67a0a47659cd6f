// Names of the opcodes above the pushes, as the nodes print them. "" means unknown.
#pragma once

#include <cstdint>
#include <string_view>

#include "chain/coin.h"

namespace sluice::serve {

[[nodiscard]] std::string_view radiant_opcode_name(std::uint8_t opcode) noexcept;
/// Bitcoin and Bitcoin Cash. Bounds: coin is one of them.
[[nodiscard]] std::string_view bitcoin_opcode_name(std::uint8_t opcode, chain::Coin coin) noexcept;

}  // namespace sluice::serve
