// The operator's methods over a fake server: texts, groups, what is asked of the server and how it is answered.
#include "serve/admin_methods.h"

#include <gtest/gtest.h>

#include "classify/scripthash.h"
#include "client.h"
#include "serve/address.h"
#include "serve/admin_text.h"

namespace sluice::serve {
namespace {

class FakePeers final : public PeerGate {
 public:
  void append_peers(std::string&, std::string_view) override {}
  std::shared_ptr<const NodeAnswer> ask_add(const JsonValue&, std::string_view) override { return nullptr; }
  void append_rows(std::string& reply) const override { reply += R"([{"host":"a"}])"; }
  PeerCounts counts() const override { return {.good = 2, .stale = 4, .never = 3, .bad = 1}; }
  Status add(std::string_view real_name) override {
    if (real_name != "host t1") return Error{ErrorKind::config, "no port"};
    return {};
  }
};

class FakeServer final : public AdminGate {
 public:
  AdminFigures figures() override { return {}; }
  Result<std::vector<SessionRow>> sessions() override { return rows; }
  void act(SessionDeed deed, std::vector<std::uint64_t> ids) override { deeds.emplace_back(deed, std::move(ids)); }
  void log_new_sessions(bool wanted) override { logs_new = wanted; }
  bool logs_new_sessions() const override { return logs_new; }
  void stop() override { ++stops; }
  Result<std::string> use_daemon(std::string_view url) override {
    if (url == "it's bad") return Error{ErrorKind::config, "cannot read it's bad"};
    return std::string("node:1/");
  }
  Status reorg(std::uint32_t count) override {
    reorg_blocks = count;
    return {};
  }
  PeerGate* peers() const override { return known_peers; }

  std::vector<SessionRow> rows;
  std::vector<std::pair<SessionDeed, std::vector<std::uint64_t>>> deeds;
  bool logs_new = false;
  int stops = 0;
  PeerGate* known_peers = nullptr;
  std::uint32_t reorg_blocks = 0;
};

SessionRow open_session(std::uint64_t id, std::string_view transport, std::string address, std::uint64_t begin) {
  SessionRow row;
  row.id = id;
  row.transport = transport;
  row.address = std::move(address);
  row.port = 5;
  row.concurrency = 10;
  row.begin_s = begin;
  row.cost = 2.9;
  row.load.subscriptions = id;
  return row;
}

class Admin : public ::testing::Test {
 protected:
  Admin() {
    client.context.methods = admin_methods();
    client.context.admin = &server;
    server.rows = {open_session(1, "tcp", "10.0.0.1", 5), open_session(2, "wss", "10.0.0.9", 400),
                   open_session(3, "rpc", "::1", 5)};
  }
  std::string call(std::string_view method, std::string_view params) { return client.call(method, params); }

  FakeServer server;
  test::FakeView view{chain::Coin::radiant, {0, 1, 2}};
  test::Client client{view};
};

TEST(AdminText, UptimeBeginsWithTheFirstFieldThatCounts) {
  EXPECT_EQ(uptime_text(7), "07s");
  EXPECT_EQ(uptime_text(0), "00s");
  EXPECT_EQ(uptime_text(5 * 60 + 9), "05m 09s");
  EXPECT_EQ(uptime_text(2 * 3600 + 59), "02h 00m 59s");
  EXPECT_EQ(uptime_text(26 * 3600 + 3 * 60 + 4), "1d 02h 03m");
  EXPECT_EQ(uptime_text(400 * 24 * 3600), "400d 00h 00m");
}

TEST(AdminText, AmountsHaveNoZerosAtTheEnd) {
  EXPECT_EQ(coins_text(0), "0");
  EXPECT_EQ(coins_text(123'456'789'000), "1,234.56789");
  EXPECT_EQ(coins_text(1), "0.00000001");
  EXPECT_EQ(coins_text(2'100'000'000'000'000'000), "21,000,000,000");
  EXPECT_EQ(cache_text({1234, 567, 89}), "1,234 lookups 567 hits 89 entries");
}

TEST(AdminGroups, AreOfNetworkAndTime) {
  EXPECT_EQ(network_group("1.2.3.4"), "1.2.3");
  EXPECT_EQ(network_group("2001:db8::1"), "2001:0db8:0000");
  EXPECT_EQ(network_group("::1"), "0000:0000:0000");
  EXPECT_EQ(network_group("1:2:3:4:5:6:7:8"), "0001:0002:0003");
  EXPECT_EQ(network_group("1::3:4:5:6:7:8"), "0001:0000:0003");
  EXPECT_EQ(network_group(""), "unknown_addr");
  EXPECT_EQ(time_group(299), "t0");
  EXPECT_EQ(time_group(300), "t1");
}

TEST_F(Admin, RowsHaveTheirShapes) {
  server.rows[0].client = "a \"b\"";
  server.rows[0].is_logged = server.rows[0].is_closing = true;
  server.rows.resize(1);
  EXPECT_EQ(call("sessions", "[]"), R"([[1,"TCL10","10.0.0.1:5","a \"b\"","",2,0,0,0,1,0,0,0,0,0]])");
  EXPECT_EQ(call("groups", "{}"), R"([["10.0.0",1,2,0,0,0,1,0,0,0,0],["t0",1,2,0,0,0,1,0,0,0,0]])");
}

TEST_F(Admin, SessionsAreChosenByIdGroupOrAll) {
  EXPECT_EQ(call("disconnect", R"({"session_ids":["2","10.0.0","t1","all","4","x"]})"),
            R"(["disconnecting session 2","disconnecting group 10.0.0","disconnecting group t1",)"
            R"("disconnecting all sessions","unknown: 4","unknown: x"])");
  ASSERT_EQ(server.deeds.size(), 1u);
  EXPECT_EQ(server.deeds[0].first, SessionDeed::disconnect);
  EXPECT_EQ(server.deeds[0].second, (std::vector<std::uint64_t>{2, 1, 2, 2, 1, 2}));  // never the operator's
  for (const char* bad : {R"({"session_ids":[1]})", R"({"session_ids":"1"})", R"({"session_ids":null})"})
    EXPECT_EQ(call("disconnect", bad), test::error_text(1, "expected a list of session IDs"));
}

TEST_F(Admin, LoggingIsToggled) {
  server.rows[1].is_logged = true;
  EXPECT_EQ(call("log", R"([["1","2","new","9"]])"),
            R"(["logging session 1","not logging session 2","logging new sessions","unknown: 9"])");
  EXPECT_TRUE(server.logs_new);
  EXPECT_EQ(call("log", R"([["new","all"]])"), R"(["not logging new sessions","logging all sessions"])");
  EXPECT_TRUE(server.logs_new);
  EXPECT_EQ(call("log", R"([["none"]])"), R"(["logging no sessions"])");
  EXPECT_FALSE(server.logs_new);
}

TEST_F(Admin, WhatIsAskedOfTheServer) {
  EXPECT_EQ(call("stop", "[]"), "\"stopping\"");
  EXPECT_EQ(server.stops, 1);
  EXPECT_EQ(call("reorg", "[]"), "\"scheduled a reorg of 3 blocks\"");
  EXPECT_EQ(call("reorg", "[7]"), "\"scheduled a reorg of 7 blocks\"");
  EXPECT_EQ(server.reorg_blocks, 7u);
  EXPECT_EQ(call("reorg", "[0]"), test::error_text(1, "count must be positive"));
  EXPECT_EQ(call("daemon_url", R"([""])"), "\"now using daemon at node:1/\"");
  EXPECT_EQ(call("daemon_url", R"(["it's bad"])"),
            test::error_text(1, R"(an error occured: CoinError(\"cannot read it's bad\"))"));
  EXPECT_EQ(call("peers", "[]"), "[]");
  EXPECT_EQ(call("add_peer", R"({"real_name":"host t1"})"),
            test::error_text(1, "peer discovery is off (--peer-discovery): no peer was added"));
  FakePeers known;
  server.known_peers = &known;
  EXPECT_EQ(call("peers", "[]"), R"([{"host":"a"}])");
  EXPECT_EQ(call("add_peer", R"({"real_name":"host t1"})"), "\"peer 'host t1' added\"");
  EXPECT_EQ(call("add_peer", R"({"real_name":"host"})"), test::error_text(1, "no port"));
  EXPECT_NE(call("getinfo", "[]").find(R"("peers":{"bad":1,"good":2,"never":3,"stale":4,"total":10})"),
            std::string::npos);
  EXPECT_EQ(call("server.ping", "[]"), test::error_text(-32601, R"(unknown method \"server.ping\")"));
}

TEST_F(Admin, QueriesShowHistoryOutputsAndBalance) {
  const std::vector<std::byte> script = *from_hex("76a914" + std::string(40, '1') + "88ac");
  const ScriptHash hash = classify::script_hash(script, chain::Coin::radiant, true);
  view.histories[hash] = {{0, 1}, {1, 2}};
  view.unspents[hash] = {{0, 1, 0, 150'000'000, false}, {1, 2, 7, 1000, false}};
  const std::string first = view.txid(0).value().display();
  const std::string second = view.txid(1).value().display();
  const std::string item = to_hex(script);
  EXPECT_EQ(call("query", R"([[")" + item + R"(","nonsense",""],1000])"),
            R"(["Script: )" + item + R"(","History #0: height 1 tx_hash )" + first +
                R"(","History #1: height 2 tx_hash )" + second + R"(","UTXO #1: tx_hash )" + first +
                R"( tx_pos 0 height 1 value 150,000,000","UTXO #2: tx_hash )" + second +
                R"( tx_pos 7 height 2 value 1,000","Balance: 1.50001 RXD"])");
  EXPECT_EQ(call("query", R"([[")" + item + R"("],1])"),
            R"(["Script: )" + item + R"(","History #0: height 1 tx_hash )" + first + R"(","UTXO #1: tx_hash )" + first +
                R"( tx_pos 0 height 1 value 150,000,000","Balance: 1.50001 RXD"])");
  EXPECT_EQ(call("query", R"([[")" + item + R"("],0])"), test::error_text(1, "limit must be positive"));
  view.broken = true;
  EXPECT_EQ(call("query", R"([[")" + item + R"("]])"), test::error_text(-32603, "internal server error"));
  client.context.view = nullptr;
  EXPECT_EQ(call("query", R"([["51"]])"), test::error_text(1, "the index has no blocks yet"));
}

/// Every form of every coin back to its script, and no neighbour of it.
TEST(Addresses, AreReadAsTheyAreWritten) {
  std::vector<std::byte> hash(32);
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::byte>(i * 7);
  const std::string h20 = to_hex(Bytes(hash).first(20));
  const std::string h32 = to_hex(hash);
  for (const auto& [coin, net] : {std::pair{"Radiant", "regtest"},
                                  {"Bitcoin", "mainnet"},
                                  {"Bitcoin", "regtest"},
                                  {"BitcoinCash", "mainnet"},
                                  {"BitcoinCash", "regtest"}}) {
    const chain::Network& network = *chain::find_network(coin, net);
    std::vector<std::string> scripts{"76a914" + h20 + "88ac", "a914" + h20 + "87"};
    if (network.has_segwit())
      scripts.insert(scripts.end(), {"0014" + h20, "0020" + h32, "5120" + h32, "5202" + h20.substr(0, 4)});
    if (network.coin == chain::Coin::bitcoin_cash) scripts.push_back("aa20" + h32 + "87");
    for (const std::string& script : scripts) {
      const std::vector<std::byte> bytes = *from_hex(script);
      const SolvedScript solved = solve_script(bytes, network.coin);
      ASSERT_FALSE(solved.solutions.empty()) << script;
      const std::string address = address_of(solved, solved.solutions[0], network);
      const auto read = script_of_address(address, network);
      ASSERT_TRUE(read) << coin << ' ' << address;
      EXPECT_EQ(to_hex(*read), script) << address;
      for (std::size_t i = 0; i < address.size(); ++i) {
        std::string changed = address;
        changed[i] = changed[i] == 'q' ? 'p' : 'q';
        EXPECT_FALSE(script_of_address(changed, network)) << changed;
      }
      EXPECT_FALSE(script_of_address(address + "q", network));
      EXPECT_FALSE(script_of_address(address.substr(1), network));
    }
  }
  const chain::Network& radiant = *chain::find_network("Radiant", "mainnet");
  EXPECT_FALSE(script_of_address("", radiant));
  EXPECT_FALSE(script_of_address(std::string(100'000, '1'), radiant));
  // The genesis coinbase's key, as everybody writes it.
  EXPECT_EQ(to_hex(*script_of_address("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", radiant)),
            "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac");
}

}  // namespace
}  // namespace sluice::serve
