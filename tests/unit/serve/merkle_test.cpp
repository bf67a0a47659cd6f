// Merkle proofs: published vectors, and the cached forest against the plain way for every length
// and index around segment borders, growth and reorgs included.
#include <gtest/gtest.h>

#include "base/random.h"
#include "client.h"
#include "serve/merkle_cache.h"

namespace sluice::serve::test {
namespace {

std::vector<Digest> numbered_leaves(std::size_t count) {
  std::vector<Digest> leaves(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (auto& b : leaves[i].bytes) b = static_cast<std::byte>(i);
  }
  return leaves;
}

std::string shown(const MerkleProof& proof) {
  std::string text = proof.root.display();
  for (const Digest& node : proof.branch) text += " " + node.display();
  return text;
}

TEST(Merkle, PublishedVectors) {
  const std::string root = "dee20992e5ae99880f9df11056667216bac72cd38de048ba84da4d6d7c1555c8";
  EXPECT_EQ(shown(prove(numbered_leaves(5), 0)),
            root +
                " 0101010101010101010101010101010101010101010101010101010101010101"
                " 1b595fc4fcbf0af71c4cdda29dc42e88211fff2aa54acfcce6ab6fca42c1121b "
                "cf471f3661b611957f6d3d8cf530388f9523bbc93ffd3df634fe115874e84735");
  EXPECT_EQ(shown(prove(numbered_leaves(5), 2)),
            root +
                " 0303030303030303030303030303030303030303030303030303030303030303"
                " 6db7479c5346abc47ef4196df47836190a79ce42b078a9e5c36f47429dde5e70 "
                "cf471f3661b611957f6d3d8cf530388f9523bbc93ffd3df634fe115874e84735");
  EXPECT_EQ(shown(prove(numbered_leaves(5), 4)),
            root +
                " 0404040404040404040404040404040404040404040404040404040404040404"
                " bb4aa4c6dbed06f62c85065bbbb7baffbf61bffb23405cb123ae308210a554c2 "
                "6c8159313d053c0fb261111f525b2af4c3f6d85f15e1540026b15149caef41ac");
}

TEST(Merkle, RadiantHeadersVector) {
  // Genesis headers of main, testnet4 and regtest as three leaves; the published synthetic vector.
  const char* hashes[] = {"0000000065d8ed5d8be28d6876b3ffb660ac2a6c0ca59e437e1f7a6f4e003fb4",
                          "000000000d8ada264d16f87a590b2af320cd3c7e3f9be5482163e830fd00aca2",
                          "7c1797514a165b0d99953a993a2a42081d6c0706026c36c06fc6fe728f93a5dd"};
  std::vector<Digest> leaves;
  for (const char* hash : hashes) leaves.push_back(*Digest::from_display(hash));
  EXPECT_EQ(shown(prove(leaves, 1)), "75c49f7a509475e3229a8efe3ec6906a0d760a8194331c235661d1e808d86e09 " +
                                         std::string(hashes[0]) +
                                         " 841ab3a3e6d67a923bc437cb1aea710e6aad6124124532e5e2cd71e3618d99b6");
  EXPECT_EQ(shown(prove(leaves, 2)), "75c49f7a509475e3229a8efe3ec6906a0d760a8194331c235661d1e808d86e09 " +
                                         std::string(hashes[2]) +
                                         " db273515d74a4141311aa4e329bdc84bf5764c958e7f27325a9da5160dd4e072");
}

TEST(Merkle, SingleLeaf) {
  const MerkleProof proof = prove(numbered_leaves(1), 0);
  EXPECT_TRUE(proof.branch.empty());
  EXPECT_EQ(proof.root, numbered_leaves(1)[0]);
}

std::vector<Digest> header_hashes(const FakeView& view, std::uint32_t count) {
  std::vector<Digest> hashes;
  for (std::uint32_t h = 0; h < count; ++h)
    hashes.push_back(hash_cast<Digest>(chain::block_hash(chain::Coin::radiant, view.header(h).value())));
  return hashes;
}

TEST(Merkle, HeaderCacheEqualsThePlainWay) {
  const FakeView view(chain::Coin::radiant, std::vector<std::uint32_t>(1100, 0));
  HeaderMerkleCache cache(chain::Coin::radiant);
  Random random(1);
  const std::vector<Digest> all = header_hashes(view, 1100);
  std::vector<std::uint32_t> checkpoints = {0,   1,   2,   62,  63,  64,  65,  126,  127,  128,  129,
                                            191, 192, 255, 256, 257, 511, 512, 1000, 1023, 1024, 1099};
  for (int round = 0; round < 200; ++round) checkpoints.push_back(static_cast<std::uint32_t>(random.below(1100)));
  for (const std::uint32_t checkpoint : checkpoints) {
    const std::vector<Digest> leaves(all.begin(), all.begin() + checkpoint + 1);
    for (const std::uint32_t height :
         {0u, checkpoint / 2, checkpoint, static_cast<std::uint32_t>(random.below(checkpoint + 1))}) {
      ASSERT_EQ(shown(cache.prove(view, height, checkpoint).value()), shown(prove(leaves, height)))
          << height << " of " << checkpoint;
    }
  }
}

TEST(Merkle, AWarmProofReadsFewHeaders) {
  const FakeView view(chain::Coin::radiant, std::vector<std::uint32_t>(20'000, 0));
  HeaderMerkleCache cache(chain::Coin::radiant);
  ASSERT_TRUE(cache.warm(view).ok());
  view.headers_read = 0;
  ASSERT_TRUE(cache.prove(view, 100, 19'990).ok());
  EXPECT_LE(view.headers_read, 2 * MerkleForest::segment_leaves + 1);
}

TEST(Merkle, HeaderCacheFollowsReorgs) {
  const FakeView old_view(chain::Coin::radiant, std::vector<std::uint32_t>(700, 0));
  FakeView new_view(chain::Coin::radiant, std::vector<std::uint32_t>(700, 0));
  const FakeView other(chain::Coin::radiant, std::vector<std::uint32_t>(700, 0), 9);
  for (std::uint32_t h = 300; h < 700; ++h) new_view.replace_header(h, other.header(h).value());
  HeaderMerkleCache cache(chain::Coin::radiant);
  ASSERT_TRUE(cache.warm(old_view).ok());
  for (const FakeView* view : std::initializer_list<const FakeView*>{&new_view, &old_view, &new_view}) {
    for (const std::uint32_t checkpoint : {250u, 299u, 300u, 350u, 699u}) {
      const std::vector<Digest> leaves = header_hashes(*view, checkpoint + 1);
      ASSERT_EQ(shown(cache.prove(*view, checkpoint / 3, checkpoint).value()), shown(prove(leaves, checkpoint / 3)))
          << checkpoint;
    }
  }
}

TEST(Merkle, BlockCacheEqualsThePlainWay) {
  const std::vector<std::uint32_t> counts = {0, 1, 2, 511, 512, 513, 1000, 4097};
  const FakeView view(chain::Coin::radiant, counts);
  BlockMerkleCache cache;
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t height = 1; height < counts.size(); ++height) {
      std::vector<Digest> leaves;
      const auto txids = view.block_txids(height);
      for (const Txid& txid : txids.value()) leaves.push_back(hash_cast<Digest>(txid));
      for (const std::uint32_t position : {0u, counts[height] / 2, counts[height] - 1}) {
        ASSERT_EQ(shown(cache.prove(view, height, position).value()), shown(prove(leaves, position)))
            << height << " " << position;
      }
    }
  }
}

TEST(Merkle, BlockCacheNoticesAReplacedBlock) {
  const FakeView one(chain::Coin::radiant, {0, 600});
  const FakeView two(chain::Coin::radiant, {0, 600}, 5);
  BlockMerkleCache cache;
  for (const FakeView* view : {&one, &two, &one}) {
    std::vector<Digest> leaves;
    const auto txids = view->block_txids(1);
    for (const Txid& txid : txids.value()) leaves.push_back(hash_cast<Digest>(txid));
    ASSERT_EQ(shown(cache.prove(*view, 1, 300).value()), shown(prove(leaves, 300)));
  }
}

}  // namespace
}  // namespace sluice::serve::test
