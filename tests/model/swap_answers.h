// Everything that a view of the swap index can be asked, compared with the naive one.
#pragma once

#include <string>

#include "base/random.h"
#include "naive_swaps.h"
#include "serve/swap_view.h"

namespace sluice::model {

/// Both sides of every token, whole and from a random place on, as the node has them and as we do; counts and totals;
/// what each outpoint was offered for; each order by its id; what never was. Empty: no difference.
/// Bounds: both stand at the same tip.
[[nodiscard]] std::string swap_difference(const NaiveSwaps& naive, const serve::SwapView& view, Random& random);

}  // namespace sluice::model
