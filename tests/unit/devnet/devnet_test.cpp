// The generator: same options, same bytes; the chain that was ordered, in the mix that was ordered.
// What is in the blocks is checked by the naive index, beside it in tests/model.
#include "devnet/devnet.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/hex.h"
#include "devnet/digest.h"

namespace sluice::devnet {
namespace {

DevnetOptions small(const std::string& coin, std::uint64_t seed) {
  DevnetOptions options;
  options.coin = coin;
  options.blocks = 40;
  options.txs_per_block = 12;
  options.seed = seed;
  options.reorgs = 3;
  return options;
}

Digest digest_of(const DevnetChain& chain) {
  std::vector<std::byte> all;
  for (const DevnetBlock& block : chain.blocks) all.insert(all.end(), block.raw.begin(), block.raw.end());
  return sha256(all);
}

BlockHash previous_of(const DevnetBlock& block) { return BlockHash::from_bytes(block.raw.data() + 4); }

TEST(Digest, KnownAnswers) {
  const std::string_view abc = "abc";
  EXPECT_EQ(to_hex(sha256(std::as_bytes(std::span(abc))).span()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(double_sha512_256({}).span()), "3190a498affd17163396daaf839d069b1c14dcd271576ef26b20272863adeec6");
}

TEST(Digest, MerkleRootOfFiveLeaves) {
  std::vector<Digest> leaves(5);
  for (std::size_t i = 0; i < 5; ++i) leaves[i].bytes.fill(static_cast<std::byte>(i));
  EXPECT_EQ(merkle_root(leaves).display(), "dee20992e5ae99880f9df11056667216bac72cd38de048ba84da4d6d7c1555c8");
}

TEST(Devnet, SameOptionsSameBytesAndOtherSeedOtherBytes) {
  for (const char* coin : {"Radiant", "Bitcoin", "BitcoinCash"}) {
    const auto first = build_devnet(small(coin, 7));
    const auto second = build_devnet(small(coin, 7));
    const auto other = build_devnet(small(coin, 8));
    ASSERT_TRUE(first.ok() && second.ok() && other.ok());
    EXPECT_EQ(digest_of(first.value()), digest_of(second.value())) << coin;
    EXPECT_NE(digest_of(first.value()), digest_of(other.value())) << coin;
  }
}

// Pins the bytes across machines and builds: a change here makes every recorded digest of devnet
// chains invalid, so it must be on purpose.
TEST(Devnet, BytesArePinned) {
  const auto radiant = build_devnet(small("Radiant", 1));
  const auto bitcoin = build_devnet(small("Bitcoin", 1));
  const auto bitcoin_cash = build_devnet(small("BitcoinCash", 1));
  ASSERT_TRUE(radiant.ok() && bitcoin.ok() && bitcoin_cash.ok());
  EXPECT_EQ(digest_of(radiant.value()).display(), "ec5060cf901767425d0af81f6170d840aa4988d78ff385570bb89d1fd7f7a55f");
  EXPECT_EQ(digest_of(bitcoin.value()).display(), "646d52f496570ece9f6b06339b084ce6c270d05f921806f424182b8643fc2fbc");
  EXPECT_EQ(digest_of(bitcoin_cash.value()).display(),
            "9074bdac51791560ebf91b00d9030543d0e2af37a746c96e1f22bf92356a0c8a");
}

TEST(Devnet, BeginsWithTheNodesGenesisBlock) {
  const struct {
    const char* coin;
    const char* hash;
    const char* coinbase;  // its txid is the merkle root of the header
  } cases[] = {
      {"Radiant", "7c1797514a165b0d99953a993a2a42081d6c0706026c36c06fc6fe728f93a5dd",
       "364459380841db3f0ea491e8099bf98a6b7ffc5693d8ee6e46b3f8183e0257dc"},
      {"Bitcoin", "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
       "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"},
      {"BitcoinCash", "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
       "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"},
  };
  for (const auto& expected : cases) {
    const auto chain = build_devnet(small(expected.coin, 1));
    ASSERT_TRUE(chain.ok());
    const DevnetBlock& genesis = chain.value().blocks.front();
    EXPECT_EQ(genesis.height, 0U);
    EXPECT_EQ(genesis.hash.display(), expected.hash);
    EXPECT_EQ(double_sha256(Bytes(genesis.raw).subspan(81)).display(), expected.coinbase);
    EXPECT_EQ(Digest::from_bytes(genesis.raw.data() + 36).display(), expected.coinbase);
  }
}

TEST(Devnet, HeadersLinkAndMeetTheTarget) {
  for (const char* coin : {"Radiant", "Bitcoin", "BitcoinCash"}) {
    const auto chain = build_devnet(small(coin, 3));
    ASSERT_TRUE(chain.ok());
    const auto active = chain.value().active();
    ASSERT_EQ(active.size(), 41U);
    for (std::size_t height = 1; height < active.size(); ++height) {
      const DevnetBlock& block = *active[height];
      EXPECT_EQ(block.height, height);
      EXPECT_EQ(previous_of(block), active[height - 1]->hash);
      const Bytes header = Bytes(block.raw).first(80);
      EXPECT_EQ(hash_cast<Digest>(block.hash),
                std::string_view(coin) == "Radiant" ? double_sha512_256(header) : double_sha256(header));
      EXPECT_LT(static_cast<int>(block.hash.bytes[31]), 0x80);
      EXPECT_EQ(load_le<std::uint32_t>(header.data() + 72), 0x207fffffU);
    }
    EXPECT_EQ(active.back()->hash, chain.value().report.tip_hash);
  }
}

TEST(Devnet, LosingBranchesForkFromTheActiveChainAndAreShorter) {
  DevnetOptions options = small("Radiant", 5);
  options.reorgs = 12;
  const auto built = build_devnet(options);
  ASSERT_TRUE(built.ok());
  const auto active = built.value().active();
  std::set<std::uint32_t> depths;
  std::uint64_t stale = 0;
  for (std::uint32_t branch = 1; branch <= options.reorgs; ++branch) {
    std::map<std::uint32_t, const DevnetBlock*> blocks;
    for (const DevnetBlock& block : built.value().blocks) {
      if (block.branch == branch) blocks[block.height] = &block;
    }
    ASSERT_FALSE(blocks.empty());
    BlockHash previous = active[blocks.begin()->first - 1]->hash;
    for (const auto& [height, block] : blocks) {
      EXPECT_EQ(previous_of(*block), previous);
      EXPECT_NE(block->hash, active[height]->hash);
      previous = block->hash;
    }
    EXPECT_LT(blocks.rbegin()->first, options.blocks);
    depths.insert(static_cast<std::uint32_t>(blocks.size()));
    stale += blocks.size();
  }
  EXPECT_EQ(stale, built.value().report.stale_blocks);
  EXPECT_GT(depths.size(), 2U);
}

TEST(Devnet, RecordsComeOutOfHeightOrderOnlyWhenAsked) {
  DevnetOptions options = small("Radiant", 2);
  options.reorgs = 0;
  const auto inversions = [&] {
    const auto chain = build_devnet(options);
    std::size_t count = 0;
    for (std::size_t i = 1; i < chain.value().blocks.size(); ++i) {
      count += chain.value().blocks[i].height < chain.value().blocks[i - 1].height ? 1 : 0;
    }
    return count;
  };
  EXPECT_GT(inversions(), 3U);
  options.out_of_order = 0;
  EXPECT_EQ(inversions(), 0U);
}

TEST(Devnet, MixIsNearTheWanted) {
  DevnetOptions options;
  options.blocks = 100;
  options.txs_per_block = 400;
  const auto built = generate_devnet(options, [](DevnetBlock&&) { return Status{}; });
  ASSERT_TRUE(built.ok());
  const DevnetReport& report = built.value();
  const double txs = static_cast<double>(report.txs) - 100;
  const auto percent = [&](TxKind kind) {
    return 100 * static_cast<double>(report.by_kind[static_cast<std::size_t>(kind)]) / txs;
  };
  EXPECT_NEAR(percent(TxKind::pay_one_two), 52, 1.5);
  EXPECT_NEAR(percent(TxKind::pay_two_two), 13, 1);
  EXPECT_NEAR(percent(TxKind::pay_one_one), 7, 0.7);
  EXPECT_NEAR(percent(TxKind::pay_many), 6, 0.7);
  EXPECT_NEAR(percent(TxKind::consolidation), 0.5, 0.2);
  EXPECT_NEAR(percent(TxKind::fan_out), 1.6, 0.5);
  EXPECT_NEAR(percent(TxKind::data), 8, 0.7);
  EXPECT_NEAR(percent(TxKind::token), 9.5, 0.8);
  EXPECT_NEAR(percent(TxKind::swap), 2.4, 0.4);
  EXPECT_NEAR(100.0 * static_cast<double>(report.offers_malformed) / static_cast<double>(report.offers), 3, 1.8);
  EXPECT_GT(report.version_three, report.txs / 50);
  EXPECT_GT(report.child_first, report.txs / 100);
  EXPECT_EQ(report.outputs, report.inputs + report.unspent + report.unindexed);
}

TEST(Devnet, OptionsThatCannotBeMetAreRefusedByName) {
  const auto refusal = [](auto change) {
    DevnetOptions options;
    change(options);
    const auto built = build_devnet(options);
    return built.ok() ? std::string() : built.error().message;
  };
  EXPECT_NE(refusal([](auto& o) { o.coin = "Dogecoin"; }).find("Dogecoin"), std::string::npos);
  EXPECT_NE(refusal([](auto& o) { o.net = "mainnet"; }).find("mainnet"), std::string::npos);
  EXPECT_NE(refusal([](auto& o) { o.blocks = 0; }).find("blocks"), std::string::npos);
  EXPECT_NE(refusal([](auto& o) { o.blocks = 2, o.reorgs = 1; }).find("reorgs"), std::string::npos);
  EXPECT_NE(refusal([](auto& o) { o.xor_key.emplace(); }).find("xor-key"), std::string::npos);
  EXPECT_NE(refusal([](auto& o) { o.duplicate_coinbase = true; }).find("duplicate-coinbase"), std::string::npos);
  EXPECT_EQ(refusal([](auto& o) { o.coin = "RADIANT", o.net = "Regtest"; }), "");
}

TEST(Devnet, ASinkThatFailsEndsTheRun) {
  DevnetOptions options = small("Radiant", 1);
  int calls = 0;
  const auto built = generate_devnet(options, [&](DevnetBlock&&) -> Status {
    if (++calls == 5) return Error{ErrorKind::io, "no space"};
    return {};
  });
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().message, "no space");
  EXPECT_EQ(calls, 5);
}

}  // namespace
}  // namespace sluice::devnet
