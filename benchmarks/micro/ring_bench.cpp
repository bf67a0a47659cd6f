// Rings: the cost of handing an index on, alone and between two threads.
#include <benchmark/benchmark.h>

#include <thread>

#include "flow/ring.h"

namespace {

using sluice::flow::MpmcRing;
using sluice::flow::RingResult;

template <typename Ring>
void push_pop_one_thread(benchmark::State& state) {
  Ring ring(64);
  std::uint32_t next = 0, item = 0;
  for (auto _ : state) {
    if (ring.try_push(next) != RingResult::done || ring.try_pop(item) != RingResult::done || item != next) {
      state.SkipWithError("the item pushed is not the item popped");
      break;
    }
    ++next;
  }
  state.SetItemsProcessed(state.iterations());
}

/// Blocking push here, blocking pop on another thread; an iteration is one item handed over.
template <typename Ring>
void hand_over(benchmark::State& state) {
  Ring ring(static_cast<std::uint32_t>(state.range(0)));
  std::uint64_t sum = 0, expected = 0;
  std::thread consumer([&] {
    std::uint32_t item = 0;
    while (ring.pop(item)) sum += item;
  });
  std::uint32_t next = 0;
  for (auto _ : state) {
    if (!ring.push(next)) state.SkipWithError("push refused");
    expected += next++;
  }
  ring.close();
  consumer.join();
  if (sum != expected) state.SkipWithError("items lost");
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_TEMPLATE(push_pop_one_thread, MpmcRing<std::uint32_t>);
BENCHMARK_TEMPLATE(hand_over, MpmcRing<std::uint32_t>)->Arg(4)->Arg(64)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
