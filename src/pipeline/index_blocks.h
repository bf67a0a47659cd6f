// Indexes blocks onto an open index: the part of a sync that a server repeats for each new block.
#pragma once

#include "pipeline/block_pipeline.h"
#include "pipeline/sync.h"

namespace sluice::pipeline {

/// Is the index of the options' coin and network, and are parity and contents alike? An empty one is of any.
/// Errors: config, naming the directory.
Status check_same_index(const SyncOptions& options, const store::Database& database);

/// Plans the memory, runs the stages over a range of the map's best chain, and commits. Of the options, what
/// concerns the index directory and the scan is not looked at.
/// swaps: null, or the swap index of the database, at its height.
/// Bounds: range.first is the index's block count; range.until <= map.height_count(); no view is left from before
/// blocks were taken away (Database::has_older_views).
/// Errors: limit, corrupt, io, stopped; what came before is committed.
Status index_blocks(store::Database& database, const source::BlockMap& map, source::BlockReader& reader,
                    SwapIndex* swaps, const SyncOptions& options, BlockRange range, SyncReport& report,
                    std::unique_ptr<Counters>& counters, const ProgressHook& progress);

}  // namespace sluice::pipeline
