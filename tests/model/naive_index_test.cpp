// The oracle itself against vectors that were computed elsewhere, and against a recorded chain.
#include "naive_index.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/hex.h"
#include "byte_text.h"

namespace sluice::model {
namespace {

const std::string ref_a = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01000000";
const std::string ref_b = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00000000";
const std::string p2pkh = "76a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ac";

std::string bytes(const std::string& hex) { return text_of(from_hex(hex).value()); }

std::string scripthash(const std::string& hex, const NaiveRules& rules = NaiveRules::for_radiant()) {
  const auto hash = naive_scripthash(bytes(hex), rules);
  return hash ? shown(*hash) : "unindexed";
}

/// The only transaction of a block.
NaiveTx only_tx(const std::string& hex, const NaiveRules& rules) {
  return naive_block_txs(std::string(80, '\0') + '\1' + bytes(hex), rules).at(0);
}

TEST(NaiveTxid, VersionThreeVectors) {
  const std::string head =
      "000000011111111111111111111111111111111111111111111111111111111111111111000000000151ffffffff02e803000000000000"
      "19" +
      p2pkh + "d007000000000000";
  const std::string pair = head + "65d0" + ref_a + "d0" + ref_b + "7575" + p2pkh + "00000000";
  const auto txid = [](const std::string& hex, const NaiveRules& rules) { return shown(only_tx(hex, rules).txid); };
  EXPECT_EQ(txid("03" + pair, NaiveRules::for_radiant()),
            "c60cf4bee3e156f51e94de58e0ffcd2a2e707d7096789f4d43c41d781b1c9171");
  EXPECT_EQ(txid("03" + pair, NaiveRules::for_bitcoin()),
            "cfe2836ce1ff2979577b53c8072731cf60be3fda629d222d6c6d87e1bdf5206e");
  EXPECT_EQ(txid("02" + pair, NaiveRules::for_radiant()),
            "53a4a8caeca7a99f855c97a879e8b7e0abf962c40510aeb74f524f6fb9b2f6cb");
  const std::string singleton = head + "3fd8" + ref_a + "75" + p2pkh + "07000000";
  EXPECT_EQ(txid("03" + singleton, NaiveRules::for_radiant()),
            "60f8681c396dadd977ba2d3ce6a4db0425a07f793cbda2789fc6c2c5bafc0f0c");
}

TEST(NaiveTxid, LeavesTheWitnessOut) {
  // The example transaction of BIP143 with one witness input (P2SH-P2WPKH).
  const std::string raw =
      "01000000000101db6b1b20aa0fd7b23880be2ecbd4a98130974cf4748fb66092ac4d3ceb1a5477010000001716001479091972186c449eb1"
      "ded22b78e40d009bdf"
      "0089feffffff02b8b4eb0b000000001976a914a457b684d7f0d539a46a45bbc043f35b59d0d96388ac0008af2f000000001976a914fd270b"
      "1ee6abcaea97fea7ad"
      "0402e8bd8ad6d77c88ac02473044022047ac8e878352d3ebbde1c94ce3a10d057c24175747116f8288e5d794d12d482f0220217f36a485ca"
      "e903c713331d877c1f"
      "64677e3622ad4010726870540656fe9dcb012103ad1d8e89212f0b92c74d23bb710c00662ad1470198ac48c43f7d6f93a2a268739204000"
      "0";
  const NaiveTx tx = only_tx(raw, NaiveRules::for_bitcoin());
  EXPECT_EQ(shown(tx.txid), "ef48d9d0f595052e0f8cdcf825f7a5e50b6a388a81f206f3f4846e5ecd7a0c23");
  EXPECT_EQ(tx.inputs.size(), 1U);
  EXPECT_EQ(tx.locktime, bytes("92040000"));
}

TEST(NaiveScripthash, VectorsOfTheChainFacts) {
  EXPECT_EQ(scripthash(p2pkh), "9932d8a64601168b894a4a2a4fbc72b3e71698a3c09e8010a6f297f7b9bc03fd");
  EXPECT_EQ(scripthash("d8" + ref_a + "75" + p2pkh),
            "ee250f5db97333f5aefd8e73bef9d3235c952aeb1fa11c1393121463d1879b5d");
  EXPECT_EQ(scripthash(p2pkh + "bdd0" + ref_a + "dec0e9aa76e378e4a269e69d"),
            "8161a9d28d935e6a2f04085e981d5eca65bd5ac6a4fd6dad608f8873ac76c97e");
  EXPECT_EQ(scripthash("d0" + ref_a + "d0" + ref_b + "7575" + p2pkh),
            "f85d4e507cd9f4eb5fa98c614cea7d67f12d8b4d395b104151106e08771aedae");
  EXPECT_EQ(scripthash("d0" + ref_a + "7551"), "fcb5b1321cce8de8fff9b5482cd36f9a8523a2e1ecb0825c314b3bcc7d31fbf4");
  EXPECT_EQ(scripthash("4c02aabb75" + p2pkh), "545c6f364dc9d4ab4c1c00f67971269914be7f267eb9c4a7c072ac0d177ce434");
  EXPECT_EQ(scripthash("4c02aabb75" + p2pkh, NaiveRules::for_radiant(true)),
            "aabc534bd9485a098c09502a09a1fd24638ff993284f0b5166f08dbfd6d39dee");
}

TEST(NaiveScripthash, WhatIsNotIndexed) {
  EXPECT_EQ(scripthash("6a"), "unindexed");
  EXPECT_EQ(scripthash("6a0401020304"), "unindexed");
  EXPECT_EQ(scripthash("006a"), "unindexed");
  EXPECT_EQ(scripthash("4dffff00"), "unindexed");
  EXPECT_EQ(scripthash("d000"), "unindexed");
  EXPECT_NE(scripthash("4dffff00", NaiveRules::for_bitcoin()), "unindexed");
  EXPECT_EQ(scripthash(""), "55b852781b9995a44c939b64e441ae2724b96f99c8f4fb9a141cfc9842c4b0e3");
}

TEST(NaiveScripthash, TokenPrefixIsTakenOffOnlyIfWellFormed) {
  const NaiveRules cash = NaiveRules::for_bitcoin_cash();
  const std::string category(64, 'c');
  const std::string plain = scripthash(p2pkh, cash);
  for (const char* good : {"1001", "10fdfd00", "20", "21", "22", "600101", "7102aabb05", "3003", "10ffffffffffffffff7f",
                           "6028"
                           "00000000000000000000000000000000000000000000000000000000000000000000000000000000"}) {
    EXPECT_EQ(scripthash("ef" + category + good + p2pkh, cash), plain) << good;
  }
  for (const char* bad :
       {"90", "00", "1000", "1101", "23", "6000", "4001aa", "10fd0500", "10ffffffffffffffffff", "10ff", "a001"}) {
    EXPECT_NE(scripthash("ef" + category + bad + p2pkh, cash), plain) << bad;
  }
  // A commitment has 128 bytes at most since May 2026.
  EXPECT_EQ(scripthash("ef" + category + "6080" + std::string(256, '0') + p2pkh, cash), plain);
  EXPECT_NE(scripthash("ef" + category + "6081" + std::string(258, '0') + p2pkh, cash), plain);
  EXPECT_EQ(scripthash("ef" + category + "10016a", cash), "unindexed");
  EXPECT_NE(scripthash("ef", cash), "unindexed");
}

TEST(NaiveRefs, OrderKindAndOperandsOnly) {
  const auto refs = [](const std::string& hex) { return naive_refs(bytes(hex)); };
  EXPECT_EQ(refs("d8" + ref_b + "75d0" + ref_a + "75d0" + ref_a + "75d1" + ref_a + "25d0" + ref_b + p2pkh),
            (NaiveRefs{{bytes(ref_b), true}, {bytes(ref_a), false}}));
  EXPECT_EQ(refs("d8" + ref_a + "d0" + ref_a), (NaiveRefs{{bytes(ref_a), false}}));
  EXPECT_THROW((void)refs("d8" + ref_a.substr(2)), std::runtime_error);
}

TEST(NaiveBlockHash, GenesisHeaders) {
  const std::string zeros(64, '0');
  const auto header = bytes("01000000" + zeros +
                            "dc57023e18f8b3466eeed89356fc7f6b8af99b09e891a40e3fdb41083859443621e6c462ffff7f2001000000");
  EXPECT_EQ(shown(naive_block_hash(header, NaiveRules::for_radiant())),
            "7c1797514a165b0d99953a993a2a42081d6c0706026c36c06fc6fe728f93a5dd");
  const auto bitcoin = bytes(
      "01000000" + zeros + "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000");
  EXPECT_EQ(shown(naive_block_hash(bitcoin, NaiveRules::for_bitcoin())),
            "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
}

TEST(NaiveIndex, RefusesWhatItCannotRead) {
  NaiveIndex index(NaiveRules::for_radiant());
  EXPECT_THROW(index.add_block({}), std::runtime_error);
  std::string block(81, '\0');
  EXPECT_NO_THROW(index.add_block(block));  // a header and a count of no transactions
  block += '\0';
  EXPECT_THROW(index.add_block(block), std::runtime_error);
  block[80] = '\1';
  EXPECT_THROW(index.add_block(block), std::runtime_error);
}

}  // namespace
}  // namespace sluice::model
