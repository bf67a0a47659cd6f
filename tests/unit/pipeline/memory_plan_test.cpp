// The memory plan: every part of it together stays within the budget, and a budget that is too small
// is refused in one line that names one that would do.
#include "pipeline/memory_plan.h"

#include <gtest/gtest.h>

#include <bit>
#include <regex>

#include "resolve/table.h"
#include "source/block_map.h"

namespace sluice::pipeline {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint32_t thread_counts[] = {1, 2, 3, 4, 8, 16, 33, 64, 127, 256};

std::vector<MemoryRequest> all_requests() {
  std::vector<MemoryRequest> requests;
  for (std::uint64_t budget = 64 * mib; budget <= 65536 * mib; budget = budget / 4 * 5) {
    for (const std::uint32_t threads : thread_counts) {
      for (const ResolveWay way : all_ways) {
        for (const std::uint64_t blocks : {0u, 1700u, 430'000u, 1'000'000u}) {
          MemoryRequest request;
          request.budget_bytes = budget;
          request.threads = threads;
          request.way = way;
          request.block_count = blocks;
          requests.push_back(request);
        }
      }
    }
  }
  return requests;
}

std::string describe(const MemoryRequest& request) {
  return std::to_string(request.budget_bytes / mib) + " MiB, " + std::to_string(request.threads) + " threads, " +
         std::to_string(request.block_count) + " blocks, " + std::string(name_of(request.way));
}

TEST(MemoryPlan, EveryPlanStaysWithinItsBudget) {
  std::size_t planned = 0;
  for (const MemoryRequest& request : all_requests()) {
    SCOPED_TRACE(describe(request));
    const auto plan = plan_memory(request);
    if (!plan) continue;
    ++planned;
    const MemoryPlan& found = plan.value();
    const std::uint64_t raw = found.slots * found.batch_bytes;
    const std::uint64_t map = request.block_count * (sizeof(source::ScannedBlock) + sizeof(std::uint32_t));
    // Raw bytes and as much again for their columns; the table of live outputs is a power of two of slots a worker.
    const std::uint64_t table = found.segment.table_entries == 0
                                    ? 0
                                    : std::bit_ceil(found.segment.table_entries / found.segment.workers) *
                                          found.segment.workers * sizeof(resolve::LiveOutput);
    EXPECT_LE(2 * raw + map + table + found.segment.arena_bytes, request.budget_bytes);
    EXPECT_LT(found.oversize_bytes, request.budget_bytes / 2);
    EXPECT_GE(found.slots, 1U);
    EXPECT_LE(found.slots, 256U) << "the source takes no more slots";
    EXPECT_GE(found.segment.arena_bytes, mib);
    EXPECT_TRUE(std::has_single_bit(found.segment.partition_count));
    EXPECT_EQ(found.segment.workers, request.threads);
    EXPECT_EQ(found.segment.table_entries != 0, request.way == ResolveWay::table);
    // Half-empty chunks of every list of every worker must leave room for records.
    EXPECT_LE(8 * request.threads * found.segment.partition_count * found.segment.chunk_bytes / 2,
              found.segment.arena_bytes);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(planned, 500U);
}

TEST(MemoryPlan, TheNamedLeastBudgetDoesAndOneMebibyteLessDoesNot) {
  std::size_t refused = 0;
  for (MemoryRequest request : all_requests()) {
    request.budget_bytes /= 8;
    const auto plan = plan_memory(request);
    if (plan) continue;
    SCOPED_TRACE(describe(request) + ": " + plan.error().message);
    ++refused;
    EXPECT_EQ(plan.error().kind, ErrorKind::limit);
    EXPECT_EQ(plan.error().message.find('\n'), std::string::npos);
    std::smatch found;
    const std::regex wanted("^--memory-budget (\\d+) MiB .* " + std::to_string(request.threads) +
                            " threads: at least (\\d+) MiB are needed$");
    ASSERT_TRUE(std::regex_match(plan.error().message, found, wanted));
    EXPECT_EQ(std::stoull(found[1]), request.budget_bytes / mib);
    request.budget_bytes = std::stoull(found[2]) * mib;
    EXPECT_TRUE(plan_memory(request).ok());
    request.budget_bytes -= mib;
    EXPECT_FALSE(plan_memory(request).ok());
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(refused, 100U);
}

TEST(MemoryPlan, SixtyFourMebibytesDoForTwoThreadsAndALongChain) {
  MemoryRequest request;
  request.budget_bytes = 64 * mib;
  request.threads = 2;
  request.block_count = 100'000;
  for (const ResolveWay way : {ResolveWay::join, ResolveWay::table}) {
    request.way = way;
    const auto plan = plan_memory(request);
    EXPECT_TRUE(plan.ok()) << plan.error().message;
  }
}

TEST(MemoryPlan, WhatIsGivenIsTaken) {
  MemoryRequest request;
  request.batch_bytes = 3 * mib;
  request.slots = 5;
  request.partitions = 40;
  const auto plan = plan_memory(request);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan.value().batch_bytes, 3 * mib);
  EXPECT_EQ(plan.value().slots, 5U);
  EXPECT_EQ(plan.value().segment.partition_count, 32U);
}

ResolveWay way_chosen(std::uint64_t budget_bytes, std::uint64_t chain_bytes, std::uint64_t live_outputs) {
  MemoryRequest request;
  request.budget_bytes = budget_bytes;
  request.chain_bytes = chain_bytes;
  request.live_outputs = live_outputs;
  const auto plan = plan_memory(request);
  return plan ? plan.value().way : ResolveWay::automatic;
}

// A first sync carries what lives from segment to segment; a few blocks on a large index, or so many segments
// that carrying is the larger work, look it up.
TEST(MemoryPlan, WayFollowsTheWorkAhead) {
  constexpr std::uint64_t gib = 1024 * mib;
  EXPECT_EQ(way_chosen(gib, 800 * mib, 0), ResolveWay::join);
  EXPECT_EQ(way_chosen(gib, 16 * gib, 0), ResolveWay::join);
  EXPECT_EQ(way_chosen(256 * mib, 800 * mib, 0), ResolveWay::join);
  EXPECT_EQ(way_chosen(gib, 1 * mib, 10'000'000), ResolveWay::lookup);
  EXPECT_EQ(way_chosen(80 * mib, 64 * gib, 0), ResolveWay::lookup);
}

TEST(MergeLimits, FewFilesWaitManyDoNotAndTheShareDecidesBetween) {
  constexpr MergeLimits limits{.files_max = 100, .files_unasked = 10, .share = 4};
  EXPECT_FALSE(wants_merge({.files = 10, .bytes = 100, .bytes_of_all = 100}, limits));
  EXPECT_TRUE(wants_merge({.files = 11, .bytes = 25, .bytes_of_all = 100}, limits));
  EXPECT_FALSE(wants_merge({.files = 100, .bytes = 24, .bytes_of_all = 100}, limits));
  EXPECT_TRUE(wants_merge({.files = 101, .bytes = 1, .bytes_of_all = 100}, limits));
}

// Files may take an eighth of the budget, at 10 KiB each.
TEST(MemoryPlan, UnmergedFilesAreBounded) {
  for (const MemoryRequest& request : all_requests()) {
    const auto plan = plan_memory(request);
    if (!plan) continue;
    const MergeLimits& merge = plan.value().merge;
    EXPECT_LE(merge.files_max * (10 << 10), request.budget_bytes / 8);
    EXPECT_LE(merge.files_unasked, merge.files_max);
  }
}

TEST(MemoryPlan, WayAskedForIsTaken) {
  for (const ResolveWay way : all_ways) {
    MemoryRequest request;
    request.way = way;
    EXPECT_EQ(plan_memory(request).value().way, way);
  }
}

TEST(MemoryPlan, SegmentsCanBeMadeSmallerNotLarger) {
  MemoryRequest request;
  const std::uint64_t whole = plan_memory(request).value().segment.arena_bytes;
  request.segment_bytes = 5 * mib;
  EXPECT_EQ(plan_memory(request).value().segment.arena_bytes, 5 * mib);
  request.segment_bytes = 2 * whole;
  EXPECT_EQ(plan_memory(request).value().segment.arena_bytes, whole);
}

}  // namespace
}  // namespace sluice::pipeline
