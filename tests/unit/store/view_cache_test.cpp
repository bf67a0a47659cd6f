// What a view keeps: right when found, forgotten when another takes the slot, whole under two threads.
#include "store/view_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice::store {
namespace {

struct EightTimes {
  std::array<std::uint64_t, 8> same{};
  [[nodiscard]] static EightTimes of(std::uint64_t value) {
    EightTimes all;
    all.same.fill(value);
    return all;
  }
};

TEST(ViewCache, FindsWhatWasPutLastInASlot) {
  const ViewCache<std::uint64_t, int, 4> cache;
  EXPECT_EQ(cache.find(0, 0), std::nullopt) << "a key of zeros is in no empty slot";
  cache.put(1, 1, 10);
  cache.put(2, 2, 20);
  EXPECT_EQ(cache.find(1, 1), 10);
  cache.put(5, 5, 50);
  EXPECT_EQ(cache.find(1, 1), std::nullopt);
  EXPECT_EQ(cache.find(5, 5), 50);
  EXPECT_EQ(cache.find(2, 2), 20);
}

TEST(ViewCache, TwoThreadsNeverSeeHalfOfAValue) {
  const ViewCache<std::uint64_t, EightTimes, 2> cache;
  const auto use = [&](std::uint64_t begin) {
    for (std::uint64_t i = 0; i < 100'000; ++i) {
      const std::uint64_t key = begin + i % 4;
      cache.put(key, key, EightTimes::of(key));
      if (const auto found = cache.find(key ^ 1, key ^ 1)) {
        EXPECT_EQ(found->same, EightTimes::of(key ^ 1).same);
      }
    }
  };
  std::thread other(use, 2);
  use(0);
  other.join();
}

TEST(ShortList, KeepsUpToItsCapacity) {
  using List = ShortList<int, 3>;
  EXPECT_FALSE(List::of(std::array{1, 2, 3, 4}));
  const auto list = List::of(std::array{1, 2, 3});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->first(2), (std::vector{1, 2}));
  EXPECT_EQ(list->first(9), (std::vector{1, 2, 3}));
  EXPECT_TRUE(List::of({})->first(9).empty());
}

}  // namespace
}  // namespace sluice::store
