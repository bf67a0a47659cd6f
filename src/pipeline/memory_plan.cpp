#include "pipeline/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "source/block_source.h"

namespace sluice::pipeline {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
/// Program, libraries, RocksDB's readers and writers, allocator slack. Measured: 60 MiB with a chain of
/// 2 MB, up to 84 with hundreds of table files open. A small budget keeps fewer open and gives freed memory
/// back at once.
constexpr std::uint64_t fixed_bytes = 72 * mib;
constexpr std::uint64_t fixed_bytes_small = 44 * mib;
/// Columns of parse and classify against raw bytes, on an ordinary chain.
constexpr std::uint64_t column_factor = 1;
constexpr std::uint64_t least_record_bytes = 2 * mib;
/// Records cannot be less than the half-empty chunks of every worker's lists.
constexpr std::uint64_t least_bytes_a_thread = mib / 2;
constexpr std::uint64_t block_map_bytes_each = 144;

/// RocksDB keeps about 10 KiB in memory of a table file; all together may have an eighth of the budget.
constexpr std::uint64_t budget_bytes_a_file = 8 * (10 << 10);
/// Each look-up asks every file that is not merged, so a run that looks up merges sooner.
constexpr std::uint64_t looked_up_files = 128;
constexpr std::uint64_t looked_up_share = 4;

/// What chains and this code were measured to be like; it need not be exact to choose well.
namespace measured {
constexpr double record_bytes_a_chain_byte = 0.45;
constexpr double chain_bytes_a_spend = 200;
constexpr double chain_bytes_a_live_output = 670;
constexpr double old_spends_share = 0.25;  ///< spends of outputs that an earlier segment created
constexpr double take_up_us = 1.0;         ///< a live output read from the tables
constexpr double carry_us = 0.06;          ///< a live output read, joined and written again
constexpr double look_up_us = 5.0;         ///< a spend looked up in the store
}  // namespace measured

/// A live output of a partition that is being joined, and its share of the join's table.
constexpr std::uint64_t joined_bytes_each = sizeof(resolve::LiveOutput) + 16;

/// Carrying costs a pass over all live outputs a segment, looking up a few seeks a spend: many small
/// segments of a large chain are better off with the second.
ResolveWay choose_way(const MemoryRequest& request, const SegmentLimits& segment, std::uint64_t spare_bytes) {
  const auto chain_bytes = static_cast<double>(request.chain_bytes);
  const double segments =
      1 + chain_bytes * measured::record_bytes_a_chain_byte / static_cast<double>(segment.arena_bytes);
  const auto live = static_cast<double>(request.live_outputs);
  const double live_at_end = live + chain_bytes / measured::chain_bytes_a_live_output;
  const double joined_bytes = live_at_end / static_cast<double>(segment.partition_count) *
                              static_cast<double>(joined_bytes_each * request.threads);
  if (joined_bytes > static_cast<double>(spare_bytes) / 2) return ResolveWay::lookup;
  const double carrying = live * measured::take_up_us + (segments - 1) * (live + live_at_end) / 2 * measured::carry_us;
  const double looking_up =
      chain_bytes / measured::chain_bytes_a_spend * measured::old_spends_share * measured::look_up_us;
  return carrying <= looking_up ? ResolveWay::join : ResolveWay::lookup;
}

/// What does not depend on how the rest is split.
struct Fixed {
  std::uint32_t slots = 0;
  std::uint64_t batch_bytes = 0;
  std::uint64_t taken = 0;  ///< by program, block map and batches
  std::uint64_t least = 0;  ///< budget that would do with these
};

Fixed fixed_parts(const MemoryRequest& request, std::uint64_t budget) {
  Fixed fixed;
  fixed.slots =
      request.slots != 0 ? request.slots : std::min<std::uint32_t>(2 * request.threads + 4, source::slots_max);
  fixed.batch_bytes = request.batch_bytes != 0
                          ? request.batch_bytes
                          : std::clamp<std::uint64_t>(std::bit_floor(budget / 512), 128u << 10, 2 * mib);
  const std::uint64_t batches = fixed.slots * fixed.batch_bytes * (1 + column_factor);
  fixed.taken = (budget < small_budget_bytes ? fixed_bytes_small : fixed_bytes) +
                request.block_count * block_map_bytes_each + batches;
  fixed.least = fixed.taken + std::max(2 * least_record_bytes, request.threads * least_bytes_a_thread);
  return fixed;
}

/// The least budget, in whole MiB, that is enough: a larger one may want larger batches, so it is felt for.
std::uint64_t least_budget(const MemoryRequest& request) {
  std::uint64_t budget = request.budget_bytes;
  while (fixed_parts(request, budget).least > budget)
    budget = (fixed_parts(request, budget).least + mib - 1) / mib * mib;
  return budget;
}

}  // namespace

Result<MemoryPlan> plan_memory(const MemoryRequest& request) {
  const std::uint64_t budget = request.budget_bytes;
  MemoryPlan plan;
  const Fixed fixed = fixed_parts(request, budget);
  plan.slots = fixed.slots;
  plan.batch_bytes = fixed.batch_bytes;
  if (budget < fixed.least) {
    return Error{
        ErrorKind::limit,
        fmt::format("--memory-budget {} MiB is too small for this chain and {} threads: at least {} MiB are needed",
                    budget / mib, request.threads, least_budget(request) / mib)};
  }
  const std::uint64_t left = budget - fixed.taken;
  // What is not given to records stays for spends of earlier segments (about 70 bytes each that is looked
  // up), sorting, table builders and blocks larger than a batch.
  plan.oversize_bytes = std::max<std::uint64_t>(left / 4, 1 * mib);
  std::uint64_t records = left / 16 * 10;
  if (request.way == ResolveWay::table) {
    // Every worker has a table of its own with a power of two of slots: rounded down for each of them.
    const std::uint64_t each = std::bit_floor(left / 16 * 4 / request.threads / sizeof(resolve::LiveOutput));
    plan.segment.table_entries = each * request.threads;
    const std::uint64_t table = plan.segment.table_entries * sizeof(resolve::LiveOutput);
    records = left / 16 * 10 - table - table / 2;  // half again for putting the table in order
  }
  plan.segment.workers = request.threads;
  plan.segment.arena_bytes = request.segment_bytes != 0 ? std::min(records, request.segment_bytes) : records;
  // Address space, not memory: the densest outputs become 14 times their raw bytes, and every batch
  // in flight may still come when a segment is found full.
  plan.segment.reserve_bytes = records + 16 * (plan.slots * plan.batch_bytes + plan.oversize_bytes) + 64 * mib;
  // Every list of every worker may hold one half-empty chunk; they get at most a quarter of the arena.
  constexpr std::uint64_t lists_each = 8;
  constexpr std::uint64_t partitions_least = 16;
  const auto partitions_most = [&](std::uint64_t chunk_bytes) {
    return records / 4 / (lists_each * request.threads * chunk_bytes);
  };
  const bool large = records >= 192 * mib && partitions_most(16384) >= partitions_least;
  plan.segment.chunk_bytes = large ? 16384 : 2048;
  plan.segment.partition_count =
      std::bit_floor(request.partitions != 0
                         ? request.partitions
                         : std::clamp<std::uint64_t>(partitions_most(plan.segment.chunk_bytes), partitions_least, 256));
  plan.way =
      request.way == ResolveWay::automatic ? choose_way(request, plan.segment, plan.oversize_bytes) : request.way;
  plan.merge.files_max = plan.merge.files_unasked = budget / budget_bytes_a_file;
  if (plan.way != ResolveWay::join) {
    plan.merge.files_unasked = std::min(plan.merge.files_unasked, looked_up_files);
    plan.merge.share = looked_up_share;
  }
  return plan;
}

}  // namespace sluice::pipeline
