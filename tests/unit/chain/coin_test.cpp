// Networks and their genesis blocks: each header known here hashes to the genesis hash, by the coin's
// own hash function and by no other.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/hex.h"
#include "chain/coin.h"
#include "chain/header.h"
#include "hash/sha256.h"

namespace sluice::chain {
namespace {

const Network& network_of(std::string_view coin, std::string_view net) {
  const Network* network = find_network(coin, net);
  EXPECT_NE(network, nullptr) << coin << " " << net;
  return network != nullptr ? *network : all_networks().front();
}

TEST(Coin, EveryGenesisHeaderHashesToItsHash) {
  for (const Network& network : all_networks()) {
    SCOPED_TRACE(std::string(network.coin_name) + " " + std::string(network.name));
    const auto header = from_hex(network.genesis_header_hex);
    ASSERT_TRUE(header.has_value());
    ASSERT_EQ(header->size(), header_bytes);
    const BlockHash hash = block_hash(network.coin, *header);
    EXPECT_EQ(hash.display(), network.genesis_hash);
    const Header decoded = decode_header(*header);
    EXPECT_EQ(decoded.version, 1);
    EXPECT_EQ(decoded.previous, BlockHash{});
    EXPECT_TRUE(meets_target(hash, decoded.bits));
    EXPECT_EQ(decoded.bits, network.pow_limit_bits);
  }
}

struct GenesisVector {
  const char* net;
  const char* header;
  const char* hash;
  std::uint32_t time, bits, nonce;
};

/// As listed in the chain facts, independent of the table in coin.cpp.
constexpr GenesisVector radiant_vectors[] = {
    {"mainnet",
     "010000000000000000000000000000000000000000000000000000000000000000000000372cbaf89794aeed5e711b02e78e"
     "c4502ad8b315a987c2e2758a85e36a3f7c02aadeaf62ffff001d7980b72a",
     "0000000065d8ed5d8be28d6876b3ffb660ac2a6c0ca59e437e1f7a6f4e003fb4", 1655692970, 0x1d00ffff, 716669049},
    {"testnet3",
     "010000000000000000000000000000000000000000000000000000000000000000000000dc57023e18f8b3466eeed89356fc"
     "7f6b8af99b09e891a40e3fdb41083859443621e6c462ffff001d2c0cff03",
     "000000002008a2f4a76b850a838ae084994c200dc2fd354f73102298fe063a91", 1657071137, 0x1d00ffff, 67046444},
    {"testnet",
     "010000000000000000000000000000000000000000000000000000000000000000000000dc57023e18f8b3466eeed89356fc"
     "7f6b8af99b09e891a40e3fdb410838594436a9e8c462ffff001d449dc805",
     "000000000d8ada264d16f87a590b2af320cd3c7e3f9be5482163e830fd00aca2", 1657071785, 0x1d00ffff, 97033540},
    {"scalingtest",
     "010000000000000000000000000000000000000000000000000000000000000000000000dc57023e18f8b3466eeed89356fc"
     "7f6b8af99b09e891a40e3fdb4108385944368ce4c462ffff001dbb65f302",
     "00000000ea7340a6e9ae28ad8ca95a652c8da00ee7ea97e6cb42cd1558884c87", 1657070732, 0x1d00ffff, 49505723},
    {"regtest",
     "010000000000000000000000000000000000000000000000000000000000000000000000dc57023e18f8b3466eeed89356fc"
     "7f6b8af99b09e891a40e3fdb41083859443621e6c462ffff7f2001000000",
     "7c1797514a165b0d99953a993a2a42081d6c0706026c36c06fc6fe728f93a5dd", 1657071137, 0x207fffff, 1},
};

TEST(Coin, RadiantVectors) {
  for (const GenesisVector& vector : radiant_vectors) {
    SCOPED_TRACE(vector.net);
    const auto raw = from_hex(vector.header);
    ASSERT_TRUE(raw.has_value());
    EXPECT_EQ(block_hash(Coin::radiant, *raw).display(), vector.hash);
    const Header header = decode_header(*raw);
    EXPECT_EQ(header.time, vector.time);
    EXPECT_EQ(header.bits, vector.bits);
    EXPECT_EQ(header.nonce, vector.nonce);
    const Network& network = network_of("Radiant", vector.net);
    EXPECT_EQ(network.genesis_header_hex, vector.header);
    EXPECT_EQ(network.genesis_hash, vector.hash);
  }
  const auto main_header = from_hex(radiant_vectors[0].header);
  EXPECT_EQ(decode_header(*main_header).merkle_root.display(),
            "027c3f6ae3858a75e2c287a915b3d82a50c48ee7021b715eedae9497f8ba2c37");
}

/// Negative control: the wrong function gives a known wrong answer.
TEST(Coin, RadiantIsNotDoubleSha256) {
  const auto raw = from_hex(radiant_vectors[0].header);
  EXPECT_EQ(hash::sha256d(*raw).display(), "affbcbcf5543a18f65cdc3b217cff477898038a6931b7e7524175936c6386e22");
  EXPECT_EQ(block_hash(Coin::bitcoin, *raw).display(), hash::sha256d(*raw).display());
  EXPECT_NE(block_hash(Coin::radiant, *raw), block_hash(Coin::bitcoin, *raw));
}

TEST(Coin, MainnetCoinbaseTxid) {
  const auto raw = from_hex(
      "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff5004ffff001d010448"
      "546865204e657720596f726b2054696d65732031322f4d61792f3230323220546865204d696c6b7920576179277320426c61"
      "636b20486f6c6520436f6d657320746f204c69676874ffffffff01005039278c0400001976a9144f9ab47a237441c0dc61dc"
      "d39fd92709f281b03388ac00000000");
  ASSERT_TRUE(raw.has_value());
  EXPECT_EQ(hash::sha256d(*raw).display(), "027c3f6ae3858a75e2c287a915b3d82a50c48ee7021b715eedae9497f8ba2c37");
}

TEST(Coin, TestNetCoinbaseTxid) {
  const auto raw = from_hex(
      "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2704ffff001d01041f"
      "5468697320697320612052616469616e742074657374696e6720626c6f636bffffffff01005039278c0400001976a9144f9a"
      "b47a237441c0dc61dcd39fd92709f281b03388ac00000000");
  ASSERT_TRUE(raw.has_value());
  const Digest txid = hash::sha256d(*raw);
  EXPECT_EQ(txid.display(), "364459380841db3f0ea491e8099bf98a6b7ffc5693d8ee6e46b3f8183e0257dc");
  for (const char* net : {"testnet", "testnet3", "scalingtest", "regtest"}) {
    const auto header = from_hex(network_of("Radiant", net).genesis_header_hex);
    EXPECT_EQ(decode_header(*header).merkle_root, txid) << net;
  }
}

TEST(Coin, ConstantsOfRadiant) {
  const Network& mainnet = network_of("Radiant", "mainnet");
  EXPECT_EQ(to_hex(mainnet.disk_magic), "f9beb4d9");
  EXPECT_EQ(to_hex(mainnet.net_magic), "e3e1f3e8");
  EXPECT_EQ(mainnet.rpc_port, 7332);
  EXPECT_EQ(mainnet.node_chain, "main");
  const Network& testnet = network_of("Radiant", "testnet");
  EXPECT_EQ(testnet.node_chain, "test4");
  EXPECT_EQ(testnet.rpc_port, 27332);
  EXPECT_EQ(to_hex(testnet.disk_magic), "cd22a792");
  EXPECT_EQ(network_of("Radiant", "testnet3").node_chain, "test");
  EXPECT_EQ(network_of("Radiant", "testnet3").rpc_port, 17332);
  EXPECT_EQ(network_of("Radiant", "scalingtest").rpc_port, 37332);
  EXPECT_EQ(to_hex(network_of("Radiant", "scalingtest").disk_magic), "bac22dc4");
  EXPECT_EQ(network_of("Radiant", "regtest").rpc_port, 17443);
  EXPECT_EQ(to_hex(network_of("Radiant", "regtest").disk_magic), "fabfb5da");
  for (const Network& network : all_networks()) {
    if (network.coin != Coin::radiant) continue;
    EXPECT_NE(network.disk_magic, network.net_magic) << network.name;
    EXPECT_TRUE(network.has_refs());
    EXPECT_FALSE(network.has_segwit());
    EXPECT_GE(network.default_reorg_limit, 100U);
  }
}

TEST(Coin, ConstantsOfBitcoinAndBitcoinCash) {
  EXPECT_EQ(to_hex(network_of("Bitcoin", "testnet4").disk_magic), "1c163f28");
  EXPECT_EQ(to_hex(network_of("Bitcoin", "signet").disk_magic), "0a03cf40");
  EXPECT_EQ(network_of("Bitcoin", "regtest").segwit_prefix, "bcrt");
  EXPECT_EQ(to_hex(network_of("BitcoinCash", "mainnet").disk_magic), "f9beb4d9");
  EXPECT_EQ(to_hex(network_of("BitcoinCash", "mainnet").net_magic), "e3e1f3e8");
  EXPECT_TRUE(network_of("BitcoinCash", "chipnet").has_token_prefix());
  EXPECT_EQ(network_of("BitcoinCash", "chipnet").genesis_hash, network_of("BitcoinCash", "testnet4").genesis_hash);
}

TEST(Coin, FindsByNameAliasCaseAndBlanks) {
  const struct {
    const char* coin;
    const char* net;
    const char* found;
  } cases[] = {
      {"Radiant", "mainnet", "main"},          {" rAdIaNt\t", " MAINNET \n", "main"},
      {"RadiantTestnet", "testnet", "test4"},  {"Radiant", "scalenet", "scale"},
      {"RadiantScalingTestnet", "scalingtest", "scale"}, {"RadiantScalingTestnet", "scalenet", "scale"},
      {"RadiantRegtest", "regtest", "regtest"}, {"bitcoincash", "chipnet", "chip"},
      {"Bitcoin", "signet", "signet"},
  };
  for (const auto& c : cases) {
    const Network* network = find_network(c.coin, c.net);
    ASSERT_NE(network, nullptr) << c.coin << " " << c.net;
    EXPECT_EQ(network->node_chain, c.found);
  }
}

TEST(Coin, RefusesUnknownCombinations) {
  const char* const wrong[][2] = {
      {"", ""},                       {"Radiant", ""},           {"", "mainnet"},          {"Radiant", "signet"},
      {"Bitcoin", "scalenet"},        {"RadiantRegtest", "mainnet"}, {"RadiantTestnet", "regtest"},
      {"Radiant ", "main net"},       {"Dogecoin", "mainnet"},   {"BitcoinCash", "signet"}};
  for (const auto& [coin, net] : wrong) EXPECT_EQ(find_network(coin, net), nullptr) << coin << " " << net;
}

TEST(Coin, EveryNetworkIsFoundByItsOwnName) {
  std::set<std::string> names;
  for (const Network& network : all_networks()) {
    EXPECT_EQ(find_network(network.coin_name, network.name), &network);
    EXPECT_TRUE(names.insert(std::string(network.coin_name) + "/" + std::string(network.name)).second);
  }
  EXPECT_EQ(names.size(), 16U);
}

}  // namespace
}  // namespace sluice::chain
