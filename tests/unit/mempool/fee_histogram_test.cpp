// The compact histogram against the plain form of ElectrumX's algorithm.
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "mempool/fee_histogram.h"

namespace sluice::mempool {
namespace {

using serve::FeeBin;
using Sizes = std::map<std::uint64_t, std::uint64_t, std::greater<>>;

std::vector<FeeBin> plain(const Sizes& sizes) {
  std::vector<FeeBin> bins;
  double bin = 30'000;
  std::uint64_t sum = 0;
  const std::uint64_t* before = nullptr;
  for (const auto& [rate, size] : sizes) {
    if (static_cast<double>(size) > 2 * bin && before != nullptr && sum > 0) {
      bins.push_back({*before, sum});
      sum = 0;
      bin *= 1.1;
    }
    sum += size;
    if (static_cast<double>(sum) > bin) {
      bins.push_back({rate, sum});
      sum = 0;
      bin *= 1.1;
    }
    before = &rate;
  }
  return bins;
}

TEST(FeeHistogram, WorkedExample) {
  FeeHistogram histogram;
  EXPECT_TRUE(histogram.compact().empty());
  histogram.add(50, 20'000);
  EXPECT_TRUE(histogram.compact().empty());  // the remainder is in no bin
  histogram.add(40, 10'001);
  EXPECT_EQ(histogram.compact(), (std::vector<FeeBin>{{40, 30'001}}));
  histogram.add(30, 5'000);
  histogram.add(20, 70'000);  // over two bins of 33,000 at once: what was gathered before it ends at 30
  EXPECT_EQ(histogram.compact(), (std::vector<FeeBin>{{40, 30'001}, {30, 5'000}, {20, 70'000}}));
  histogram.remove(20, 70'000);
  EXPECT_EQ(histogram.compact(), (std::vector<FeeBin>{{40, 30'001}}));
}

TEST(FeeHistogram, EqualsThePlainForm) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    FeeHistogram histogram;
    Sizes sizes;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> present;
    const std::uint64_t rates = random.chance(0.5) ? 20 : 5000;
    const std::size_t steps = 200 + random.below(4000);
    for (std::size_t step = 0; step < steps; ++step) {
      if (present.empty() || random.chance(0.7)) {
        const std::uint64_t size = random.chance(0.02) ? 200'000 : 100 + random.below(2000);
        present.emplace_back(random.below(rates), size);
        histogram.add(present.back().first, size);
        sizes[present.back().first] += size;
      } else {
        std::swap(present[random.below(present.size())], present.back());
        const auto [rate, size] = present.back();
        present.pop_back();
        histogram.remove(rate, size);
        if ((sizes[rate] -= size) == 0) sizes.erase(rate);
      }
      if (step % 50 == 0) {
        ASSERT_EQ(histogram.compact(), plain(sizes)) << "seed " << seed;
      }
    }
    ASSERT_EQ(histogram.compact(), plain(sizes)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sluice::mempool
