// The best chain among headers in any order: forks, ties, orphans, duplicates, records that name each
// other in rings, and random trees against a slow search.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "base/random.h"
#include "chain/best_chain.h"

namespace sluice::chain {
namespace {

constexpr std::uint32_t easy = 0x207fffff;   // work 2
constexpr std::uint32_t harder = 0x201fffff; // work 8
constexpr std::uint32_t bad_bits = 0x04923456;

using Positions = std::vector<std::uint32_t>;

BlockHash named(std::uint64_t name) {
  BlockHash hash;
  store_le(hash.data() + 16, name);  // low64 is zero for all: a table that looks only there would crawl
  return hash;
}

HeaderRecord record(std::uint64_t name, std::uint64_t previous, std::uint32_t bits = easy) {
  return {named(name), named(previous), bits};
}

void expect_each_record_once(const BestChain& chain, std::size_t count) {
  Positions all;
  for (const Positions* list : {&chain.by_height, &chain.stale, &chain.duplicates, &chain.unlinked}) {
    all.insert(all.end(), list->begin(), list->end());
  }
  for (const Positions* list : {&chain.stale, &chain.duplicates, &chain.unlinked}) {
    EXPECT_TRUE(std::is_sorted(list->begin(), list->end()));
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), count);
  for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(all[i], i);
}

BestChain found(const std::vector<HeaderRecord>& records, std::uint64_t genesis = 1) {
  BestChain chain = find_best_chain(records, named(genesis));
  expect_each_record_once(chain, records.size());
  return chain;
}

TEST(BestChain, NothingAndGenesisOnly) {
  EXPECT_TRUE(found({}).by_height.empty());
  const BestChain chain = found({record(1, 0)});
  EXPECT_EQ(chain.by_height, Positions{0});
  EXPECT_EQ(chain.work, (Uint256{{2, 0, 0, 0}}));
}

TEST(BestChain, AnyOrderOfRecords) {
  std::vector<HeaderRecord> records = {record(3, 2), record(1, 0), record(4, 3), record(2, 1)};
  EXPECT_EQ(found(records).by_height, (Positions{1, 3, 0, 2}));
  std::reverse(records.begin(), records.end());
  EXPECT_EQ(found(records).by_height, (Positions{2, 0, 3, 1}));
}

TEST(BestChain, MoreBlocksWinAtEqualBits) {
  const BestChain chain = found({record(1, 0), record(2, 1), record(13, 12), record(12, 1)});
  EXPECT_EQ(chain.by_height, (Positions{0, 3, 2}));
  EXPECT_EQ(chain.stale, Positions{1});
}

TEST(BestChain, MoreWorkWinsOverMoreBlocks) {
  const BestChain chain = found({record(1, 0), record(2, 1), record(3, 2), record(12, 1, harder)});
  EXPECT_EQ(chain.by_height, (Positions{0, 3}));
  EXPECT_EQ(chain.stale, (Positions{1, 2}));
  EXPECT_EQ(chain.work, (Uint256{{10, 0, 0, 0}}));
}

TEST(BestChain, TieGoesToTheTipThatComesFirst) {
  EXPECT_EQ(found({record(1, 0), record(2, 1), record(12, 1)}).by_height, (Positions{0, 1}));
  EXPECT_EQ(found({record(1, 0), record(12, 1), record(2, 1)}).by_height, (Positions{0, 1}));
  // The tips decide, not the first blocks of the branches.
  const BestChain chain = found({record(1, 0), record(2, 1), record(12, 1), record(13, 12), record(3, 2)});
  EXPECT_EQ(chain.by_height, (Positions{0, 2, 3}));
  EXPECT_EQ(chain.stale, (Positions{1, 4}));
}

TEST(BestChain, OrphansAreUnlinkedWithAllTheirDescendants) {
  const BestChain chain = found({record(1, 0), record(5, 99), record(6, 5), record(2, 1), record(7, 6, harder)});
  EXPECT_EQ(chain.by_height, (Positions{0, 3}));
  EXPECT_EQ(chain.unlinked, (Positions{1, 2, 4}));
}

TEST(BestChain, MissingGenesisLinksNothing) {
  const BestChain chain = found({record(2, 1), record(3, 2)});
  EXPECT_TRUE(chain.by_height.empty());
  EXPECT_EQ(chain.unlinked, (Positions{0, 1}));
  EXPECT_EQ(chain.work, Uint256{});
}

TEST(BestChain, DuplicatesCountOnceAndTheFirstStays) {
  const BestChain chain = found(
      {record(1, 0), record(2, 1), record(1, 0), record(2, 1), record(2, 1, harder), record(3, 2)});
  EXPECT_EQ(chain.by_height, (Positions{0, 1, 5}));
  EXPECT_EQ(chain.duplicates, (Positions{2, 3, 4}));
  EXPECT_EQ(chain.work, (Uint256{{6, 0, 0, 0}}));
}

TEST(BestChain, RingsAndSelfParentsEndTheSearch) {
  const BestChain chain = found({record(1, 3), record(2, 1), record(3, 2), record(7, 7), record(8, 9), record(9, 8)});
  EXPECT_EQ(chain.by_height, (Positions{0, 1, 2})) << "the genesis has no parent, whatever it names";
  EXPECT_EQ(chain.unlinked, (Positions{3, 4, 5}));
  EXPECT_EQ(found({record(1, 1), record(2, 1)}).by_height, (Positions{0, 1}));
}

TEST(BestChain, BadBitsCutTheBranch) {
  const BestChain chain = found({record(1, 0), record(2, 1, bad_bits), record(3, 2, harder), record(12, 1)});
  EXPECT_EQ(chain.by_height, (Positions{0, 3}));
  EXPECT_EQ(chain.unlinked, (Positions{1, 2}));
}

/// Work and tip by following parents from each record on its own.
Positions slow_best(const std::vector<HeaderRecord>& records, const BlockHash& genesis) {
  std::map<BlockHash, std::uint32_t> first;
  for (std::uint32_t i = 0; i < records.size(); ++i) first.emplace(records[i].hash, i);
  Positions best;
  Uint256 best_work;
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    if (first[records[i].hash] != i) continue;
    Positions path;
    Uint256 work;
    std::uint32_t at = i;
    bool linked = false;
    while (path.size() <= records.size()) {
      path.push_back(at);
      work += work_of_bits(records[at].bits);
      if (records[at].hash == genesis) {
        linked = true;
        break;
      }
      const auto parent = first.find(records[at].previous);
      if (parent == first.end()) break;
      at = parent->second;
    }
    if (linked && (best.empty() || work > best_work)) {
      best.assign(path.rbegin(), path.rend());
      best_work = work;
    }
  }
  return best;
}

TEST(BestChain, RandomTreesMatchTheSlowSearch) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Random random(seed);
    std::vector<HeaderRecord> records = {record(1, 0)};
    const std::uint64_t count = 1 + random.below(40);
    for (std::uint64_t name = 2; name < 2 + count; ++name) {
      std::uint64_t previous = random.chance(0.7) ? name - 1 : 1 + random.below(name + 3);
      records.push_back(record(name, previous, random.chance(0.2) ? harder : easy));
      if (random.chance(0.1)) records.push_back(records[random.below(records.size())]);
    }
    for (std::size_t i = records.size(); i > 1; --i) std::swap(records[i - 1], records[random.below(i)]);
    EXPECT_EQ(found(records).by_height, slow_best(records, named(1))) << "seed " << seed;
    if (HasFailure()) return;
  }
}

/// A million headers in one chain: no recursion to overflow a stack, no quadratic step.
TEST(BestChain, AMillionHeaders) {
  constexpr std::uint64_t count = 1'000'000;
  std::vector<HeaderRecord> records;
  for (std::uint64_t name = count; name >= 1; --name) {
    records.push_back(record(name, name - 1, 0x1b000000 | static_cast<std::uint32_t>(0x10000 + name % 0x6000)));
  }
  const auto begin = std::chrono::steady_clock::now();
  const BestChain chain = find_best_chain(records, named(1));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(chain.by_height.size(), count);
  EXPECT_EQ(chain.by_height.front(), count - 1);
  EXPECT_EQ(chain.by_height.back(), 0U);
  RecordProperty("seconds", std::to_string(seconds.count()));
  EXPECT_LT(seconds.count(), 30.0) << "linear work takes well under a second";
}

}  // namespace
}  // namespace sluice::chain
