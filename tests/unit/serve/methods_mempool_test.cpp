// The methods with unconfirmed transactions: shapes, order, what is taken from the confirmed part, costs.
#include <gtest/gtest.h>

#include "client.h"
#include "fake_mempool.h"

namespace sluice::serve::test {
namespace {

constexpr char script_hex[] = "000000000000000000000000000000000000000000000000000000000000abcd";

Txid numbered(std::uint8_t number) {
  Txid txid;
  txid.bytes[31] = std::byte{number};
  return txid;
}

class MempoolMethods : public ::testing::Test {
 protected:
  MempoolMethods() {
    script = *ScriptHash::from_display(script_hex);
    client.context.mempool = &mempool;
  }
  std::string call(const std::string& method) {
    return client.call("blockchain.scripthash." + method, "[\"" + std::string(script_hex) + "\"]");
  }
  std::string name(TxNumber number) { return view.txid(number).value().display(); }

  FakeView view{chain::Coin::radiant, {0, 2, 1}};
  FakeMempool mempool;
  Client client{view, chain::Coin::radiant, "regtest", false};
  ScriptHash script;
};

TEST_F(MempoolMethods, AnEmptyMempoolChangesNothing) {
  view.histories[script] = {{1, 1}};
  view.unspents[script] = {{1, 1, 0, 5, false}};
  for (const std::string method : {"get_history", "get_balance", "get_mempool", "listunspent", "subscribe"}) {
    const std::string with = call(method);
    client.context.mempool = nullptr;
    EXPECT_EQ(with, call(method));
    client.context.mempool = &mempool;
  }
}

TEST_F(MempoolMethods, HistoryIsConfirmedThenUnconfirmed) {
  view.histories[script] = {{1, 1}};
  mempool.histories[script] = {{numbered(1), 700, 250, false}, {numbered(2), 9, 250, true}};
  const std::string unconfirmed = "{\"tx_hash\":\"" + numbered(1).display() +
                                  "\",\"height\":0,\"fee\":700},{\"tx_hash\":\"" + numbered(2).display() +
                                  "\",\"height\":-1,\"fee\":9}";
  EXPECT_EQ(call("get_history"), "[{\"tx_hash\":\"" + name(1) + "\",\"height\":1}," + unconfirmed + "]");
  EXPECT_EQ(call("get_mempool"), "[" + unconfirmed + "]");
  view.histories.clear();
  EXPECT_EQ(call("get_history"), "[" + unconfirmed + "]");
}

TEST_F(MempoolMethods, StatusIsTheHashOfTheHistory) {
  view.histories[script] = {{1, 1}};
  mempool.histories[script] = {{numbered(1), 700, 250, false}, {numbered(2), 9, 250, true}};
  std::string preimage = name(1) + ":1:" + numbered(1).display() + ":0:" + numbered(2).display() + ":-1:";
  EXPECT_EQ(call("subscribe"), "\"" + to_hex(hash::sha256(std::as_bytes(std::span(preimage))).span()) + "\"");
  view.histories.clear();
  preimage = preimage.substr(preimage.find(numbered(1).display()));
  EXPECT_EQ(call("subscribe"), "\"" + to_hex(hash::sha256(std::as_bytes(std::span(preimage))).span()) + "\"");
}

TEST_F(MempoolMethods, StatusOfTheWorkedExample) {
  // Source: the public protocol documentation, version 1.6.
  FakeView documented(chain::Coin::bitcoin, std::vector<std::uint32_t>(2474, 2));
  const auto txid = [](std::string_view text) { return *Txid::from_display(text); };
  const TxNumber first = documented.block_first_tx(2472);
  documented.replace_txid(first, txid("a6c9c361bd0bc536d6a22648efbf8f9b200e425ef6c3a7a9669dc444c532a347"));
  documented.replace_txid(first + 2, txid("9c42f84b2fcdaff676ba25d9d4941741cc0d1a01cce0c23fdc4c0b2afa38431c"));
  documented.replace_txid(first + 3, txid("770f2d4371b3fabb902dd9a103e2dd005fcd3971181078fca4a2a1d6ff127b30"));
  documented.histories[script] = {{first, 2472}, {first + 2, 2473}, {first + 3, 2473}};
  mempool.histories[script] = {{txid("80b19848aed792565ab7c5a79b7c2a00fbf985741579396ebe0ab6098e607311"), 1, 1, false},
                               {txid("e02a1dadfa83b996b24175df807b271ea5d02937ef5b35c195fac1e1bdc3198f"), 1, 1, false},
                               {txid("bb4c8ab438c13b89ca80d1d5bee25b0b6b7f55673f4d801998ba97db161d9e85"), 1, 1, true}};
  client.context.view = &documented;
  EXPECT_EQ(call("subscribe"), "\"78e96c6562cafa71c115503b9411fdfdc595a45031e2ab76ff75162fe1b0590d\"");
}

TEST_F(MempoolMethods, BalanceMayBeNegative) {
  view.unspents[script] = {{1, 1, 0, 5'000'000'000'000'000'000, false}};
  mempool.balances[script] = {-4'999'999'999'999'999'999, 3};
  EXPECT_EQ(call("get_balance"), "{\"confirmed\":5000000000000000000,\"unconfirmed\":-4999999999999999999}");
}

TEST_F(MempoolMethods, UnspentLeavesOutWhatIsSpentAndAddsWhatIsNew) {
  view.unspents[script] = {{0, 1, 3, 5, false}, {1, 1, 0, 6, false}, {2, 2, 1, 7, false}};
  mempool.spents[script] = {{view.txid(0).value(), 3}, {view.txid(1).value(), 1}};
  std::ranges::sort(mempool.spents[script]);
  const auto with_refs = *from_hex("d0" + std::string(72, '1') + "d8" + std::string(64, '2') + "0300000075");
  const auto plain = *from_hex("51");
  mempool.unspents[script] = {{numbered(9), 0, 8, plain}, {numbered(9), 4, 9, with_refs}};
  const std::string ref = std::string(64, '1') + "i286331153";
  EXPECT_EQ(call("listunspent"),
            "[{\"tx_hash\":\"" + name(1) + "\",\"tx_pos\":0,\"height\":1,\"value\":6,\"refs\":[]},{\"tx_hash\":\"" +
                name(2) + "\",\"tx_pos\":1,\"height\":2,\"value\":7,\"refs\":[]},{\"tx_hash\":\"" +
                numbered(9).display() + "\",\"tx_pos\":0,\"height\":0,\"value\":8,\"refs\":[]},{\"tx_hash\":\"" +
                numbered(9).display() + "\",\"tx_pos\":4,\"height\":0,\"value\":9,\"refs\":[{\"ref\":\"" + ref +
                "\",\"type\":\"normal\"},{\"ref\":\"" + std::string(64, '2') + "i3\",\"type\":\"single\"}]}]");
  view.unspents[script] = {{0, 1, 3, 5, false}};
  mempool.unspents.clear();
  EXPECT_EQ(call("listunspent"), "[]");
}

TEST_F(MempoolMethods, EntriesCost) {
  const auto cost_of = [&](const std::string& method) {
    const double before = client.session.cost;
    (void)call(method);
    return client.session.cost - before;
  };
  for (const std::string method : {"get_history", "get_balance", "get_mempool", "listunspent", "subscribe"}) {
    mempool.histories.clear();
    mempool.unspents.clear();
    mempool.balances.clear();
    const double without = cost_of(method);
    mempool.histories[script].assign(100, {numbered(1), 1, 1, false});
    mempool.unspents[script].assign(100, {numbered(1), 1, 1, {}});
    mempool.balances[script] = {1, 100};
    EXPECT_GE(cost_of(method), without + 1.99) << method;
  }
}

TEST_F(MempoolMethods, AnswersStayWithinMaxSend) {
  mempool.histories[script].assign(100, {numbered(1), 1, 1, false});
  mempool.unspents[script].assign(100, {numbered(1), 1, 1, {}});
  client.options.max_send = 5'000;
  for (const std::string method : {"get_history", "get_mempool", "listunspent"})
    EXPECT_EQ(call(method), error_text(-32600, "response too large (over 5,000 bytes")) << method;
}

TEST_F(MempoolMethods, UnconfirmedTransactionsAreFound) {
  const std::string raw =
      "0100000001" + std::string(64, '3') + "000000000151ffffffff0100e1f505000000000151" + "00000000";
  mempool.add_tx(numbered(5), *from_hex(raw));
  const std::string txid = "\"" + numbered(5).display() + "\"";
  EXPECT_EQ(client.call("blockchain.transaction.get", "[" + txid + "]"), "\"" + raw + "\"");
  const std::string verbose = client.call("blockchain.transaction.get", "[" + txid + ",true]");
  EXPECT_TRUE(verbose.starts_with("{\"txid\":" + txid)) << verbose;
  EXPECT_TRUE(verbose.ends_with(",\"hex\":\"" + raw + "\"}")) << verbose;  // nothing about a block
  EXPECT_EQ(client.call("blockchain.transaction.get_merkle", "[" + txid + ",1]"),
            error_text(1, "tx " + numbered(5).display() + " not in block at height 1"));
  EXPECT_NE(client.call("blockchain.transaction.get", "[\"" + numbered(6).display() + "\"]").find("No such mempool"),
            std::string::npos);
}

TEST_F(MempoolMethods, HistogramRatesAreDecimals) {
  EXPECT_EQ(client.call("mempool.get_fee_histogram", "[]"), "[]");
  mempool.histogram = {{100'005, 40'000}, {30, 33'333}, {1, 99'999}};
  EXPECT_EQ(client.call("mempool.get_fee_histogram", "[]"), "[[10000.5,40000],[3.0,33333],[0.1,99999]]");
  client.options.parity = true;
  EXPECT_EQ(client.call("mempool.get_fee_histogram", "[]"), "[]");
}

TEST_F(MempoolMethods, AParentInTheMempoolIsNotMissing) {
  const auto spend = [](const Txid& parent) {
    return "[\"0100000001" + to_hex(parent.span()) + "000000000151ffffffff0100e1f50500000000015100000000\"]";
  };
  EXPECT_NE(client.call("blockchain.transaction.broadcast", spend(numbered(5))).find("Missing inputs"),
            std::string::npos);
  mempool.add_tx(numbered(5), {});
  EXPECT_EQ(client.call("blockchain.transaction.broadcast", spend(numbered(5))).find("Missing inputs"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::serve::test
