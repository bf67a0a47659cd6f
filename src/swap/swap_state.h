// How far the swap rows go, by which rules, and how many orders there are: the one state row.
#pragma once

#include <cstdint>

namespace sluice::swap {

/// Of all books together.
struct SwapState {
  std::uint32_t block_count = 0;           ///< blocks whose swaps are in the rows; the index's own count, or behind it
  std::uint32_t settled_blocks = 0;        ///< <= block_count
  std::uint32_t undo_first_height = 0;     ///< blocks from here on can be undone
  std::uint32_t history_blocks = 10'000;   ///< that the rows are pruned to
  std::uint32_t history_first_height = 0;  ///< orders that were closed from here on are there
  bool op_number_index = false;
  std::uint64_t open = 0;
  std::uint64_t dead = 0;
  std::uint64_t superseded = 0;
  std::uint64_t history = 0;

  friend bool operator==(const SwapState&, const SwapState&) = default;
};

}  // namespace sluice::swap
