// Splits the operator's memory budget among the parts of a sync.
//
//   fixed share   the program itself, RocksDB's caches and writers, stacks
//   block map     144 bytes a block of the chain
//   batches       raw bytes and their columns, times the slots of the pipeline
//   records       the arena of one segment (join: outputs and spends too; table: less)
//   table         live outputs (table way only)
#pragma once

#include <cstdint>

#include "base/error.h"
#include "pipeline/merge_limits.h"
#include "pipeline/segment.h"

namespace sluice::pipeline {

/// Below this budget, what a large one need not look at is saved too: open table files, freed memory.
inline constexpr std::uint64_t small_budget_bytes = std::uint64_t{128} << 20;

struct MemoryRequest {
  std::uint64_t budget_bytes = std::uint64_t{1} << 30;
  std::uint32_t threads = 2;
  ResolveWay way = ResolveWay::automatic;
  std::uint64_t block_count = 0;
  std::uint64_t chain_bytes = 0;    ///< of the blocks to index
  std::uint64_t live_outputs = 0;   ///< in the index already
  std::uint64_t batch_bytes = 0;    ///< 0: chosen here
  std::uint32_t slots = 0;          ///< 0: chosen here
  std::uint64_t partitions = 0;     ///< 0: chosen here; else rounded down to a power of two
  std::uint64_t segment_bytes = 0;  ///< 0: chosen here; else no more records than that a segment
};

struct MemoryPlan {
  ResolveWay way = ResolveWay::join;  ///< never automatic
  std::uint64_t batch_bytes = 0;
  std::uint32_t slots = 0;
  std::uint64_t oversize_bytes = 0;  ///< for blocks larger than a batch, all together
  MergeLimits merge;                 ///< between two segments
  SegmentLimits segment;
};

/// Errors: limit, naming the least budget that would do.
[[nodiscard]] Result<MemoryPlan> plan_memory(const MemoryRequest& request);

}  // namespace sluice::pipeline
