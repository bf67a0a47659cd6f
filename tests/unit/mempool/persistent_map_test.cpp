// The map against std::map: random changes, with copies taken on the way that must never change.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "base/random.h"
#include "mempool/persistent_map.h"

namespace sluice::mempool {
namespace {

struct Number {
  std::uint64_t name;
  std::uint64_t value;
  std::uint64_t key() const { return name; }
};
/// As the bits of a hash: any. Clashing: all entries in one leaf.
struct Spread {
  std::uint64_t operator()(std::uint64_t key) const { return Random(key).next(); }
};
struct Clashing {
  std::uint64_t operator()(std::uint64_t key) const { return key % 2; }
};
/// Differs in the last bits only: the deepest trie there is.
struct Deep {
  std::uint64_t operator()(std::uint64_t key) const { return key << 58; }
};

template <typename Hash>
using Map = PersistentMap<std::uint64_t, Number, Hash>;
using Model = std::map<std::uint64_t, std::uint64_t>;

template <typename Hash>
void expect_equal(const Map<Hash>& map, const Model& model) {
  ASSERT_EQ(map.size(), model.size());
  Model visited;
  map.for_each([&](const Number& entry) { visited[entry.name] = entry.value; });
  EXPECT_EQ(visited, model);
  for (std::uint64_t key = 0; key < 600; ++key) {
    const Number* found = map.find(key);
    const auto wanted = model.find(key);
    ASSERT_EQ(found != nullptr, wanted != model.end());
    if (found != nullptr) {
      EXPECT_EQ(found->value, wanted->second);
    }
  }
}

template <typename Hash>
class PersistentMapTest : public ::testing::Test {};
using Hashes = ::testing::Types<Spread, Clashing, Deep>;
TYPED_TEST_SUITE(PersistentMapTest, Hashes);

TYPED_TEST(PersistentMapTest, CopiesKeepWhatTheyHeld) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    Map<TypeParam> map;
    Model model;
    std::vector<std::pair<Map<TypeParam>, Model>> kept;
    for (int step = 0; step < 2000; ++step) {
      const std::uint64_t key = random.below(600);
      switch (random.below(4)) {
        case 0:
        case 1:
          map.put({key, step + 0ULL});
          model[key] = step + 0ULL;
          break;
        case 2: EXPECT_EQ(map.erase(key), model.erase(key) != 0); break;
        case 3:
          if (Number* entry = map.edit(key)) entry->value += 7, model[key] += 7;
          break;
      }
      if (random.below(200) == 0) kept.emplace_back(map, model);
    }
    expect_equal(map, model);
    for (const auto& [copy, then] : kept) expect_equal(copy, then);
    while (!model.empty()) {
      EXPECT_TRUE(map.erase(model.begin()->first));
      model.erase(model.begin());
    }
    expect_equal(map, model);
  }
}

TEST(PersistentMap, ReadersOnOtherThreadsKeepTheirs) {
  Map<Spread> map;
  for (std::uint64_t key = 0; key < 5000; ++key) map.put({key, 0});
  std::vector<std::thread> readers;
  for (std::uint64_t round = 0; round < 20; ++round) {
    readers.emplace_back([copy = map, round] {
      std::uint64_t wrong = 0;
      copy.for_each([&](const Number& entry) { wrong += entry.value != round; });
      EXPECT_EQ(wrong, 0u);
    });
    for (std::uint64_t key = 0; key < 5000; ++key) map.put({key, round + 1});
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace sluice::mempool
