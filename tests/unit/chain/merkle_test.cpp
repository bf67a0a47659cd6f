// Merkle roots and branches: the chain facts' vectors, and every tree up to 70 leaves against a tree
// built the obvious way.
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "chain/merkle.h"
#include "hash/sha256.h"

namespace sluice::chain {
namespace {

std::vector<Digest> leaves_of(Random& random, std::size_t count) {
  std::vector<Digest> leaves(count);
  for (Digest& leaf : leaves) {
    for (std::byte& b : leaf.bytes) b = static_cast<std::byte>(random.next());
  }
  return leaves;
}

MerkleLeaves view(const std::vector<Digest>& leaves) { return std::span<const Digest>(leaves); }

Digest naive_pair(const Digest& left, const Digest& right) {
  hash::Sha256 hasher;
  hasher.update(left.span()).update(right.span());
  return hasher.finish_double();
}

std::vector<std::vector<Digest>> naive_levels(std::vector<Digest> level) {
  std::vector<std::vector<Digest>> levels;
  while (true) {
    if (level.size() > 1 && level.size() % 2 == 1) level.push_back(level.back());
    levels.push_back(level);
    if (level.size() == 1) return levels;
    std::vector<Digest> above;
    for (std::size_t i = 0; i < level.size(); i += 2) above.push_back(naive_pair(level[i], level[i + 1]));
    level = std::move(above);
  }
}

TEST(Merkle, VectorsOfFiveLeaves) {
  std::vector<Digest> leaves(5);
  for (std::size_t i = 0; i < 5; ++i) leaves[i].bytes.fill(static_cast<std::byte>(i));
  const char* root = "dee20992e5ae99880f9df11056667216bac72cd38de048ba84da4d6d7c1555c8";
  const struct {
    std::size_t position;
    const char* branch[3];
  } vectors[] = {
      {0,
       {"0101010101010101010101010101010101010101010101010101010101010101",
        "1b595fc4fcbf0af71c4cdda29dc42e88211fff2aa54acfcce6ab6fca42c1121b",
        "cf471f3661b611957f6d3d8cf530388f9523bbc93ffd3df634fe115874e84735"}},
      {2,
       {"0303030303030303030303030303030303030303030303030303030303030303",
        "6db7479c5346abc47ef4196df47836190a79ce42b078a9e5c36f47429dde5e70",
        "cf471f3661b611957f6d3d8cf530388f9523bbc93ffd3df634fe115874e84735"}},
      {4,
       {"0404040404040404040404040404040404040404040404040404040404040404",
        "bb4aa4c6dbed06f62c85065bbbb7baffbf61bffb23405cb123ae308210a554c2",
        "6c8159313d053c0fb261111f525b2af4c3f6d85f15e1540026b15149caef41ac"}},
  };
  std::vector<Digest> scratch(merkle_scratch_count(5));
  EXPECT_EQ(merkle_root(view(leaves), scratch).display(), root);
  for (const auto& vector : vectors) {
    std::vector<Digest> branch(merkle_depth(5));
    ASSERT_EQ(branch.size(), 3U);
    EXPECT_EQ(merkle_branch(view(leaves), vector.position, scratch, branch).display(), root);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(branch[i].display(), vector.branch[i]) << vector.position << " " << i;
    EXPECT_EQ(merkle_root_from_branch(leaves[vector.position], vector.position, branch).display(), root);
  }
}

TEST(Merkle, EveryTreeAndPositionMatchesTheObviousWay) {
  Random random(1);
  for (std::size_t count = 1; count <= 70; ++count) {
    const std::vector<Digest> leaves = leaves_of(random, count);
    const auto levels = naive_levels(leaves);
    const Digest root = levels.back().front();
    std::vector<Digest> scratch(merkle_scratch_count(count));
    ASSERT_EQ(merkle_root(view(leaves), scratch), root) << count;
    ASSERT_EQ(merkle_depth(count), levels.size() - 1) << count;
    for (std::size_t position = 0; position < count; ++position) {
      std::vector<Digest> branch(merkle_depth(count));
      ASSERT_EQ(merkle_branch(view(leaves), position, scratch, branch), root);
      for (std::size_t i = 0; i < branch.size(); ++i) {
        ASSERT_EQ(branch[i], levels[i][(position >> i) ^ 1]) << count << " " << position << " " << i;
      }
      ASSERT_EQ(merkle_root_from_branch(leaves[position], position, branch), root);
      if (!branch.empty()) {
        branch[random.below(branch.size())].bytes[random.below(32)] ^= std::byte{1};
        ASSERT_NE(merkle_root_from_branch(leaves[position], position, branch), root);
      }
    }
  }
}

TEST(Merkle, LeavesAreOfAnyHashTypeAndStayUntouched) {
  Random random(2);
  const std::vector<Digest> digests = leaves_of(random, 9);
  std::vector<Txid> txids;
  for (const Digest& digest : digests) txids.push_back(hash_cast<Txid>(digest));
  std::vector<Digest> scratch(merkle_scratch_count(9));
  const auto before = txids;
  EXPECT_EQ(merkle_root(std::span(txids), scratch), merkle_root(view(digests), scratch));
  EXPECT_EQ(txids, before);
}

TEST(Merkle, OneLeafIsItsOwnRootAndNoneIsZero) {
  Random random(3);
  const std::vector<Digest> one = leaves_of(random, 1);
  std::vector<Digest> scratch(merkle_scratch_count(1));
  EXPECT_EQ(merkle_root(view(one), scratch), one[0]);
  EXPECT_EQ(merkle_branch(view(one), 0, scratch, {}), one[0]);
  EXPECT_EQ(merkle_root_from_branch(one[0], 0, {}), one[0]);
  EXPECT_EQ(merkle_root(view({}), {}), Digest{});
}

TEST(MerkleDeathTest, SmallScratchAndWrongPositionsAreBugs) {
  Random random(4);
  const std::vector<Digest> leaves = leaves_of(random, 8);
  std::vector<Digest> scratch(merkle_scratch_count(8));
  std::vector<Digest> branch(3);
  EXPECT_DEATH((void)merkle_root(view(leaves), std::span(scratch).first(3)), "internal check failed");
  EXPECT_DEATH((void)merkle_branch(view(leaves), 8, scratch, branch), "internal check failed");
  EXPECT_DEATH((void)merkle_branch(view(leaves), 0, scratch, std::span(branch).first(2)), "internal check failed");
}

}  // namespace
}  // namespace sluice::chain
