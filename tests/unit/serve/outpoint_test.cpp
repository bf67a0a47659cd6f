// Outpoints: created and spent in the mempool and in blocks, asked for and told.
#include <gtest/gtest.h>

#include "base/prefix.h"
#include "classify/scripthash.h"
#include "client.h"
#include "fake_mempool.h"
#include "serve/notifications.h"
#include "serve/outpoint_status.h"

namespace sluice::serve::test {
namespace {

/// One input that spends `prevout`, one output to OP_1.
std::vector<std::byte> spending(const Outpoint& prevout) {
  std::vector<std::byte> raw = *from_hex("0100000001" + to_hex(prevout.txid.span()) + "00000000" + "0151ffffffff" +
                                         "01" + "0700000000000000" + "0151" + "00000000");
  store_le<std::uint32_t>(raw.data() + 37, prevout.index);
  return raw;
}

Outpoint elsewhere() {
  Outpoint outpoint;
  outpoint.txid.bytes.fill(std::byte{0x33});
  return outpoint;
}

class Outpoints : public ::testing::Test {
 protected:
  static constexpr std::uint32_t later_blocks = 700;
  Outpoints() {
    client.context.mempool = &mempool;
    script = classify::script_hash(*from_hex("51"), chain::Coin::radiant, false);
    mempool_txid.bytes.fill(std::byte{9});
  }
  static FakeView make_view() {
    std::vector<std::uint32_t> tx_counts(later_blocks, 1);
    tx_counts[0] = 0;
    return FakeView(chain::Coin::radiant, tx_counts);
  }
  Outpoint output_of(TxNumber number) const { return {view.txid(number).value(), 0}; }
  /// Transaction `number`, in the block of height number + 1, spends `prevout` and pays the script.
  void confirm(TxNumber number, const Outpoint& prevout) {
    view.raw[number] = spending(prevout);
    view.histories[script].push_back({number, static_cast<std::uint32_t>(number) + 1});
  }
  static std::string params(const Outpoint& outpoint) {
    return "[\"" + outpoint.txid.display() + "\"," + std::to_string(outpoint.index) + "]";
  }
  std::string call(const std::string& method, const Outpoint& outpoint) {
    return client.call("blockchain.outpoint." + method, params(outpoint));
  }
  static std::string spent(int funder, const Txid& spender, int height) {
    return "{\"funder_height\":" + std::to_string(funder) + ",\"spender_txhash\":\"" + spender.display() +
           "\",\"spender_height\":" + std::to_string(height) + "}";
  }
  /// The lines told after a change of the script, or of some other one.
  std::string told(bool about_the_script = true) {
    Changes changes;
    changes.touched = {about_the_script ? prefix_of(script) : prefix_of(script) + 1};
    std::string lines;
    if (!mark_notifications(client.session, changes)) return lines;
    while (write_notification(client.session, client.context, lines) != Notified::nothing_left) {}
    return lines;
  }
  static std::string notification(const Outpoint& outpoint, const std::string& status) {
    return R"({"jsonrpc":"2.0","method":"blockchain.outpoint.subscribe","params":[)" + params(outpoint) + "," + status +
           "]}";
  }

  FakeView view = make_view();
  FakeMempool mempool;
  Client client{view, chain::Coin::radiant, "regtest", false};
  ScriptHash script;
  Txid mempool_txid;
};

TEST_F(Outpoints, StatusThroughItsLife) {
  const Outpoint outpoint = output_of(4);
  const Outpoint unconfirmed{mempool_txid, 0};
  EXPECT_EQ(call("get_status", unconfirmed), "{}");
  mempool.add_tx(mempool_txid, spending(elsewhere()));
  EXPECT_EQ(call("get_status", unconfirmed), R"({"funder_height":0})");
  mempool.add_tx(mempool_txid, spending(elsewhere()), true);
  EXPECT_EQ(call("get_status", unconfirmed), R"({"funder_height":-1})");

  confirm(4, elsewhere());
  view.unspents[script] = {{4, 5, 0, 7, false}};
  EXPECT_EQ(call("get_status", outpoint), R"({"funder_height":5})");
  mempool.spenders[outpoint] = mempool_txid;
  EXPECT_EQ(call("get_status", outpoint), spent(5, mempool_txid, -1));
  mempool.add_tx(mempool_txid, spending(outpoint));
  EXPECT_EQ(call("get_status", outpoint), spent(5, mempool_txid, 0));

  mempool.spenders.clear();
  view.unspents.clear();
  confirm(6, {outpoint.txid, 1});  // of the same transaction another output
  confirm(8, outpoint);
  EXPECT_EQ(call("get_status", outpoint), spent(5, view.txid(8).value(), 9));
  client.context.mempool = nullptr;
  EXPECT_EQ(call("get_status", outpoint), spent(5, view.txid(8).value(), 9));
}

TEST_F(Outpoints, OnlyTheEndsOfALongHistoryAreRead) {
  const Outpoint outpoint = output_of(0);
  const auto history_with_spender = [&](TxNumber spender) {
    view.histories.clear();
    confirm(0, elsewhere());
    for (TxNumber number = 1; number <= 2 * spender_scan_max + 50; ++number)
      confirm(number, number == spender ? outpoint : elsewhere());
    const double before = client.session.cost;
    const std::string answer = call("get_status", outpoint);
    EXPECT_LT(client.session.cost - before, 120);
    return answer;
  };
  for (const TxNumber spender : {TxNumber{1}, TxNumber{spender_scan_max}, TxNumber{2 * spender_scan_max + 50}})
    EXPECT_EQ(history_with_spender(spender), spent(1, view.txid(spender).value(), static_cast<int>(spender) + 1));
  const std::string refusal =
      error_text(1, "the output " + outpoint.txid.display() +
                        ":0 is spent, but its script has too many transactions to find by which");
  EXPECT_EQ(history_with_spender(spender_scan_max + 25), refusal);
  EXPECT_EQ(call("subscribe", outpoint), refusal);
  EXPECT_TRUE(client.session.outpoints.empty());
}

TEST_F(Outpoints, EachChangeIsToldOnce) {
  const Outpoint outpoint{mempool_txid, 0};
  EXPECT_EQ(call("subscribe", outpoint), "{}");
  EXPECT_EQ(told(), "");
  mempool.add_tx(mempool_txid, spending(elsewhere()));
  // Nothing is known of its script yet, so that any change may be about it.
  EXPECT_EQ(told(false), notification(outpoint, R"({"funder_height":0})"));
  EXPECT_EQ(told(), "");
  Txid spender;
  spender.bytes.fill(std::byte{8});
  mempool.add_tx(spender, spending(outpoint), true);
  mempool.spenders[outpoint] = spender;
  EXPECT_EQ(told(false), "");
  EXPECT_EQ(told(), notification(outpoint, spent(0, spender, -1)));
  EXPECT_EQ(told(), "");
  // Both are mined.
  mempool.txs.clear();
  mempool.spenders.clear();
  view.replace_txid(4, mempool_txid);
  view.replace_txid(5, spender);
  confirm(4, elsewhere());
  confirm(5, outpoint);
  EXPECT_EQ(told(), notification(outpoint, spent(5, spender, 6)));
  EXPECT_EQ(told(), "");
  EXPECT_EQ(call("unsubscribe", outpoint), "true");
  EXPECT_EQ(call("unsubscribe", outpoint), "false");
  view.histories.clear();
  EXPECT_EQ(told(), "");
}

TEST_F(Outpoints, AHintNamesTheScriptToWatch) {
  const Outpoint outpoint{mempool_txid, 0};
  EXPECT_EQ(client.call("blockchain.outpoint.subscribe", "[\"" + mempool_txid.display() + "\",0,\"51\"]"), "{}");
  mempool.add_tx(mempool_txid, spending(elsewhere()));
  EXPECT_EQ(told(false), "");
  EXPECT_EQ(told(), notification(outpoint, R"({"funder_height":0})"));
}

TEST_F(Outpoints, Refusals) {
  const std::string txid = "\"" + mempool_txid.display() + "\"";
  const std::pair<std::string, std::string> refused[] = {
      {"[7,0]", "7 should be a transaction hash"},
      {"[" + txid + ",-1]", "-1 should be a non-negative integer"},
      {"[" + txid + ",4294967296]", "4294967296 is not the index of an output"},
  };
  for (const auto& [params, message] : refused) {
    for (const std::string method : {"get_status", "subscribe", "unsubscribe"})
      EXPECT_EQ(client.call("blockchain.outpoint." + method, params), error_text(1, message)) << method;
  }
  for (const std::string method : {"get_status", "subscribe"})
    EXPECT_EQ(client.call("blockchain.outpoint." + method, "[" + txid + ",0,\"x\"]"),
              error_text(1, "x should be a hex string"));
  view.broken = true;
  EXPECT_EQ(call("subscribe", {mempool_txid, 0}), error_text(-32603, "internal server error"));
  client.options.parity = true;
  for (const std::string method : {"get_status", "subscribe", "unsubscribe"})
    EXPECT_EQ(call(method, {mempool_txid, 0}),
              error_text(-32601, "unknown method \\\"blockchain.outpoint." + method + "\\\""));
}

}  // namespace
}  // namespace sluice::serve::test
