// Takes blocks off the end of the index, by the index's own undo rows where it has them and by the block files
// (spent_outputs.h) where it has not: there is no depth that is too deep.
//
// Every output that a disconnected block created is either unspent at the tip (its outputs row names
// its script) or was spent by a disconnected block (an undo entry names it), so the scripts, refs and
// rows that the blocks touched are all known without reading a block.
//
// Undo rows know prefixes of scripts only. Where several scripts share one (2^-64 a pair, unless someone
// searched for it) and it has history left, that history's transactions are read back from the block files
// to see whose it is; a script that none of them pays was first seen in the disconnected blocks and goes.
#pragma once

#include <vector>

#include "source/range_reader.h"
#include "store/database.h"

namespace sluice::store {

/// Disconnects all blocks from `block_count` on, in one atomic step.
/// block_files: read for shared prefixes and for blocks without undo rows only.
/// touched: gets the prefixes of the scripthashes whose history lost something, in order; may be null.
/// Bounds: 0 < block_count < state's block count.
/// Errors: io, corrupt (rows that contradict each other, named), unsupported (a coin unknown to this program).
Status disconnect_blocks(Database& database, std::uint32_t block_count, source::RangeReader& block_files,
                         std::vector<std::uint64_t>* touched = nullptr);

}  // namespace sluice::store
