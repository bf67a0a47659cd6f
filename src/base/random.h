// Deterministic random numbers (xoshiro256**, seeded by splitmix64). Same seed, same sequence, on
// every machine. Not for secrets.
// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2018).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/check.h"

namespace sluice {

__extension__ using Wide = unsigned __int128;

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }

  [[nodiscard]] std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, until). Bounds: until > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t until) noexcept {
    SLUICE_CHECK(until > 0);
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * until) >> 64);
  }

  /// Uniform in [0, 1).
  [[nodiscard]] double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  [[nodiscard]] bool chance(double probability) noexcept { return unit() < probability; }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace sluice
