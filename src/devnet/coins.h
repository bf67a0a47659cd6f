// The coin constants that the generator needs; deliberately its own, see devnet.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::devnet {

enum class CoinKind : std::uint8_t { radiant, bitcoin, bitcoin_cash };

struct CoinParams {
  CoinKind kind;
  std::string_view name;
  std::array<std::uint8_t, 4> disk_magic;
  std::string_view genesis_header_hex;
  std::string_view genesis_coinbase_hex;
  std::uint64_t subsidy;           ///< base units
  std::uint32_t halving_interval;  ///< blocks
  std::uint32_t genesis_time;
  std::uint32_t spacing_seconds;
};

inline constexpr std::uint32_t regtest_bits = 0x207fffff;

/// nullptr for coins or networks that are not regtest of the three.
[[nodiscard]] const CoinParams* find_coin(std::string_view coin, std::string_view net) noexcept;

}  // namespace sluice::devnet
