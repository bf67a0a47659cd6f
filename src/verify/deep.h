// The deep checks: every row recomputed from the block files and compared with the tables.
//
// Nothing of resolve or the pipeline is used. Blocks are walked in height order and outputs are kept
// in a table until they are spent, as any simple indexer would do it; a block's outputs are taken
// in before its inputs, since a child may stand before its parent. To stay within the memory budget the
// walk is made several times, each time for one share of the scripts and refs:
//
//   pass p of P:  scripts whose prefix is in share p  ->  history, scripts, unspent, outputs, undo entries
//                 refs whose first bytes are in share p  ->  mints and locations
//   first pass:   output_refs rows, which come in table order by themselves
//
// An input whose output belongs to another share is not found, and is found in that share's pass; over
// all passes each input must be found once.
#pragma once

#include "verify/block_walk.h"
#include "verify/check_swaps.h"
#include "verify/check_tables.h"

namespace sluice::verify {

/// The first pass also does what match_flat does. Bounds: walk.check_places() returned true.
/// Then the orders, unless swaps is null.
void check_deep(Context& context, BlockWalk& walk, const PrefixShares& shares, DeepSwaps* swaps);
/// What match_flat does, then the orders: of an index that has nothing else to recompute.
/// Bounds: walk.check_places() returned true.
void check_deep_swaps(Context& context, BlockWalk& walk, DeepSwaps& swaps);
/// Shares whose rows keep within the memory budget, a pass each.
[[nodiscard]] PrefixShares deep_shares(const Context& context, const TableCounts& counts);

}  // namespace sluice::verify
