// Helpers of the record benches: an answer checked before it is timed, and operator new counted.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>

#include "../../tests/unit/parse/allocation_count.h"

namespace sluice::bench {

inline void require(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "wrong answer: %s\n", what);
  std::exit(1);
}

/// Counts operator new over the timed loop and fails the bench if it was called at all.
class NoAllocations {
 public:
  explicit NoAllocations(benchmark::State& state) : state_(state), before_(test::allocation_count()) {}
  void finish() const {
    const std::uint64_t made = test::allocation_count() - before_;
    state_.counters["allocations"] = static_cast<double>(made);
    if (made != 0) state_.SkipWithError("the loop allocated");
  }

 private:
  benchmark::State& state_;
  std::uint64_t before_;
};

}  // namespace sluice::bench
