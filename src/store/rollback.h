// Takes blocks off the end of the index, with nothing but the index's own undo rows.
//
// Every output that a disconnected block created is either unspent at the tip (its outputs row names
// its script) or was spent by a disconnected block (an undo entry names it), so the scripts, refs and
// rows that the blocks touched are all known without reading a block.
//
// One row can outlive its blocks: a script that was first seen in them, if another script shares its
// 64-bit prefix and has history left. The undo rows know prefixes only; the row means nothing without
// history, and answers do not change.
#pragma once

#include "store/database.h"

namespace sluice::store {

/// Disconnects all blocks from `block_count` on, in one atomic step.
/// Bounds: undo_first_height <= block_count < state's block count, block_count > 0.
/// Errors: io, corrupt (rows that contradict each other, named).
Status disconnect_blocks(Database& database, std::uint32_t block_count);

}  // namespace sluice::store
