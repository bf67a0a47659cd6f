// Items that name transactions by number, with their txids: read a chunk at a time, since one read of many costs less.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "serve/read_view.h"

namespace sluice::serve {

/// Calls visit(item, txid) for each item in order until it returns false. Item has a `tx_number`.
/// Errors: the view's; whatever was visited by then stays visited.
template <typename Item, typename Visit>
[[nodiscard]] Status walk_with_txids(const ReadView& view, std::span<const Item> items, const Visit& visit) {
  constexpr std::size_t chunk = 256;
  std::array<TxNumber, chunk> tx_numbers;
  std::array<Txid, chunk> txids;
  while (!items.empty()) {
    const std::size_t count = std::min(chunk, items.size());
    for (std::size_t i = 0; i < count; ++i) tx_numbers[i] = items[i].tx_number;
    if (Status status = view.read_txids(std::span(tx_numbers).first(count), std::span(txids).first(count)); !status)
      return status;
    for (std::size_t i = 0; i < count; ++i) {
      if (!visit(items[i], txids[i])) return {};
    }
    items = items.subspan(count);
  }
  return {};
}

}  // namespace sluice::serve
