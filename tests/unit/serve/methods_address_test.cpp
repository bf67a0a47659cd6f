// Addresses as names of scripts: what decodes, and the methods that take them.
#include <gtest/gtest.h>

#include "classify/scripthash.h"
#include "client.h"
#include "serve/address.h"
#include "serve/notifications.h"

namespace sluice::serve::test {
namespace {

std::string script_of(std::string_view address, std::string_view coin = "BitcoinCash",
                      std::string_view net = "mainnet") {
  const auto script = script_of_address(address, *chain::find_network(coin, net));
  return script ? to_hex(*script) : "none";
}

// Published: the CashAddr specification's translations and test vectors, the CashTokens specification's kinds.
constexpr const char* key_hash_hex = "76a04053bda0a88bda5177b86a15c3b29f559873";
constexpr const char* cash = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a";

TEST(AddressScripts, PublishedTranslations) {
  const std::string key_script = "76a914" + std::string(key_hash_hex) + "88ac";
  EXPECT_EQ(script_of("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu"), key_script);
  EXPECT_EQ(script_of(cash), key_script);
  EXPECT_EQ(script_of(std::string(cash).substr(12)), key_script) << "the prefix may be left out";
  EXPECT_EQ(script_of("BITCOINCASH:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A"), key_script);
  const std::string script_script = "a914" + std::string(key_hash_hex) + "87";
  EXPECT_EQ(script_of("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC"), script_script);
  EXPECT_EQ(script_of("bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"), script_script);
  EXPECT_EQ(script_of("bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t", "BitcoinCash", "testnet"),
            "a914f5bf48b397dae70be82b3cca4793f8eb2b6cdac987");
  EXPECT_EQ(script_of("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "Radiant"),
            "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac");
}

TEST(AddressScripts, EveryKindOfCashAddress) {
  const auto hash20 = *from_hex(key_hash_hex);
  const auto hash32 = *from_hex(std::string(64, 'a'));
  const auto address = [](unsigned type, Bytes hash) { return cash_address("bchreg", type, hash); };
  const auto hex = [](const std::string& text) { return script_of(text, "BitcoinCash", "regtest"); };
  for (const unsigned type : {0u, 2u}) {
    EXPECT_EQ(hex(address(type, hash20)), "76a914" + to_hex(hash20) + "88ac") << type;
    EXPECT_EQ(hex(address(type, hash32)), "none") << type;
  }
  for (const unsigned type : {1u, 3u}) {
    EXPECT_EQ(hex(address(type, hash20)), "a914" + to_hex(hash20) + "87") << type;
    EXPECT_EQ(hex(address(type, hash32)), "aa20" + to_hex(hash32) + "87") << type;
  }
  for (const unsigned type : {4u, 15u}) EXPECT_EQ(hex(address(type, hash20)), "none") << type;
  EXPECT_EQ(hex(address(1, Bytes(hash32).first(24))), "none") << "the size in the version byte is not that of the hash";
}

TEST(AddressScripts, NothingElseIsAnAddress) {
  for (const char* text :
       {"", "1", ":", "bitcoincash:", "bitcoincash", "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggv",
        "BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "11BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
        "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVgg0", "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8",
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6c",
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6A", "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", " bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        "bitcoincash:bitcoincash:qpm2qsznhks23z7629mms6s4c"})
    EXPECT_EQ(script_of(text), "none") << text;
  EXPECT_EQ(script_of(std::string(1 << 20, '1')), "none");
  EXPECT_EQ(script_of(cash, "Radiant"), "none") << "other coins have no CashAddr";
}

class AddressMethods : public ::testing::Test {
 protected:
  AddressMethods() {
    script = classify::script_hash(*from_hex("76a914" + std::string(key_hash_hex) + "88ac"), chain::Coin::bitcoin_cash,
                                   false);
    view.histories[script] = {{0, 1}, {2, 2}};
    view.unspents[script] = {{2, 2, 7, 5, false}};
  }
  FakeView view{chain::Coin::bitcoin_cash, {0, 1, 3}};
  Client client{view, chain::Coin::bitcoin_cash, "mainnet", false};
  ScriptHash script;
};

TEST_F(AddressMethods, AnswerAsTheirNamesakes) {
  const std::string address = "\"" + std::string(cash) + "\"";
  const std::string hash = "\"" + script.display() + "\"";
  for (const std::string method :
       {"get_balance", "get_first_use", "get_history", "get_mempool", "get_status", "listunspent", "subscribe"}) {
    const std::string wanted = client.call("blockchain.scripthash." + method, "[" + hash + "]");
    EXPECT_EQ(client.call("blockchain.address." + method, "[" + address + "]"), wanted) << method;
    EXPECT_EQ(client.call("blockchain.address." + method, "{\"address\":" + address + "}"), wanted) << method;
  }
  EXPECT_EQ(client.call("blockchain.address.get_history", "[" + address + ",2]"),
            client.call("blockchain.scripthash.get_history", "[" + hash + ",2]"));
  EXPECT_EQ(client.call("blockchain.address.get_scripthash", "[" + address + "]"), hash);
  EXPECT_EQ(client.call("blockchain.address.unsubscribe", "[" + address + "]"), "true");
  EXPECT_EQ(client.call("blockchain.address.unsubscribe", "[" + address + "]"), "false");
}

TEST_F(AddressMethods, NotificationsNameTheAddressAsGiven) {
  const std::string upper = "QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A";
  (void)client.call("blockchain.address.subscribe", "[\"" + upper + "\"]");
  view.histories[script].push_back({3, 2});
  Changes changes;
  changes.everything_touched = true;
  ASSERT_TRUE(mark_notifications(client.session, changes));
  std::string line;
  ASSERT_EQ(write_notification(client.session, client.context, line), Notified::written);
  EXPECT_EQ(line, R"({"jsonrpc":"2.0","method":"blockchain.address.subscribe","params":[")" + upper + "\"," +
                      client.call("blockchain.scripthash.get_status", "[\"" + script.display() + "\"]") + "]}");
}

TEST_F(AddressMethods, Refusals) {
  EXPECT_EQ(client.call("blockchain.address.get_balance", "[\"1x\"]"), error_text(1, "Invalid address: 1x"));
  EXPECT_EQ(client.call("blockchain.address.get_balance", "[5]"), error_text(1, "Invalid address: 5"));
  Client radiant(view, chain::Coin::radiant, "regtest", false);
  EXPECT_EQ(radiant.call("blockchain.address.get_balance", "[\"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\"]"),
            error_text(-32601, "blockchain.address.* methods are only available on BCH"));
  client.options.parity = true;
  EXPECT_EQ(client.call("blockchain.address.get_balance", "[\"" + std::string(cash) + "\"]"),
            error_text(-32601, "unknown method \\\"blockchain.address.get_balance\\\""));
}

}  // namespace
}  // namespace sluice::serve::test
