// The deep checks' own parts: the table of live outputs against a map, and the shares of the prefixes.
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "base/random.h"
#include "verify/context.h"
#include "verify/live_outputs.h"

namespace sluice::test {
namespace {

using Outpoint = std::pair<std::array<std::byte, 32>, std::uint32_t>;

Outpoint draw(Random& random, std::uint64_t txids) {
  Outpoint outpoint;
  outpoint.first.fill(std::byte{0});
  store_le(outpoint.first.data() + (random.below(2) == 0 ? 0 : 8), random.below(txids));  // much alike, on purpose
  outpoint.second = static_cast<std::uint32_t>(random.below(3));
  return outpoint;
}

TEST(LiveOutputs, BehavesLikeAMap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    verify::LiveOutputs live(random.next());
    std::map<Outpoint, std::uint64_t> model;
    const std::uint64_t txids = 1 + random.below(2000);
    for (std::uint64_t step = 1; step <= 20000; ++step) {
      const Outpoint outpoint = draw(random, txids);
      const auto known = model.find(outpoint);
      if (random.below(2) == 0) {
        const auto replaced = live.add(outpoint.first.data(), {0, 0, 0, 0, step, outpoint.second, 0});
        ASSERT_EQ(replaced.has_value(), known != model.end());
        if (replaced) {
          EXPECT_EQ(replaced->tx_number, known->second);
        }
        model[outpoint] = step;
      } else {
        const auto taken = live.take(outpoint.first.data(), outpoint.second);
        ASSERT_EQ(taken.has_value(), known != model.end());
        if (!taken) continue;
        EXPECT_EQ(taken->tx_number, known->second);
        model.erase(known);
      }
      ASSERT_EQ(live.size(), model.size());
    }
    std::uint64_t left = 0, sum = 0, model_sum = 0;
    live.for_each([&](const verify::LiveOutput& output) { ++left, sum += output.tx_number; });
    for (const auto& [outpoint, step] : model) model_sum += step;
    EXPECT_EQ(left, model.size());
    EXPECT_EQ(sum, model_sum);
    live.clear();
    EXPECT_EQ(live.size(), 0U);
    for (const auto& [outpoint, step] : model) EXPECT_FALSE(live.take(outpoint.first.data(), outpoint.second));
  }
}

void expect_partition(const std::vector<verify::PrefixRange>& ranges) {
  ASSERT_FALSE(ranges.empty());
  EXPECT_EQ(ranges.front().first, 0U);
  EXPECT_EQ(ranges.back().last, ~std::uint64_t{0});
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    EXPECT_LE(ranges[i].first, ranges[i].last);
    EXPECT_TRUE(i == 0 || ranges[i - 1].last + 1 == ranges[i].first);
  }
}

TEST(PrefixShares, CoverEveryPrefixOnce) {
  for (const std::uint32_t passes : {1U, 2U, 3U, 7U, 64U, 65536U}) {
    std::vector<verify::PrefixRange> equal;
    for (std::uint32_t pass = 0; pass < passes; ++pass) equal.push_back(verify::share_of_prefixes(pass, passes));
    expect_partition(equal);

    Random random(passes);
    verify::PrefixHistogram histogram;
    expect_partition(verify::balanced_shares(histogram, passes).ranges);
    for (int i = 0; i < 100000; ++i) histogram.add(random.next());
    for (int i = 0; i < 20000; ++i) histogram.add(0x1234567812345678);  // one busy script
    const verify::PrefixShares shares = verify::balanced_shares(histogram, passes);
    expect_partition(shares.ranges);
    EXPECT_LE(shares.ranges.size(), passes);
    const std::uint64_t fair = 120000 / passes;
    EXPECT_LE(shares.entries_max, std::max<std::uint64_t>(2 * fair, 20200)) << passes;
    EXPECT_GE(shares.entries_max, fair) << passes;
  }
}

}  // namespace
}  // namespace sluice::test
