// The methods beyond the mirrored peers: where things are, and histories by height.
#include <gtest/gtest.h>

#include "classify/scripthash.h"
#include "client.h"
#include "fake_mempool.h"

namespace sluice::serve::test {
namespace {

class ExtraMethods : public ::testing::Test {
 protected:
  ExtraMethods() {
    client.context.mempool = &mempool;
    view.raw[1] = mempool_raw;
    unconfirmed.bytes[0] = std::byte{9};
    mempool.add_tx(unconfirmed, mempool_raw);
    script = classify::script_hash(*from_hex("51"), chain::Coin::radiant, false);
  }
  std::string name(TxNumber number) { return "\"" + view.txid(number).value().display() + "\""; }
  std::string unconfirmed_name() { return "\"" + unconfirmed.display() + "\""; }
  std::string call(const std::string& method, const std::string& params) {
    return client.call("blockchain." + method, "[" + params + "]");
  }

  /// Two outputs: 7 units to OP_1, data.
  const std::vector<std::byte> mempool_raw = *from_hex("0100000001" + std::string(64, '3') + "000000000151ffffffff" +
                                                       "02"
                                                       "0700000000000000"
                                                       "0151"
                                                       "0000000000000000"
                                                       "016a"
                                                       "00000000");
  FakeView view{chain::Coin::radiant, {0, 2, 1}};
  FakeMempool mempool;
  Client client{view, chain::Coin::radiant, "regtest", false};
  Txid unconfirmed;
  ScriptHash script;
};

TEST_F(ExtraMethods, TipIsTheLastHeader) {
  EXPECT_EQ(call("headers.get_tip", ""), "{\"height\":2,\"hex\":\"" + to_hex(view.header(2).value()) + "\"}");
}

TEST_F(ExtraMethods, HeightOfATransaction) {
  EXPECT_EQ(call("transaction.get_height", name(2)), "2");
  EXPECT_EQ(call("transaction.get_height", unconfirmed_name()), "0");
  EXPECT_EQ(call("transaction.get_height", "\"" + std::string(64, '7') + "\""), "null");
  client.context.mempool = nullptr;
  EXPECT_EQ(call("transaction.get_height", unconfirmed_name()), "null");
}

TEST_F(ExtraMethods, AnUnspentOutput) {
  const std::string rest = "\"scripthash\":\"" + script.display() + "\",\"value\":7}";
  EXPECT_EQ(call("utxo.get_info", unconfirmed_name() + ",0"), "{" + rest);
  view.unspents[script] = {{1, 1, 0, 7, false}};
  EXPECT_EQ(call("utxo.get_info", name(1) + ",0"), "{\"confirmed_height\":1," + rest);
  mempool.spenders[{view.txid(1).value(), 0}] = unconfirmed;
  EXPECT_EQ(call("utxo.get_info", name(1) + ",0"), "null");
  mempool.spenders.clear();
  view.unspents.clear();
  EXPECT_EQ(call("utxo.get_info", name(1) + ",0"), "null");
  for (const char* index : {",1", ",2", ",4294967296"})  // data, and none at all
    EXPECT_EQ(call("utxo.get_info", unconfirmed_name() + index), "null") << index;
  EXPECT_EQ(call("utxo.get_info", "\"" + std::string(64, '7') + "\",0"), "null");
  EXPECT_EQ(call("utxo.get_info", name(1) + ",-1"), error_text(1, "-1 should be a non-negative integer"));
}

TEST_F(ExtraMethods, HistoryByHeight) {
  view.histories[script] = {{0, 1}, {1, 1}, {2, 2}};
  mempool.histories[script] = {{unconfirmed, 5, 100, false}};
  const std::string key = "\"" + script.display() + "\"";
  const auto item = [&](TxNumber number, int height) {
    return "{\"tx_hash\":" + name(number) + ",\"height\":" + std::to_string(height) + "}";
  };
  const std::string tail = "{\"tx_hash\":" + unconfirmed_name() + ",\"height\":0,\"fee\":5}";
  const std::string all = "[" + item(0, 1) + "," + item(1, 1) + "," + item(2, 2) + "," + tail + "]";
  for (const char* range : {"", ",0", ",0,-1", ",1,-1", ",1,\"-1\""})
    EXPECT_EQ(call("scripthash.get_history", key + range), all) << range;
  EXPECT_EQ(call("scripthash.get_history", key + ",2"), "[" + item(2, 2) + "," + tail + "]");
  EXPECT_EQ(call("scripthash.get_history", key + ",0,2"), "[" + item(0, 1) + "," + item(1, 1) + "]");
  EXPECT_EQ(call("scripthash.get_history", key + ",2,3"), "[" + item(2, 2) + "]");
  EXPECT_EQ(call("scripthash.get_history", key + ",3"), "[" + tail + "]");
  EXPECT_EQ(call("scripthash.get_history", key + ",3,1"), "[]");
  EXPECT_EQ(call("scripthash.get_history", key + ",0,-2"), error_text(1, "-2 should be a non-negative integer"));
  // A part is answered where the whole would be too large.
  client.options.max_send = 200;
  EXPECT_EQ(call("scripthash.get_history", key), error_text(-32600, "response too large (over 200 bytes"));
  EXPECT_EQ(call("scripthash.get_history", key + ",2,3"), "[" + item(2, 2) + "]");
}

TEST_F(ExtraMethods, WithParityTheyAreUnknown) {
  client.options.parity = true;
  for (const std::string method : {"headers.get_tip", "transaction.get_height", "utxo.get_info"})
    EXPECT_EQ(call(method, ""), error_text(-32601, "unknown method \\\"blockchain." + method + "\\\""));
  EXPECT_EQ(call("scripthash.get_history", "\"" + script.display() + "\",0"),
            error_text(-32602, "2 arguments passed to method blockchain.scripthash.get_history taking at most 1"));
}

TEST_F(ExtraMethods, AFailingViewIsAnInternalError) {
  const std::string txid = name(1);
  view.broken = true;
  for (const std::string& request : {"transaction.get_height " + txid, "utxo.get_info " + txid + ",0"}) {
    const std::size_t blank = request.find(' ');
    EXPECT_EQ(call(request.substr(0, blank), request.substr(blank + 1)), error_text(-32603, "internal server error"));
  }
}

}  // namespace
}  // namespace sluice::serve::test
