// The power goes at any operation, and whatever was not synced is dropped, torn or reordered.
#include <gtest/gtest.h>

#include "crash/power_run.h"

namespace sluice::test {
namespace {

const std::vector<World>& worlds() {
  static const std::vector<World> made = [] {
    std::vector<World> list;
    list.push_back(make_world({.seed = 11}));
    list.push_back(make_world({.seed = 12, .blocks = 20, .batch_blocks = 3, .undo_reaches_fork = false}));
    list.push_back(make_world(
        {.seed = 13, .blocks = 30, .txs_per_block = 4, .batch_blocks = 4, .way = pipeline::ResolveWay::table}));
    return list;
  }();
  return made;
}

TEST(Power, IndexSurvivesACutAtAnyOperation) {
  const std::uint64_t seeds = scaled(50);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto failure = cut_power_and_recover(worlds()[seed % worlds().size()], seed, {});
    EXPECT_FALSE(failure.has_value()) << "seed " << seed << ": " << *failure;
  }
}

}  // namespace
}  // namespace sluice::test
