// A stage's thread and its counters.
//
// The loop is the same for every stage: take a batch index, do the work, hand it on. Where its time
// goes (busy, starved of input, blocked by output) is counted here once, for the progress line, the
// report, metrics and tuning alike.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "flow/gate.h"
#include "flow/ring.h"

namespace sluice::flow {

[[nodiscard]] inline std::uint64_t now_ns() noexcept {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

/// Written by the stage's threads, a few times a batch; read by anybody.
struct alignas(line_bytes) StageCounters {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> items{0};  ///< transactions
  std::atomic<std::uint64_t> bytes{0};  ///< raw block bytes
  std::atomic<std::uint64_t> busy_ns{0};
  std::atomic<std::uint64_t> starved_ns{0};
  std::atomic<std::uint64_t> blocked_ns{0};
  std::atomic<std::uint32_t> busy_now{0};  ///< threads at work at this moment

  // relaxed everywhere: the counters order nothing, they are only read as numbers.
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
    counter.fetch_add(amount, std::memory_order_relaxed);
  }
};

/// One batch's worth of work, for `items` and `bytes`.
struct StageWork {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
};

/// Runs until `input` is closed and drained or `output` is closed. `work(index)` returns StageWork.
/// Several threads may run the same stage; the last one to leave closes nothing: that is the
/// pipeline's business, which knows how many there are.
template <typename Work>
void run_stage(MpmcRing<std::uint32_t>& input, MpmcRing<std::uint32_t>& output, StageCounters& counters, Work&& work) {
  std::uint64_t begin = now_ns();
  std::uint32_t index = 0;
  while (input.pop(index)) {
    const std::uint64_t taken = now_ns();
    counters.busy_now.fetch_add(1, std::memory_order_relaxed);
    const StageWork done = work(index);
    counters.busy_now.fetch_sub(1, std::memory_order_relaxed);
    const std::uint64_t worked = now_ns();
    StageCounters::add(counters.starved_ns, taken - begin);
    StageCounters::add(counters.busy_ns, worked - taken);
    StageCounters::add(counters.batches, 1);
    StageCounters::add(counters.items, done.items);
    StageCounters::add(counters.bytes, done.bytes);
    if (!output.push(index)) return;
    begin = now_ns();
    StageCounters::add(counters.blocked_ns, begin - worked);
  }
  StageCounters::add(counters.starved_ns, now_ns() - begin);
}

}  // namespace sluice::flow
