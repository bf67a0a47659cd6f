// What all sessions answer from at one moment, and what is new in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "serve/mempool_view.h"
#include "serve/read_view.h"
#include "serve/swap_news.h"
#include "serve/swap_view.h"
#include "swap/order_change.h"

namespace sluice::serve {

/// Immutable once published; sessions move from one to the next, never back.
struct Snapshot {
  std::shared_ptr<const ReadView> view;
  std::shared_ptr<const MempoolView> mempool;  ///< null: nothing is known of unconfirmed transactions
  std::shared_ptr<const SwapView> swaps{};     ///< null: no swap index
};

/// What may differ between a snapshot and the one before.
struct Changes {
  bool tip_changed = false;  ///< the newest block is another one
  /// Can the status of any script be another one? Else of those with these prefixes only, in order.
  bool everything_touched = false;
  std::vector<std::uint64_t> touched;
  std::vector<swap::OrderChange> orders{};  ///< what happened to swap orders, in order
  SwapNewsList swaps{};                     ///< what of it and of the mempool is told: swap_news() of both snapshots

  [[nodiscard]] bool touches(std::uint64_t prefix) const {
    return everything_touched || std::binary_search(touched.begin(), touched.end(), prefix);
  }
};

}  // namespace sluice::serve
