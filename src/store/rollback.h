// Takes blocks off the end of the index, by the index's own undo rows.
//
// Every output that a disconnected block created is either unspent at the tip (its outputs row names
// its script) or was spent by a disconnected block (an undo entry names it), so the scripts, refs and
// rows that the blocks touched are all known without reading a block.
//
// Undo rows know prefixes of scripts only. Where several scripts share one (2^-64 a pair, unless someone
// searched for it) and it has history left, that history's transactions are read back from the block files
// to see whose it is; a script that none of them pays was first seen in the disconnected blocks and goes.
#pragma once

#include "source/range_reader.h"
#include "store/database.h"

namespace sluice::store {

/// Disconnects all blocks from `block_count` on, in one atomic step.
/// block_files: of the blocks that stay; read for shared prefixes only.
/// Bounds: undo_first_height <= block_count < state's block count, block_count > 0.
/// Errors: io, corrupt (rows that contradict each other, named), unsupported (a coin unknown to this program).
Status disconnect_blocks(Database& database, std::uint32_t block_count, source::RangeReader& block_files);

}  // namespace sluice::store
