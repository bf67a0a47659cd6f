// What was done with swaps since the start, and how the rows stand: for metrics and reports.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "classify/script_batch.h"
#include "swap/order_change.h"
#include "swap/swap_state.h"

namespace sluice::pipeline {

/// By swap::ChangeKind.
inline constexpr std::array<std::string_view, swap::change_kind_count> swap_change_names{
    "opened", "replaced", "closed", "died", "reopened", "withdrawn", "pruned"};

/// Versions of offers that are told apart; everything that is not 2 is read as version 1.
inline constexpr std::array<std::string_view, 3> swap_version_names{"1", "2", "other"};
[[nodiscard]] constexpr std::size_t swap_version_index(std::uint8_t version) noexcept {
  return version == 1 || version == 2 ? version - std::size_t{1} : 2;
}

/// Any thread. Blocks that are read again count again.
struct SwapFigures {
  std::array<std::atomic<std::uint64_t>, swap_version_names.size()> offers{};  ///< well-formed ones, by version
  std::array<std::atomic<std::uint64_t>, classify::swap_refusal_names.size()> refused{};
  std::array<std::atomic<std::uint64_t>, swap::change_kind_count> changes{};

  // As of the last write.
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> dead{0};
  std::atomic<std::uint64_t> superseded{0};
  std::atomic<std::uint64_t> history{0};
  std::atomic<std::uint32_t> blocks_behind{0};  ///< of the index's blocks, those whose swaps are not in the rows yet

  void add_refused(const classify::ClassifyCounters& counters) noexcept {
    for (std::size_t i = 0; i < refused.size(); ++i)
      refused[i].fetch_add(counters.refused[i], std::memory_order_relaxed);
  }
  void set_totals(const swap::SwapState& state) noexcept {
    open.store(state.open, std::memory_order_relaxed);
    dead.store(state.dead, std::memory_order_relaxed);
    superseded.store(state.superseded, std::memory_order_relaxed);
    history.store(state.history, std::memory_order_relaxed);
  }
};

}  // namespace sluice::pipeline
