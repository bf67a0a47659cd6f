// Every method over a fake chain: results, texts of errors, costs, limits.
#include <gtest/gtest.h>

#include "client.h"
#include "serve/method_table.h"

namespace sluice::serve::test {
namespace {

ScriptHash script(std::uint8_t n) {
  ScriptHash hash;
  for (std::size_t i = 0; i < 32; ++i) hash.bytes[i] = static_cast<std::byte>(n + i);
  return hash;
}

std::string quoted(const ScriptHash& hash) { return "[\"" + hash.display() + "\"]"; }

class Methods : public ::testing::Test {
 protected:
  Methods() {
    view.histories[script(1)] = {{0, 1}, {2, 2}, {5, 3}};
    view.unspents[script(1)] = {{2, 2, 7, 2'100'000'000'000'000'001, false}, {5, 3, 0, 1, true}};
    RefItem normal;
    RefItem single;
    for (std::size_t i = 0; i < 32; ++i) normal.ref[i] = single.ref[i] = static_cast<std::byte>(i);
    normal.ref[32] = std::byte{1};
    single.ref[33] = std::byte{1};
    single.singleton = true;
    view.refs[{5, 0}] = {normal, single};
  }

  std::string txid(TxNumber number) const { return view.txid(number).value().display(); }

  FakeView view{chain::Coin::radiant, {0, 1, 3, 2}};
  Client client{view};
};

TEST_F(Methods, TableIsSortedAndComplete) {
  const auto methods = all_methods();
  for (std::size_t i = 1; i < methods.size(); ++i) EXPECT_LT(methods[i - 1].name, methods[i].name);
  for (const Method& method : methods) {
    EXPECT_EQ(find_method(all_methods(), method.name), &method);
    const Method* each = method.each.empty() ? nullptr : find_method(all_methods(), method.each);
    EXPECT_NE(method.run != nullptr, each != nullptr && each->run != nullptr) << method.name;
    EXPECT_LE(method.required, method.count);
    EXPECT_LE(method.required_parity, method.count_parity);
    EXPECT_LE(method.count_parity, method.count);
  }
  EXPECT_EQ(find_method(all_methods(), "blockchain.transaction.get_tsc_merkle"), nullptr);
  EXPECT_EQ(find_method(all_methods(), ""), nullptr);
}

TEST_F(Methods, Header) {
  EXPECT_EQ(client.call("blockchain.block.header", "[2]"), "\"" + to_hex(view.header(2).value()) + "\"");
  EXPECT_EQ(client.call("blockchain.block.header", "[\" 2 \",0]"), "\"" + to_hex(view.header(2).value()) + "\"");
  EXPECT_EQ(client.call("blockchain.block.header", "[4]"), error_text(1, "height 4 out of range"));
  EXPECT_EQ(client.call("blockchain.block.header", "[1000000000000000000000000]"),
            error_text(1, "height 1,000,000,000,000,000,000,000,000 out of range"));
  EXPECT_EQ(client.call("blockchain.block.header", "[2,1]"),
            error_text(1, "require header height 2 <= cp_height 1 <= chain height 3"));
  EXPECT_EQ(client.call("blockchain.block.header", "[2,4000]"),
            error_text(1, "require header height 2 <= cp_height 4,000 <= chain height 3"));
  const std::string with_proof = client.call("blockchain.block.header", "[3,3]");
  EXPECT_TRUE(with_proof.starts_with("{\"header\":\"" + to_hex(view.header(3).value()) + "\",\"branch\":[\""))
      << with_proof;
  EXPECT_NE(with_proof.find("],\"root\":\""), std::string::npos);
}

TEST_F(Methods, Headers) {
  const std::string two = to_hex(view.headers(1, 2).value());
  EXPECT_EQ(client.call("blockchain.block.headers", "[1,2]"), "{\"hex\":\"" + two + "\",\"count\":2,\"max\":2016}");
  EXPECT_EQ(client.call("blockchain.block.headers", "[4,2,3]"), "{\"hex\":\"\",\"count\":0,\"max\":2016}");
  EXPECT_EQ(client.call("blockchain.block.headers", "[2,0]"), "{\"hex\":\"\",\"count\":0,\"max\":2016}");
  EXPECT_EQ(client.call("blockchain.block.headers", "[0,1000000,2]"),
            error_text(1, "require header height 3 <= cp_height 2 <= chain height 3"));
  const std::string proof = client.call("blockchain.block.headers", "[0,2,3]");
  EXPECT_NE(proof.find(",\"count\":2,\"max\":2016,\"branch\":["), std::string::npos) << proof;
  // The price is that of the count asked for.
  const double before = client.session.cost;
  (void)client.call("blockchain.block.headers", "[0,100000]");
  EXPECT_DOUBLE_EQ(client.session.cost - before, 2000);
}

TEST_F(Methods, HeadersFromVersion1_6AreAList) {
  Client modern(view, chain::Coin::radiant, "regtest", false);
  (void)modern.call("server.version", R"(["x","1.6"])");
  EXPECT_EQ(modern.call("blockchain.block.headers", "[1,2]"), "{\"headers\":[\"" + to_hex(view.header(1).value()) +
                                                                  "\",\"" + to_hex(view.header(2).value()) +
                                                                  "\"],\"count\":2,\"max\":2016}");
  EXPECT_EQ(modern.call("blockchain.block.headers", "[9,2]"), "{\"headers\":[],\"count\":0,\"max\":2016}");
}

TEST_F(Methods, ClampsHeadersTo2016) {
  const FakeView tall(chain::Coin::radiant, std::vector<std::uint32_t>(2100, 0));
  Client other(tall);
  EXPECT_NE(other.call("blockchain.block.headers", "[10,5000]").find("\"count\":2016,\"max\":2016"), std::string::npos);
}

TEST_F(Methods, SubscribeHeaders) {
  EXPECT_EQ(client.call("blockchain.headers.subscribe", "[]"),
            "{\"hex\":\"" + to_hex(view.header(3).value()) + "\",\"height\":3}");
  EXPECT_TRUE(client.session.headers_subscribed);
}

TEST_F(Methods, Balance) {
  EXPECT_EQ(client.call("blockchain.scripthash.get_balance", quoted(script(1))),
            R"({"confirmed":2100000000000000002,"unconfirmed":0})");
  EXPECT_EQ(client.call("blockchain.scripthash.get_balance", quoted(script(9))), R"({"confirmed":0,"unconfirmed":0})");
}

TEST_F(Methods, HistoryAndStatusAgree) {
  std::string history = "[";
  std::string preimage;
  for (const auto& item : view.histories[script(1)]) {
    history += (history.size() > 1 ? "," : "") + ("{\"tx_hash\":\"" + txid(item.tx_number)) +
               "\",\"height\":" + std::to_string(item.height) + "}";
    preimage += txid(item.tx_number) + ":" + std::to_string(item.height) + ":";
  }
  EXPECT_EQ(client.call("blockchain.scripthash.get_history", quoted(script(1))), history + "]");
  const Digest status = hash::sha256(std::as_bytes(std::span(preimage)));
  EXPECT_EQ(client.call("blockchain.scripthash.subscribe", quoted(script(1))), "\"" + to_hex(status.span()) + "\"");
  EXPECT_EQ(client.call("blockchain.scripthash.get_history", quoted(script(9))), "[]");
  EXPECT_EQ(client.call("blockchain.scripthash.subscribe", quoted(script(9))), "null");
}

TEST_F(Methods, StatusOfThePublishedExample) {
  // The confirmed half of the public worked example, hashed by hand with the same rule.
  FakeView published(chain::Coin::bitcoin, {0, 3});
  const char* txids[] = {"a6c9c361bd0bc536d6a22648efbf8f9b200e425ef6c3a7a9669dc444c532a347",
                         "9c42f84b2fcdaff676ba25d9d4941741cc0d1a01cce0c23fdc4c0b2afa38431c",
                         "770f2d4371b3fabb902dd9a103e2dd005fcd3971181078fca4a2a1d6ff127b30"};
  for (TxNumber i = 0; i < 3; ++i) published.replace_txid(i, *Txid::from_display(txids[i]));
  published.histories[script(3)] = {{0, 2472}, {1, 2473}, {2, 2473}};
  Client other(published, chain::Coin::bitcoin);
  // sha256 of "a6c9...a347:2472:9c42...431c:2473:770f...7b30:2473:" from the command line.
  EXPECT_EQ(other.call("blockchain.scripthash.subscribe", quoted(script(3))),
            "\"b47d83823d084177c57162ac0f46194307d012de715ec07229c64be60bd2f556\"");
}

TEST_F(Methods, SubscriptionsOfASessionAreBounded) {
  client.options.parity = false;
  client.options.max_subscriptions = 2;
  const std::string refused = test::error_text(4, "too many subscriptions: at most 2 in one session");
  const std::string outpoint = "[\"" + std::string(64, '0') + "\",0]";
  EXPECT_EQ(client.call("blockchain.scripthash.subscribe", quoted(script(1))).find("error"), std::string::npos);
  (void)client.call("blockchain.scripthash.subscribe", quoted(script(2)));
  EXPECT_EQ(client.call("blockchain.scripthash.subscribe", quoted(script(3))), refused);
  EXPECT_EQ(client.call("blockchain.outpoint.subscribe", outpoint), refused);
  EXPECT_NE(client.call("blockchain.scripthash.subscribe", quoted(script(2))), refused) << "the same again is no more";
  EXPECT_EQ(client.call("blockchain.scripthash.unsubscribe", quoted(script(2))), "true");
  EXPECT_NE(client.call("blockchain.outpoint.subscribe", outpoint), refused);
  EXPECT_EQ(client.call("blockchain.scripthash.subscribe", quoted(script(3))), refused) << "outpoints count with them";
}

TEST_F(Methods, SubscriptionsKeepTheClientsSpelling) {
  std::string upper = script(1).display();
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  (void)client.call("blockchain.scripthash.subscribe", quoted(script(1)));
  (void)client.call("blockchain.scripthash.subscribe", "[\"" + upper + "\"]");
  ASSERT_EQ(client.session.scripts.size(), 1u);
  EXPECT_EQ(client.session.scripts.at(script(1)).text, upper);
  const std::string padded = script(1).display() + std::string(1000, ' ');
  (void)client.call("blockchain.scripthash.subscribe", "[\"" + padded + "\"]");
  EXPECT_EQ(client.session.scripts.at(script(1)).text, script(1).display()) << "padding is not kept";
  EXPECT_EQ(client.call("blockchain.scripthash.unsubscribe", quoted(script(1))), "true");
  EXPECT_EQ(client.call("blockchain.scripthash.unsubscribe", quoted(script(1))), "false");
}

TEST_F(Methods, Unspent) {
  EXPECT_EQ(
      client.call("blockchain.scripthash.listunspent", quoted(script(1))),
      "[{\"tx_hash\":\"" + txid(2) +
          "\",\"tx_pos\":7,\"height\":2,\"value\":2100000000000000001,\"refs\":[]},{\"tx_hash\":\"" + txid(5) +
          "\",\"tx_pos\":0,\"height\":3,\"value\":1,\"refs\":["
          "{\"ref\":\"1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100i1\",\"type\":\"normal\"},"
          "{\"ref\":\"1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100i256\",\"type\":\"single\"}]}]");
  Client bitcoin(view, chain::Coin::bitcoin);
  EXPECT_EQ(bitcoin.call("blockchain.scripthash.listunspent", quoted(script(1))).find("refs"), std::string::npos);
}

TEST_F(Methods, HistoryLimits) {
  FakeView big(chain::Coin::radiant, {0, 1000});
  for (TxNumber i = 0; i < 1000; ++i) big.histories[script(1)].push_back({i, 1});
  Client parity(big);
  parity.options.max_send = 99 * 1001;
  EXPECT_TRUE(parity.call("blockchain.scripthash.get_history", quoted(script(1))).starts_with("[{"));
  parity.options.max_send = 99 * 1000;
  EXPECT_EQ(parity.call("blockchain.scripthash.get_history", quoted(script(1))), error_text(1, "history too large"));
  EXPECT_TRUE(parity.call("blockchain.scripthash.subscribe", quoted(script(1))).starts_with("\""))
      << "a status has no limit";
  Client own(big, chain::Coin::radiant, "regtest", false);
  own.options.max_send = 99 * 1000;
  EXPECT_TRUE(own.call("blockchain.scripthash.get_history", quoted(script(1))).starts_with("[{"));
  own.options.max_send = 50'000;
  EXPECT_EQ(own.call("blockchain.scripthash.get_history", quoted(script(1))),
            error_text(-32600, "response too large (over 50,000 bytes"));
  own.options.max_send = 0;
  EXPECT_TRUE(own.call("blockchain.scripthash.get_history", quoted(script(1))).starts_with("[{"));
}

TEST_F(Methods, Transactions) {
  view.raw[2] = {std::byte{0xab}, std::byte{0xcd}};
  EXPECT_EQ(client.call("blockchain.transaction.get", "[\"" + txid(2) + "\"]"), "\"abcd\"");
  EXPECT_EQ(client.call("blockchain.transaction.get", "[\"" + txid(2) + "\",0.0]"), "\"abcd\"");
  EXPECT_EQ(client.call("blockchain.transaction.get", "[\"" + txid(2) + "\",2]"),
            error_text(1, "\\\"verbose\\\" must be a boolean"));
  EXPECT_EQ(client.call("blockchain.transaction.get", "[\"" + txid(2) + "\",true]"),
            error_text(-32603, "internal server error"));
  EXPECT_EQ(
      client.call("blockchain.transaction.get", "[\"" + txid(3) + "\"]"),
      error_text(
          2,
          "daemon error: DaemonError({'code': -1, 'message': 'Block not available: blk00000.dat: cannot be read'})"));
}

TEST_F(Methods, MerkleAndPositions) {
  EXPECT_EQ(client.call("blockchain.transaction.get_merkle", "[\"" + txid(0) + "\",1]"),
            R"({"block_height":1,"merkle":[],"pos":0})");
  const std::string proof = client.call("blockchain.transaction.get_merkle", "[\"" + txid(2) + "\",2]");
  EXPECT_TRUE(proof.starts_with("{\"block_height\":2,\"merkle\":[\"" + txid(1) + "\",\"")) << proof;
  EXPECT_TRUE(proof.ends_with("\"],\"pos\":1}")) << proof;
  EXPECT_EQ(client.call("blockchain.transaction.get_merkle", "[\"" + txid(2) + "\",3]"),
            error_text(1, "tx " + txid(2) + " not in block at height 3"));
  EXPECT_EQ(client.call("blockchain.transaction.get_merkle", "[\" " + std::string(64, 'A') + "\",3]"),
            error_text(1, "tx " + std::string(64, 'a') + " not in block at height 3"))
      << "the hash as read, not as spelt";
  EXPECT_EQ(client.call("blockchain.transaction.get_merkle", "[\"" + txid(2) + "\",5000]"),
            error_text(1, "db error: DBError('block 5,000 not on disk (>3)')"));
  EXPECT_EQ(client.call("blockchain.transaction.id_from_pos", "[2,1]"), "\"" + txid(2) + "\"");
  const std::string with_proof = client.call("blockchain.transaction.id_from_pos", "[2,1,true]");
  EXPECT_TRUE(with_proof.starts_with("{\"tx_hash\":\"" + txid(2) + "\",\"merkle\":[\"" + txid(1))) << with_proof;
  EXPECT_EQ(client.call("blockchain.transaction.id_from_pos", "[2,5000]"),
            error_text(1, "no tx at position 5,000 in block at height 2"));
  EXPECT_EQ(client.call("blockchain.transaction.id_from_pos", "[0,0]"),
            error_text(1, "no tx at position 0 in block at height 0"));
  EXPECT_EQ(client.call("blockchain.transaction.id_from_pos", "[4,0]"),
            error_text(1, "db error: DBError('block 4 not on disk (>3)')"));
}

TEST_F(Methods, RepeatedCoinbaseIsProvenInBothBlocks) {
  FakeView twice(chain::Coin::bitcoin, {0, 2, 3});
  twice.replace_txid(2, twice.txid(0).value());  // found once, at height 2
  Client other(twice, chain::Coin::bitcoin, "mainnet");
  const std::string id = twice.txid(0).value().display();
  EXPECT_TRUE(other.call("blockchain.transaction.get_merkle", "[\"" + id + "\",1]").starts_with("{\"block_height\":1"));
  EXPECT_TRUE(other.call("blockchain.transaction.get_merkle", "[\"" + id + "\",2]").starts_with("{\"block_height\":2"));
}

TEST_F(Methods, Broadcast) {
  const std::string head = "the transaction was rejected by network rules.\\n\\n";
  EXPECT_EQ(client.call("blockchain.transaction.broadcast", "[\"\"]"), error_text(1, head + "TX decode failed\\n[]"));
  EXPECT_EQ(client.call("blockchain.transaction.broadcast", "[\"zz\"]"),
            error_text(1, head + "TX decode failed\\n[zz]"));
  EXPECT_EQ(client.call("blockchain.transaction.broadcast", "[5]"), error_text(-32603, "internal server error"));
  const std::string genesis =
      "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2704ffff001d01041f546869732069"
      "7320612052616469616e742074"
      "657374696e6720626c6f636bffffffff01005039278c0400001976a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ac00000000";
  EXPECT_EQ(client.call("blockchain.transaction.broadcast", "[\"" + genesis + "\"]"),
            error_text(1, head + "Missing inputs\\n[" + genesis + "]"));
  view.replace_txid(0, *Txid::from_display("364459380841db3f0ea491e8099bf98a6b7ffc5693d8ee6e46b3f8183e0257dc"));
  EXPECT_EQ(client.call("blockchain.transaction.broadcast", "[\"" + genesis + "\"]"),
            error_text(1, head + "transaction already in block chain\\n[" + genesis + "]"));
  // Whether a node would take this one, only a node can tell.
  view.replace_txid(1, Txid{});
  const std::string offline =
      "daemon error: DaemonError({'code': -1, 'message': 'this server runs offline and has no node to send the "
      "transaction to'})";
  for (const char* version : {"02", "03"}) {
    EXPECT_EQ(client.call("blockchain.transaction.broadcast", "[\"" + (version + genesis.substr(2)) + "\"]"),
              error_text(2, offline));
  }
  EXPECT_EQ(client.call("blockchain.transaction.broadcast", "[\"" + genesis + "00\"]"),
            error_text(1, head + "TX decode failed\\n[" + genesis + "00]"));
}

TEST_F(Methods, Refs) {
  std::array<std::byte, 36> ref{};
  for (std::size_t i = 0; i < 32; ++i) ref[i] = static_cast<std::byte>(i);
  ref[32] = std::byte{2};
  const std::string params = "[\"1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a0908070605040302010000000002\"]";
  const auto object = [&](TxNumber number, int height) {
    return "{\"tx_hash\":\"" + txid(number) + "\",\"height\":" + std::to_string(height) + "}";
  };
  EXPECT_EQ(client.call("blockchain.ref.get", params), "[]");
  view.places_of_refs[ref] = {1, std::nullopt};
  EXPECT_EQ(client.call("blockchain.ref.get", params), "[" + object(1, 2) + "," + object(1, 2) + "]");
  view.places_of_refs[ref] = {1, 5};
  EXPECT_EQ(client.call("blockchain.ref.get", params), "[" + object(1, 2) + "," + object(5, 3) + "]");
}

TEST_F(Methods, ServerFacts) {
  client.options.services = {{"tcp", "example.org", 50010},
                             {"ssl", "example.org", 50012},
                             {"tcp", "example.org", 50020},
                             {"wss", "::1", 50011}};
  client.options.donation_address = "mjttUaKuPi1UqH2W5VekQjxTztiekD1mcg";
  EXPECT_EQ(
      client.call("server.features", "[]"),
      R"({"hosts":{"example.org":{"ssl_port":50012,"tcp_port":50020},"::1":{"wss_port":50011}},"pruning":null,)"
      R"("server_version":"ElectrumX 1.4.1","protocol_min":"1.4","protocol_max":"1.4.2",)"
      R"("genesis_hash":"7c1797514a165b0d99953a993a2a42081d6c0706026c36c06fc6fe728f93a5dd","hash_function":"sha256",)"
      R"("services":["tcp://example.org:50010","ssl://example.org:50012",)"
      R"("tcp://example.org:50020","wss://[::1]:50011"]})");
  EXPECT_EQ(client.call("server.donation_address", "[]"), "\"mjttUaKuPi1UqH2W5VekQjxTztiekD1mcg\"");
  EXPECT_EQ(client.call("server.banner", "[]"), "\"You are connected to an ElectrumX 1.4.1 server.\"");
  client.context.banner = [] {
    return std::optional<std::string>("$SERVER_SUBVERSION ($SERVER_VERSION)\ngive to $DONATION_ADDRESS, \xc3\xa9");
  };
  EXPECT_EQ(client.call("server.banner", "[]"),
            "\"ElectrumX 1.4.1 (1.4.1)\\ngive to mjttUaKuPi1UqH2W5VekQjxTztiekD1mcg, \\u00e9\"");
  client.context.banner = [] { return std::optional<std::string>(); };
  EXPECT_EQ(client.call("server.banner", "[]"), "\"You are connected to an ElectrumX 1.4.1 server.\"");
  EXPECT_EQ(client.call("server.peers.subscribe", "[]"), "[]");
  EXPECT_EQ(client.call("server.add_peer", "[{}]"), "false");
}

TEST_F(Methods, WaveAndFees) {
  EXPECT_EQ(client.call("wave.resolve", "[\"a\"]"), "null");
  EXPECT_EQ(client.call("wave.check_available", "[\"a\"]"),
            error_text(1, "WAVE indexing not available on this server"));
  EXPECT_EQ(client.call("blockchain.relayfee", "[]"), "1e-06");
  EXPECT_EQ(client.call("blockchain.estimatefee", "[6]"), "1e-05");
  EXPECT_EQ(client.call("blockchain.estimatefee", "[6,\"ECONOMICAL\"]"),
            error_text(-32602, "2 arguments passed to method blockchain.estimatefee taking at most 1"));
  EXPECT_EQ(client.call("mempool.get_fee_histogram", "[]"), "[]");
  client.options.parity = false;
  for (const char* params : {"[6,null]", "[6,\"ECONOMICAL\"]", R"({"number":6,"mode":"CONSERVATIVE"})"})
    EXPECT_EQ(client.call("blockchain.estimatefee", params), "1e-05") << params;
  EXPECT_EQ(client.call("blockchain.estimatefee", "[6,\"economical\"]"),
            error_text(1, "unknown estimatefee mode: economical"));
  EXPECT_EQ(client.call("blockchain.estimatefee", "[6,true]"), error_text(1, "unknown estimatefee mode: True"));
}

// Tables can be read, headers and txids cannot: each answer that needs one is refused, and the log hears of it.
TEST_F(Methods, UnreadableFlatFilesAreInternalErrors) {
  const std::string known = txid(2);
  view.raw[2] = {std::byte{1}};
  view.places_of_refs[{}] = {1, 5};
  view.unspents[script(1)] = {{2, 2, 7, 5, false}};
  ASSERT_TRUE(client.call("blockchain.block.header", "[1,3]").starts_with("{\"header\""));
  std::vector<std::string> failures;
  client.context.on_failure = [&](const Error& error) { failures.push_back(error.message); };
  view.flat_broken = true;
  const std::pair<std::string, std::string> calls[] = {
      {"blockchain.block.header", "[1]"},
      {"blockchain.block.header", "[1,3]"},
      {"blockchain.block.headers", "[0,2]"},
      {"blockchain.headers.subscribe", "[]"},
      {"blockchain.scripthash.get_history", quoted(script(1))},
      {"blockchain.scripthash.listunspent", quoted(script(1))},
      {"blockchain.scripthash.subscribe", quoted(script(1))},
      {"blockchain.transaction.get", "[\"" + known + "\",true]"},
      {"blockchain.transaction.get", "[\"" + std::string(64, '0') + "\"]"},
      {"blockchain.transaction.get_merkle", "[\"" + known + "\",2]"},
      {"blockchain.transaction.get_merkle", "[\"" + known + "\",3]"},
      {"blockchain.transaction.id_from_pos", "[2,1]"},
      {"blockchain.transaction.id_from_pos", "[2,1,true]"},
      {"blockchain.ref.get", "[\"" + std::string(72, '0') + "\"]"},
  };
  for (const auto& [method, params] : calls) {
    failures.clear();
    EXPECT_EQ(client.call(method, params), error_text(-32603, "internal server error")) << method << params;
    ASSERT_EQ(failures.size(), 1u) << method << params;
    EXPECT_TRUE(failures[0] == "headers.dat: broken" || failures[0] == "txids.dat: broken") << failures[0];
  }
  EXPECT_FALSE(client.session.headers_subscribed);
  EXPECT_TRUE(client.session.scripts.empty());
}

TEST_F(Methods, ABrokenStoreIsAnInternalError) {
  view.broken = true;
  for (const auto* method : {"get_balance", "get_history", "listunspent", "subscribe"}) {
    EXPECT_EQ(client.call("blockchain.scripthash." + std::string(method), quoted(script(1))),
              error_text(-32603, "internal server error"));
  }
  const std::string txid = "\"" + std::string(64, '0') + "\"";
  EXPECT_EQ(client.call("blockchain.transaction.get", "[" + txid + "]"), error_text(-32603, "internal server error"));
  EXPECT_EQ(client.call("blockchain.transaction.get_merkle", "[" + txid + ",1]"),
            error_text(-32603, "internal server error"));
  // One input, one output: whether it is known, or what it spends, cannot be told.
  const std::string spend =
      "0100000001" + std::string(64, '0') + "ffffffff00ffffffff01" + std::string(16, '0') + "00" + "00000000";
  EXPECT_EQ(client.call("blockchain.transaction.broadcast", "[\"" + spend + "\"]"),
            error_text(-32603, "internal server error"));
}

TEST_F(Methods, Costs) {
  const auto cost = [&](std::string_view method, std::string_view params) {
    const double before = client.session.cost;
    (void)client.call(method, params);
    return client.session.cost - before;
  };
  EXPECT_DOUBLE_EQ(client.session.cost, 5.0);
  EXPECT_NEAR(cost("server.ping", "[]"), 0.1, 1e-9);
  EXPECT_NEAR(cost("blockchain.block.header", "[1]"), 0.25, 1e-9);
  EXPECT_NEAR(cost("blockchain.block.header", "[1,3]"), 1.25, 1e-9);
  EXPECT_NEAR(cost("blockchain.scripthash.get_balance", quoted(script(1))), 1.04, 1e-9);
  EXPECT_NEAR(cost("blockchain.block.header", "[9]"), 100.25, 1e-9);
  EXPECT_NEAR(cost("nope", "[]"), 100, 1e-9);
}

}  // namespace
}  // namespace sluice::serve::test
