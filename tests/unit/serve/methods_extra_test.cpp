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

TEST_F(ExtraMethods, HeaderByHeightAndByHash) {
  const auto answer = [&](std::uint32_t height) {
    return "{\"height\":" + std::to_string(height) + ",\"hex\":\"" + to_hex(view.header(height).value()) + "\"}";
  };
  for (const std::uint32_t height : {0u, 1u, 2u}) {
    const auto hash = chain::block_hash(chain::Coin::radiant, view.header(height).value());
    EXPECT_EQ(call("header.get", std::to_string(height)), answer(height));
    EXPECT_EQ(call("header.get", "\"" + hash.display() + "\""), answer(height));
  }
  EXPECT_EQ(call("header.get", "\"1\""), answer(1));
  EXPECT_EQ(call("header.get", "3"), error_text(1, "height 3 out of range"));
  EXPECT_EQ(call("header.get", "-1"), error_text(1, "-1 should be a non-negative integer"));
  const std::string unknown(64, '0');
  EXPECT_EQ(call("header.get", "\"" + unknown + "\""), error_text(1, "no block has the hash " + unknown));
}

// Long enough for complete segments; a reorg, and a view that is older than the one before.
TEST_F(ExtraMethods, HeadersAreFoundByHashThroughReorgs) {
  const auto hash = [](const FakeView& chain, std::uint32_t height) {
    return chain::block_hash(chain::Coin::radiant, chain.header(height).value());
  };
  const FakeView before(chain::Coin::radiant, std::vector<std::uint32_t>(300, 0));
  FakeView after(chain::Coin::radiant, std::vector<std::uint32_t>(290, 0), 1);
  for (std::uint32_t height = 0; height < 100; ++height) after.replace_header(height, before.header(height).value());
  const FakeView shorter(chain::Coin::radiant, std::vector<std::uint32_t>(70, 0));
  HeaderMerkleCache cache(chain::Coin::radiant);
  for (const FakeView* chain : std::vector<const FakeView*>{&before, &after, &shorter, &before}) {
    for (std::uint32_t height = 0; height <= chain->tip_height(); ++height)
      ASSERT_EQ(cache.height_of(*chain, hash(*chain, height)).value(), height);
  }
  EXPECT_EQ(cache.height_of(before, hash(after, 200)).value(), std::nullopt);
  EXPECT_EQ(cache.height_of(shorter, hash(before, 70)).value(), std::nullopt);
}

TEST_F(ExtraMethods, NoTipIsToldAfterUnsubscribing) {
  EXPECT_EQ(call("headers.unsubscribe", ""), "false");
  (void)call("headers.subscribe", "");
  EXPECT_EQ(call("headers.unsubscribe", ""), "true");
  EXPECT_EQ(call("headers.unsubscribe", ""), "false");
  EXPECT_FALSE(client.session.headers_subscribed);
}

TEST_F(ExtraMethods, MerkleProofWithoutHeight) {
  for (const TxNumber number : {0u, 1u, 2u}) {
    const std::string height = std::to_string(view.place_of(number).height);
    EXPECT_EQ(call("transaction.get_merkle", name(number)),
              call("transaction.get_merkle", name(number) + "," + height));
  }
  EXPECT_EQ(call("transaction.get_merkle", unconfirmed_name()),
            error_text(1, "tx " + unconfirmed.display() + " is not in the chain"));
  client.options.parity = true;
  EXPECT_EQ(
      call("transaction.get_merkle", name(1)),
      error_text(-32602, "1 argument passed to method \\\"blockchain.transaction.get_merkle\\\" but it requires 2"));
}

TEST_F(ExtraMethods, BlockOfATransaction) {
  const chain::RawHeader header = view.header(2).value();
  const std::string place =
      "{\"block_hash\":\"" + chain::block_hash(chain::Coin::radiant, header).display() + "\",\"block_height\":2";
  EXPECT_EQ(call("transaction.get_confirmed_blockhash", name(2)), place + "}");
  EXPECT_EQ(call("transaction.get_confirmed_blockhash", name(2) + ",false"), place + "}");
  EXPECT_EQ(call("transaction.get_confirmed_blockhash", name(2) + ",true"),
            place + ",\"block_header\":\"" + to_hex(header) + "\"}");
  EXPECT_EQ(call("transaction.get_confirmed_blockhash", name(2) + ",2"),
            error_text(1, "\\\"include_header\\\" must be a boolean"));
  EXPECT_EQ(call("transaction.get_confirmed_blockhash", unconfirmed_name()),
            error_text(1, "tx " + unconfirmed.display() + " is not in the chain"));
}

TEST_F(ExtraMethods, FirstUseOfAScript) {
  const std::string key = "\"" + script.display() + "\"";
  EXPECT_EQ(call("scripthash.get_first_use", key), "null");
  mempool.histories[script] = {{unconfirmed, 5, 100, false}};
  EXPECT_EQ(call("scripthash.get_first_use", key),
            "{\"block_hash\":\"" + std::string(64, '0') +
                "\",\"block_height\":0,\"height\":0,\"tx_hash\":" + unconfirmed_name() + "}");
  view.histories[script] = {{1, 1}, {2, 2}};
  const std::string hash = chain::block_hash(chain::Coin::radiant, view.header(1).value()).display();
  EXPECT_EQ(call("scripthash.get_first_use", key),
            "{\"block_hash\":\"" + hash + "\",\"block_height\":1,\"height\":1,\"tx_hash\":" + name(1) + "}");
}

TEST_F(ExtraMethods, StatusWithoutSubscribing) {
  const std::string key = "\"" + script.display() + "\"";
  EXPECT_EQ(call("scripthash.get_status", key), "null");
  view.histories[script] = {{1, 1}, {2, 2}};
  const std::string status = call("scripthash.get_status", key);
  EXPECT_TRUE(client.session.scripts.empty());
  EXPECT_EQ(call("scripthash.subscribe", key), status);
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
  for (const std::string method :
       {"header.get", "headers.get_tip", "headers.unsubscribe", "scripthash.get_first_use", "scripthash.get_status",
        "transaction.get_confirmed_blockhash", "transaction.get_height", "utxo.get_info"})
    EXPECT_EQ(call(method, ""), error_text(-32601, "unknown method \\\"blockchain." + method + "\\\""));
  EXPECT_EQ(call("scripthash.get_history", "\"" + script.display() + "\",0"),
            error_text(-32602, "2 arguments passed to method blockchain.scripthash.get_history taking at most 1"));
}

TEST_F(ExtraMethods, AFailingViewIsAnInternalError) {
  const std::string txid = name(1);
  view.broken = true;
  for (const std::string& request :
       {"transaction.get_height " + txid, "utxo.get_info " + txid + ",0", "transaction.get_merkle " + txid,
        "transaction.get_confirmed_blockhash " + txid, "scripthash.get_first_use " + txid,
        "scripthash.get_status " + txid, std::string("header.get 1"), "header.get " + txid}) {
    const std::size_t blank = request.find(' ');
    EXPECT_EQ(call(request.substr(0, blank), request.substr(blank + 1)), error_text(-32603, "internal server error"));
  }
}

}  // namespace
}  // namespace sluice::serve::test
