// Hex to bytes, as decode_hex does it and digit by digit: a transaction, a block of 1 MiB, the txids of a mempool.
// Both answers are checked first. "ratio" of the fast case is its speed against the portable one's, both timed in
// this run.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/hex.h"
#include "base/random.h"
#include "record_bench.h"

namespace sluice {
namespace {

using Decoder = bool (*)(std::string_view, MutableBytes);
using Clock = std::chrono::steady_clock;

struct Work {
  std::string hex;
  std::vector<std::byte> expected;
  std::vector<std::byte> target;
};

Work make_work(std::size_t bytes) {
  Random random(1);
  Work work;
  for (std::size_t i = 0; i < bytes; ++i) work.expected.push_back(static_cast<std::byte>(random.next()));
  work.hex = to_hex(work.expected);
  work.target.resize(bytes);
  return work;
}

double seconds_of(Work& work, Decoder decode, int rounds) {
  const auto begin = Clock::now();
  for (int i = 0; i < rounds; ++i) {
    benchmark::DoNotOptimize(decode(work.hex, work.target));
    benchmark::ClobberMemory();
  }
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void decode_case(benchmark::State& state, Decoder decode) {
  Work work = make_work(static_cast<std::size_t>(state.range(0)));
  bench::require(decode(work.hex, work.target) && work.target == work.expected, "hex");
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode(work.hex, work.target));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(work.hex.size()));
  if (decode == decode_hex) {
    const int rounds = static_cast<int>(1 + (std::size_t{1} << 23) / work.hex.size());
    state.counters["ratio"] = seconds_of(work, decode_hex_portable, rounds) / seconds_of(work, decode_hex, rounds);
  }
}

BENCHMARK_CAPTURE(decode_case, portable, decode_hex_portable)->Arg(32)->Arg(250)->Arg(1 << 20);
BENCHMARK_CAPTURE(decode_case, fast, decode_hex)->Arg(32)->Arg(250)->Arg(1 << 20);

}  // namespace
}  // namespace sluice

BENCHMARK_MAIN();
