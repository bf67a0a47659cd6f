// Shown: script hashes against vectors computed elsewhere (the chain facts), with and without the
// peers' push-length quirk; which outputs get rows.
#include <gtest/gtest.h>

#include "classify/scripthash.h"
#include "example_scripts.h"
#include "hash/sha256.h"
#include "tx_builder.h"

namespace sluice::classify {
namespace {

using chain::Coin;
using test::bytes_from_hex;
using test::pay;
using test::ref_a;
using test::ref_b;

const std::string zeros = std::string(72, '0');

std::string hash_of(const std::string& hex, Coin coin = Coin::radiant, bool parity = false) {
  return script_hash(bytes_from_hex(hex), coin, parity).display();
}

std::string plain_hash_of(const std::string& hex) { return hash::sha256(bytes_from_hex(hex)).display(); }

TEST(ScriptHashVectors, radiant) {
  for (const bool parity : {false, true}) {
    EXPECT_EQ(hash_of(pay, Coin::radiant, parity), "9932d8a64601168b894a4a2a4fbc72b3e71698a3c09e8010a6f297f7b9bc03fd");
    EXPECT_EQ(hash_of("d8" + ref_a + "75" + pay, Coin::radiant, parity),
              "ee250f5db97333f5aefd8e73bef9d3235c952aeb1fa11c1393121463d1879b5d");
    EXPECT_EQ(hash_of(pay + "bdd0" + ref_a + "dec0e9aa76e378e4a269e69d", Coin::radiant, parity),
              "8161a9d28d935e6a2f04085e981d5eca65bd5ac6a4fd6dad608f8873ac76c97e");
    EXPECT_EQ(hash_of("d0" + ref_a + "d0" + ref_b + "7575" + pay, Coin::radiant, parity),
              "f85d4e507cd9f4eb5fa98c614cea7d67f12d8b4d395b104151106e08771aedae");
    EXPECT_EQ(hash_of("d0" + ref_a + "7551", Coin::radiant, parity),
              "fcb5b1321cce8de8fff9b5482cd36f9a8523a2e1ecb0825c314b3bcc7d31fbf4");
  }
  EXPECT_EQ(hash_of("4c02aabb75" + pay), "545c6f364dc9d4ab4c1c00f67971269914be7f267eb9c4a7c072ac0d177ce434");
  EXPECT_EQ(hash_of("4c02aabb75" + pay, Coin::radiant, true),
            "aabc534bd9485a098c09502a09a1fd24638ff993284f0b5166f08dbfd6d39dee");
}

TEST(ScriptHashVectors, zeroed_form_of_every_ref_opcode) {
  for (const std::string opcode : {"d0", "d1", "d2", "d3", "d8"}) {
    EXPECT_EQ(hash_of(opcode + ref_a + "75" + pay), plain_hash_of(opcode + zeros + "75" + pay));
    EXPECT_EQ(hash_of(opcode + ref_a + "7551"), plain_hash_of(opcode + ref_a + "7551"));
  }
  for (const std::string check : {"ac", "ad", "ae", "af"})
    EXPECT_EQ(hash_of("d0" + ref_a + check), plain_hash_of("d0" + zeros + check));
  for (const std::string other : {"ab", "b0"})
    EXPECT_EQ(hash_of("d0" + ref_a + other), plain_hash_of("d0" + ref_a + other));
}

TEST(ScriptHashVectors, a_signature_check_counts_only_as_an_opcode) {
  EXPECT_EQ(hash_of("d0" + ref_a + "01ac"), plain_hash_of("d0" + ref_a + "01ac"));
  EXPECT_EQ(hash_of("d0" + ref_a + "4c01ac"), plain_hash_of("d0" + ref_a + "4c01ac"));
  const std::string ref_of_checks = "ac" + ref_a.substr(2);
  EXPECT_EQ(hash_of("d0" + ref_of_checks), plain_hash_of("d0" + ref_of_checks));
  // And a ref opcode inside a push is data.
  EXPECT_EQ(hash_of("25d0" + ref_a + "ac"), plain_hash_of("25d0" + ref_a + "ac"));
}

TEST(ScriptHashVectors, parity_drops_all_length_bytes_beside_zeroing) {
  EXPECT_EQ(hash_of("4c01aa4d0100bb4e01000000cc01ddd1" + ref_a + "ae", Coin::radiant, true),
            plain_hash_of("4caa4dbb4ecc01ddd1" + zeros + "ae"));
  EXPECT_EQ(hash_of("4c01aa51", Coin::radiant, true), plain_hash_of("4c01aa51"));  // no signature check
  EXPECT_EQ(hash_of("4c01aaac", Coin::bitcoin, true), plain_hash_of("4c01aaac"));
}

TEST(ScriptHashVectors, other_coins_hash_the_bytes) {
  const std::string token = "d8" + ref_a + "75" + pay;
  EXPECT_EQ(hash_of(token, Coin::bitcoin), plain_hash_of(token));
  EXPECT_EQ(hash_of(token, Coin::bitcoin_cash), plain_hash_of(token));
  EXPECT_EQ(hash_of("", Coin::bitcoin), plain_hash_of(""));
}

TEST(ScriptHashVectors, which_outputs_get_rows) {
  const auto indexed = [](const std::string& hex, Coin coin) { return is_indexed(bytes_from_hex(hex), coin); };
  for (const Coin coin : {Coin::radiant, Coin::bitcoin, Coin::bitcoin_cash}) {
    EXPECT_FALSE(indexed("6a", coin));
    EXPECT_FALSE(indexed("6a0452535750", coin));
    EXPECT_FALSE(indexed("006a", coin));
    EXPECT_FALSE(indexed("006a01aa", coin));
    EXPECT_TRUE(indexed("", coin));
    EXPECT_TRUE(indexed("00", coin));
    EXPECT_TRUE(indexed("0051", coin));
    EXPECT_TRUE(indexed(pay, coin));
    EXPECT_TRUE(indexed("51", coin));
  }
  for (const std::string& unwalkable :
       {std::string("01"), std::string("4c"), std::string("4c05aa"), "d0" + ref_a.substr(2), std::string("76d8")}) {
    EXPECT_FALSE(indexed(unwalkable, Coin::radiant)) << unwalkable;
    EXPECT_TRUE(indexed(unwalkable, Coin::bitcoin)) << unwalkable;
    EXPECT_TRUE(indexed(unwalkable, Coin::bitcoin_cash)) << unwalkable;
  }
  EXPECT_FALSE(indexed("ef" + std::string(64, '1') + "10016a", Coin::bitcoin_cash));  // behind a token prefix
}

}  // namespace
}  // namespace sluice::classify
