// Counters of a running sync, one set a stage: read by the progress line, the report and tuning.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "classify/script_batch.h"
#include "flow/stage.h"

namespace sluice::pipeline {

enum class Stage : std::uint8_t { source, parse, classify, order, resolve, write };
inline constexpr std::size_t stage_count = 6;
inline constexpr std::array<std::string_view, stage_count> stage_names{"source", "parse",   "classify",
                                                                       "order",  "resolve", "write"};

struct Counters {
  std::array<flow::StageCounters, stage_count> stages;
  std::array<std::atomic<std::uint32_t>, stage_count> queue_high_water{};  ///< of the ring behind the stage
  std::atomic<std::uint32_t> most_busy{0};                                 ///< most stages seen at work in one moment
  std::atomic<std::uint32_t> height{0};                                    ///< blocks that went through the order stage
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> txs{0};
  std::atomic<std::uint64_t> inputs{0};
  std::atomic<std::uint64_t> outputs{0};
  std::atomic<std::uint32_t> segments{0};
  std::atomic<std::uint64_t> prior_spends{0};
  std::atomic<std::uint64_t> parse_faults{0};  ///< batches that a bad block was found in
  classify::ClassifyCounters classified;       ///< summed up when the classify threads end: read after the run only

  [[nodiscard]] flow::StageCounters& of(Stage stage) noexcept { return stages[static_cast<std::size_t>(stage)]; }
  [[nodiscard]] const flow::StageCounters& of(Stage stage) const noexcept {
    return stages[static_cast<std::size_t>(stage)];
  }

  /// Adds what the stages of another run did.
  void add_stages_of(const Counters& run) noexcept {
    using flow::StageCounters;
    for (std::size_t i = 0; i < stage_count; ++i) {
      StageCounters::add(stages[i].batches, run.stages[i].batches.load(std::memory_order_relaxed));
      StageCounters::add(stages[i].items, run.stages[i].items.load(std::memory_order_relaxed));
      StageCounters::add(stages[i].bytes, run.stages[i].bytes.load(std::memory_order_relaxed));
      StageCounters::add(stages[i].busy_ns, run.stages[i].busy_ns.load(std::memory_order_relaxed));
      StageCounters::add(stages[i].starved_ns, run.stages[i].starved_ns.load(std::memory_order_relaxed));
      StageCounters::add(stages[i].blocked_ns, run.stages[i].blocked_ns.load(std::memory_order_relaxed));
    }
  }

  /// Stages with at least one thread at work now; also raises most_busy.
  std::uint32_t note_busy() noexcept {
    std::uint32_t busy = 0;
    for (const auto& stage : stages) busy += stage.busy_now.load(std::memory_order_relaxed) > 0 ? 1 : 0;
    std::uint32_t most = most_busy.load(std::memory_order_relaxed);
    while (busy > most && !most_busy.compare_exchange_weak(most, busy, std::memory_order_relaxed)) {}
    return busy;
  }
};

}  // namespace sluice::pipeline
