// Checks of the swap rows: against each other without block files, and with deep against the orders that the blocks
// tell of.
//
// The deep check tells the life of every order anew, as the RSWP reference does: a block's spends close what is open,
// then its advertisements come. Whether an outpoint was spent before its advertisement is known from the inputs of all
// blocks. Nothing of swap/order_changes is used; rows are read by swap/order_rows.
//
//   collect()      the outpoints that the blocks offer, while another check walks them
//   check_orders() one more walk for each share of them that keeps within the memory budget
#pragma once

#include <optional>
#include <vector>

#include "base/outpoint.h"
#include "swap/swap_state.h"
#include "verify/block_walk.h"

namespace sluice::verify {

/// False: no swaps are indexed.
[[nodiscard]] bool has_swap_rows(const Context& context);
/// Orders, rows by want, by outpoint, counts, state and undo rows against each other. nullopt: how far they go cannot
/// be told. Later walks read the offers as the rows' state says.
[[nodiscard]] std::optional<swap::SwapState> check_swap_rows(Context& context);

class DeepSwaps {
 public:
  DeepSwaps(Context& context, const swap::SwapState& state) : context_(context), state_(state) {}

  /// Bounds: batches come in order, with scripts.
  void collect(const WalkBatch& batch);
  /// Bounds: all batches were collected. Memory: 36 bytes an offered outpoint throughout.
  void check_orders(BlockWalk& walk);

 private:
  Context& context_;
  swap::SwapState state_;
  std::vector<Outpoint> offered_;  ///< ascending and distinct once collected
};

}  // namespace sluice::verify
