// Seeds of random tests: as many as the scale asks for, or the one to replay.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace sluice::test {

/// Calls run(seed) for `count` seeds from `first` on, times SLUICE_TEST_SCALE, until one fails; with SLUICE_TEST_SEED
/// for that one alone.
template <typename Run>
void for_each_seed(std::uint64_t first, std::uint64_t count, Run run) {
  if (const char* only = std::getenv("SLUICE_TEST_SEED")) return run(std::strtoull(only, nullptr, 10));
  const char* scale = std::getenv("SLUICE_TEST_SCALE");
  if (scale != nullptr)
    count = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count) * std::strtod(scale, nullptr)));
  for (std::uint64_t seed = first; seed < first + count && !testing::Test::HasFailure(); ++seed) run(seed);
}

}  // namespace sluice::test
