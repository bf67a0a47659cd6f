// Rendering of transactions beyond the recorded ones: script texts, templates, addresses, Bitcoin's
// witness form and Bitcoin Cash tokens.
#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/random.h"
#include "serve/address.h"
#include "serve/ripemd160.h"
#include "serve/script_text.h"
#include "serve/token_data.h"
#include "serve/tx_reader.h"
#include "serve/verbose_tx.h"

namespace sluice::serve {
namespace {

using chain::Coin;

std::string assembly(std::string_view hex, ScriptRole role = ScriptRole::output, Coin coin = Coin::radiant) {
  std::string text;
  append_script_asm(text, *from_hex(hex), role, coin);
  return text;
}

TEST(ScriptText, SmallPushesAreNumbers) {
  EXPECT_EQ(assembly("00"), "0");
  EXPECT_EQ(assembly("4f5160"), "-1 1 16");
  EXPECT_EQ(assembly("0101"), "1");
  EXPECT_EQ(assembly("0181"), "-1");
  EXPECT_EQ(assembly("0180"), "0");
  EXPECT_EQ(assembly("04ffffff7f"), "2147483647");
  EXPECT_EQ(assembly("04ffffffff"), "-2147483647");
  EXPECT_EQ(assembly("4c0105"), "5");
  EXPECT_EQ(assembly("050102030405"), "0102030405");
  EXPECT_EQ(assembly("4d010007"), "7");
  EXPECT_EQ(assembly("4e0100000007"), "7");
}

TEST(ScriptText, TruncatedScripts) {
  EXPECT_EQ(assembly("05aa"), "[error]");
  EXPECT_EQ(assembly("514c"), "1 [error]");
  EXPECT_EQ(assembly("514d01"), "1 [error]");
  EXPECT_EQ(assembly("514effffffff"), "1 [error]");
  EXPECT_EQ(assembly("d0" + std::string(70, '0')), "[error]");
  EXPECT_EQ(assembly("d0" + std::string(72, '0')), "OP_PUSHINPUTREF");
  EXPECT_EQ(assembly("d0", ScriptRole::output, Coin::bitcoin), "OP_UNKNOWN");
  EXPECT_EQ(assembly(""), "");
}

TEST(ScriptText, OpcodesOfEachCoin) {
  EXPECT_EQ(assembly("7e7f80", ScriptRole::output, Coin::bitcoin), "OP_CAT OP_SUBSTR OP_LEFT");
  EXPECT_EQ(assembly("7e7f80", ScriptRole::output, Coin::bitcoin_cash), "OP_CAT OP_SPLIT OP_NUM2BIN");
  EXPECT_EQ(assembly("cecf", ScriptRole::output, Coin::bitcoin_cash), "OP_UTXOTOKENCATEGORY OP_UTXOTOKENCOMMITMENT");
  EXPECT_EQ(assembly("cecfedeeefbd"),
            "OP_SHA512_256 OP_HASH512_256 OP_PUSH_TX_STATE OP_BLAKE3 OP_K12 OP_STATESEPARATOR");
  EXPECT_EQ(assembly("ba", ScriptRole::output, Coin::bitcoin), "OP_CHECKSIGADD");
}

TEST(ScriptText, SignaturesShowTheirHashType) {
  const std::string der =
      "3045022100f98b2b2b8afd3971eb45462b3be3c907951b02dbda267b64344cdb853ce4c9c402205c18e1752b9b67a79f550050e29427dc22"
      "0628e2eb7f7a83daa3bc919acad152";
  const auto input = [&](std::string_view type, Coin coin = Coin::radiant) {
    return assembly("48" + der + std::string(type), ScriptRole::input, coin);
  };
  EXPECT_EQ(input("41"), der + "[ALL|FORKID]");
  EXPECT_EQ(input("42"), der + "[NONE|FORKID]");
  EXPECT_EQ(input("c3"), der + "[SINGLE|FORKID|ANYONECANPAY]");
  EXPECT_EQ(input("01"), der + "[ALL]");
  EXPECT_EQ(input("81"), der + "[ALL|ANYONECANPAY]");
  EXPECT_EQ(input("44"), der + "44");
  EXPECT_EQ(input("00"), der + "00");
  EXPECT_EQ(input("41", Coin::bitcoin), der + "41");
  EXPECT_EQ(input("01", Coin::bitcoin), der + "[ALL]");
  EXPECT_EQ(assembly("48" + der + "41"), der + "41") << "only in inputs";
  EXPECT_EQ(assembly("6a48" + der + "01", ScriptRole::input, Coin::bitcoin), "OP_RETURN " + der + "01");
  EXPECT_EQ(assembly("006a48" + der + "41", ScriptRole::input), "0 OP_RETURN " + der + "41");
  const std::string schnorr(128, '7');
  EXPECT_EQ(assembly("41" + schnorr + "41", ScriptRole::input), schnorr + "[ALL|FORKID]");
  EXPECT_EQ(assembly("41" + schnorr + "01", ScriptRole::input, Coin::bitcoin), schnorr + "01");
  const std::string broken = "31" + der.substr(2);
  EXPECT_EQ(assembly("48" + broken + "41", ScriptRole::input), broken + "41");
}

TEST(ScriptText, SignaturesInLongInputsFollowTheScriptLimitOfTheCoin) {
  const std::string schnorr(128, '7');
  const std::string data(2 * 10'000, '5');
  const std::string script = "41" + schnorr + "41" + "4d1027" + data;
  EXPECT_EQ(assembly(script, ScriptRole::input), schnorr + "[ALL|FORKID] " + data);
  EXPECT_EQ(assembly(script, ScriptRole::input, Coin::bitcoin_cash), schnorr + "41 " + data);
}

TEST(ScriptText, Templates) {
  const auto type = [](std::string_view hex, Coin coin = Coin::radiant) {
    return script_type_name(solve_script(*from_hex(hex), coin).type);
  };
  const std::string key = "02d568a65734ebd457bc35b0e9e34e11cc4d7255a9330c4d4e037ba61079a1819d";
  const std::string hash(40, 'a');
  EXPECT_EQ(type("21" + key + "ac"), "pubkey");
  EXPECT_EQ(type("2105" + key.substr(2) + "ac"), "nonstandard");
  EXPECT_EQ(type("76a914" + hash + "88ac"), "pubkeyhash");
  EXPECT_EQ(type("76a914" + hash + "88ac00"), "nonstandard");
  EXPECT_EQ(type("a914" + hash + "87"), "scripthash");
  EXPECT_EQ(type("6a"), "nulldata");
  EXPECT_EQ(type("6a0401020304"), "nulldata");
  EXPECT_EQ(type("6a05"), "nonstandard");
  EXPECT_EQ(type("6aac"), "nonstandard");
  EXPECT_EQ(type("006a"), "nonstandard");
  EXPECT_EQ(type(""), "nonstandard");
  EXPECT_EQ(type("5121" + key + "21" + key + "52ae"), "multisig");
  EXPECT_EQ(type("5321" + key + "21" + key + "52ae"), "nonstandard");
  EXPECT_EQ(type("5121" + key + "53ae"), "nonstandard");
  EXPECT_EQ(type("51ae"), "nonstandard");
  EXPECT_EQ(type("0014" + hash, Coin::bitcoin), "witness_v0_keyhash");
  EXPECT_EQ(type("0014" + hash), "nonstandard");
  EXPECT_EQ(type("5120" + std::string(64, 'b'), Coin::bitcoin), "witness_v1_taproot");
  EXPECT_EQ(type("aa20" + std::string(64, 'b') + "87", Coin::bitcoin_cash), "scripthash");
}

TEST(Addresses, Ripemd160Vectors) {
  const auto digest = [](std::string_view text) { return to_hex(ripemd160(std::as_bytes(std::span(text)))); };
  EXPECT_EQ(digest(""), "9c1185a5c5e9fc54612808977ee8f548b2258d31");
  EXPECT_EQ(digest("abc"), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
  EXPECT_EQ(digest("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "9b752e45573d4b39f4dbd3323cab82bf63326bfb");
}

TEST(Addresses, PublishedForms) {
  EXPECT_EQ(base58_check(0, *from_hex("62e907b15cbf27d5425399ebf6f0fb50ebb88f18")),
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa");
  EXPECT_EQ(segwit_address("bc", 0, *from_hex("751e76e8199196d454941c45d1b3a323f1433bd6")),
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
  EXPECT_EQ(segwit_address("bc", 1, *from_hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")),
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0");
  EXPECT_EQ(cash_address("bitcoincash", 0, *from_hex("f5bf48b397dae70be82b3cca4793f8eb2b6cdac9")),
            "bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2");
  EXPECT_EQ(cash_address("bchtest", 1, *from_hex("f5bf48b397dae70be82b3cca4793f8eb2b6cdac9")),
            "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t");
}

std::string rendered(std::string_view hex, std::string_view coin, std::string_view net) {
  VerboseContext context;
  context.network = chain::find_network(coin, net);
  std::string text;
  EXPECT_TRUE(append_verbose_transaction(text, *from_hex(hex), context));
  return text;
}

TEST(VerboseTx, BitcoinWitness) {
  // The native P2WPKH example of BIP 143, signed: its wtxid differs from its txid.
  const std::string raw =
      "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6"
      "a9cb62127b02742fa9d754cd3bebf337f7a5"
      "5d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182"
      "d279655c3aa89e815b1b309fe287d9b2b55d57"
      "b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d00000000"
      "1976a9143bde42dbee7e4dbe6a21b2d50ce2f0"
      "167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c45183315"
      "61406f90300e8f3358f51928d43c212a8caed0"
      "2de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000";
  const std::string text = rendered(raw, "Bitcoin", "mainnet");
  EXPECT_NE(text.find("\"hash\":\"c36c38370907df2324d9ce9d149d191192f338b37665a82e78e76a12c909b762\""),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\"size\":343,\"vsize\":261,\"weight\":1042,\"locktime\":17"), std::string::npos) << text;
  EXPECT_NE(text.find("\"txinwitness\":[\"304402203609"), std::string::npos);
  EXPECT_NE(text.find("[ALL]\",\"hex\""), std::string::npos);
  EXPECT_NE(text.find("\"address\":\"1Cu32FVupVCgHkMMRJdYJugxwo2Aprgk7H\",\"type\":\"pubkeyhash\""), std::string::npos)
      << text;
}

TEST(VerboseTx, BitcoinCashTokens) {
  const std::string category(64, 'c');
  const std::string script = "76a914" + std::string(40, 'a') + "88ac";
  const std::string prefix = "ef" + category + "71" + "02abcd" + "fdfd00";  // mutable, commitment, amount 253
  const std::string blob = prefix + script;
  const auto bytes = from_hex(blob);
  const auto token = classify::read_token_prefix(*bytes);
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->amount, 253u);
  std::string text;
  append_token_data(text, *token);
  EXPECT_EQ(text, ",\"tokenData\":{\"category\":\"" + category +
                      "\",\"amount\":\"253\",\"nft\":{\"capability\":\"mutable\",\"commitment\":\"abcd\"}}");
}

TEST(VerboseTx, RefusesAnythingThatIsNotOneTransaction) {
  const std::string good =
      "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2704ffff001d01041f546869732069"
      "7320612052616469616e742074"
      "657374696e6720626c6f636bffffffff01005039278c0400001976a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ac00000000";
  const auto is_transaction = [](const std::string& hex) {
    const auto raw = from_hex(hex);  // the view points into it
    TxView tx;
    return read_transaction(*raw, false, tx) && !tx.inputs.empty();
  };
  EXPECT_TRUE(is_transaction(good));
  EXPECT_FALSE(is_transaction(good + "00"));
  for (std::size_t size = 0; size < good.size(); size += 2) EXPECT_FALSE(is_transaction(good.substr(0, size)));
  EXPECT_FALSE(is_transaction("01000000ffffffffffffffffff"));
  EXPECT_FALSE(is_transaction("0100000001" + std::string(72, '0') + "ffffffffffffffff7f"));
}

TEST(VerboseTx, AnyScriptBytesRender) {
  Random random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> script(random.below(80));
    for (auto& b : script) b = static_cast<std::byte>(random.below(4) == 0 ? 0x21 : random.below(256));
    for (const Coin coin : {Coin::radiant, Coin::bitcoin, Coin::bitcoin_cash}) {
      std::string text;
      append_script_asm(text, script, ScriptRole::input, coin);
      ASSERT_EQ(text.find('"'), std::string::npos);
      const SolvedScript solved = solve_script(script, coin);
      for (const Bytes solution : solved.solutions) {
        (void)address_of(solved, solution,
                         *chain::find_network(coin == Coin::radiant   ? "Radiant"
                                              : coin == Coin::bitcoin ? "Bitcoin"
                                                                      : "BitcoinCash",
                                              "regtest"));
      }
    }
  }
}

}  // namespace
}  // namespace sluice::serve
