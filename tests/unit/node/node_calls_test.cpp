// Typed calls against a scripted node: what is asked, what is taken, what is refused and with which words.
#include "node/node_calls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>

#include "base/hex.h"
#include "base/random.h"
#include "fake_node.h"

namespace sluice::node {
namespace {

using test::node_script;
using test::ScriptServer;

/// One node, its client and its calls.
class Node {
 public:
  explicit Node(test::Answer answer, std::string_view coin = "Radiant")
      : server_(node_script(std::move(answer))),
        client_(
            {.urls = {{.user = "u", .password = "p", .host = "127.0.0.1", .port = server_.port()}}, .cookie_file = {}}),
        calls(client_, *chain::find_network(coin, "regtest"), answer_bytes_max) {}

  [[nodiscard]] unsigned requests() const { return server_.requests(); }

  static constexpr std::size_t answer_bytes_max = 200'000;

 private:
  ScriptServer server_;
  RpcClient client_;

 public:
  NodeCalls calls;
};

/// Answers every call alike.
Node node_saying(const std::string& answer) {
  return Node([=](const std::string&, const std::string&) { return answer; });
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

Txid txid_of(std::uint64_t seed) {
  Random random(seed);
  Txid txid;
  for (std::byte& b : txid.bytes) b = static_cast<std::byte>(random.next());
  return txid;
}

template <typename T>
void expect_error(const T& result, ErrorKind kind, std::string_view part) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, kind) << result.error().message;
  EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
}

const std::string best(64, 'a');

TEST(NodeCalls, chain_info) {
  const std::string chain_info = R"({"chain":"regtest","blocks":12,"headers":13,"bestblockhash":")" + best +
                                 R"(","difficulty":4.6e-10,"initialblockdownload":true,"pruned":true,"pruneheight":3})";
  Node node([&](const std::string& method, const std::string& params) {
    EXPECT_EQ(method + params, "getblockchaininfo[]");
    return chain_info;
  });
  const auto info = node.calls.chain_info();
  ASSERT_TRUE(info.ok()) << info.error().message;
  EXPECT_EQ(info.value().chain, "regtest");
  EXPECT_EQ(info.value().blocks, 12u);
  EXPECT_EQ(info.value().headers, 13u);
  EXPECT_EQ(info.value().best_block.display(), best);
  EXPECT_TRUE(info.value().is_pruned);
  EXPECT_EQ(info.value().prune_height, 3u);
  EXPECT_TRUE(info.value().is_initial_download);
}

TEST(NodeCalls, chain_info_that_lacks_something) {
  for (const std::string answer : {"5", "{}", R"({"chain":"x","blocks":1,"headers":-1,"bestblockhash":"aa"})",
                                   R"({"chain":"x","blocks":4294967296,"headers":1,"bestblockhash":"00"})"}) {
    Node node = node_saying(answer);
    expect_error(node.calls.chain_info(), ErrorKind::corrupt, "getblockchaininfo");
  }
}

TEST(NodeCalls, block_hashes_end_with_the_chain) {
  Node node([](const std::string& method, const std::string& params) {
    EXPECT_EQ(method, "getblockhash");
    const int height = std::stoi(params.substr(1));
    return height <= 2004 ? quoted(txid_of(static_cast<std::uint64_t>(height)).display())
                          : std::string("!-8 Block height out of range");
  });
  const auto hashes = node.calls.block_hashes(2, 5000);
  ASSERT_TRUE(hashes.ok()) << hashes.error().message;
  ASSERT_EQ(hashes.value().size(), 2003u);
  EXPECT_EQ(hashes.value().back().display(), txid_of(2004).display());
  EXPECT_EQ(node.requests(), 2u);
  EXPECT_EQ(node.calls.block_hash(7).value().display(), txid_of(7).display());
  expect_error(node.calls.block_hash(2005), ErrorKind::not_found, "height 2005");
}

TEST(NodeCalls, headers_and_blocks_are_checked_to_have_their_hash) {
  for (const std::string_view coin : {"Radiant", "Bitcoin"}) {
    const chain::Network& network = *chain::find_network(coin, "regtest");
    const std::string header(network.genesis_header_hex);
    const BlockHash hash = *BlockHash::from_display(network.genesis_hash);
    Node node(
        [&](const std::string& method, const std::string& params) {
          EXPECT_EQ(params, "[\"" + hash.display() + "\",false]");
          return quoted(method == "getblock" ? header + "01aabb" : header);
        },
        coin);
    const auto headers = node.calls.headers(std::vector<BlockHash>{hash, hash});
    ASSERT_TRUE(headers.ok()) << headers.error().message;
    EXPECT_EQ(to_hex(headers.value()), header + header);
    const auto block = node.calls.block_raw(hash);
    ASSERT_TRUE(block.ok()) << block.error().message;
    EXPECT_EQ(to_hex(block.value()), header + "01aabb");
    EXPECT_TRUE(node.calls.headers({}).value().empty());
  }
  const BlockHash other = *BlockHash::from_display(best);
  for (const std::string answer : {"\"\"", "\"zz\"", "7", "\"00\""}) {
    Node node = node_saying(answer);
    expect_error(node.calls.block_raw(other), ErrorKind::corrupt, "is not block " + best);
    expect_error(node.calls.headers(std::vector{other}), ErrorKind::corrupt, "is not the header of " + best);
  }
  Node lacks = node_saying("!-5 Block not found");
  expect_error(lacks.calls.block_raw(other), ErrorKind::not_found, "error -5: Block not found");
  expect_error(lacks.calls.headers(std::vector{other}), ErrorKind::not_found, "Block not found");
  expect_error(node_saying("!-1 Block not found").calls.block_raw(other), ErrorKind::not_found, "Block not found");
  expect_error(node_saying("!-1 Disk on fire").calls.block_raw(other), ErrorKind::io, "Disk on fire");
  Node pruned = node_saying("!-1 Block not available (pruned data)");
  expect_error(pruned.calls.block_raw(other), ErrorKind::unsupported, "pruned data");
}

TEST(NodeCalls, the_chain_is_that_of_the_network) {
  const std::string genesis(chain::find_network("Radiant", "regtest")->genesis_hash);
  Node right = node_saying(quoted(genesis));
  ChainInfo info;
  info.chain = "regtest";
  EXPECT_TRUE(right.calls.check_chain(info).ok());
  info.chain = "main";
  expect_error(right.calls.check_chain(info), ErrorKind::unsupported, "is on chain \"main\"");
  Node wrong = node_saying(quoted(best));
  expect_error(wrong.calls.check_chain(info), ErrorKind::unsupported, "genesis block is " + best);
}

TEST(NodeCalls, mempool_txids) {
  std::string list = "[ ";
  std::vector<Txid> expected;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    expected.push_back(txid_of(i));
    list += (i == 0 ? "" : i % 3 == 0 ? " ,\n " : ",") + quoted(expected.back().display());
  }
  Node node = node_saying(list + "\n]");
  const auto txids = node.calls.mempool_txids();
  ASSERT_TRUE(txids.ok()) << txids.error().message;
  EXPECT_EQ(txids.value(), expected);
  EXPECT_TRUE(node_saying("[]").calls.mempool_txids().value().empty());
  for (const std::string& answer :
       {std::string("{}"), std::string("[5]"), "[" + quoted(best.substr(1)) + "]", "[" + quoted(best + "a") + "]",
        "[" + quoted(best) + ",[]]", "[" + quoted("g" + best.substr(1)) + "]", std::string("null")}) {
    Node refused = node_saying(answer);
    expect_error(refused.calls.mempool_txids(), ErrorKind::corrupt, "list of txids");
  }
}

TEST(NodeCalls, transactions_in_batches_with_gaps_where_the_mempool_moved_on) {
  std::vector<Txid> txids;
  for (std::uint64_t i = 0; i < 450; ++i) txids.push_back(txid_of(i));
  Node node([&](const std::string& method, const std::string& params) {
    EXPECT_EQ(method, "getrawtransaction");
    const std::string id = params.substr(2, 64);
    EXPECT_EQ(params.substr(66), "\",false]");
    if (id == txids[3].display() || id == txids[449].display())
      return std::string("!-5 No such mempool or blockchain transaction.");
    return quoted(id.substr(0, 10));
  });
  const auto raw = node.calls.transactions(txids);
  ASSERT_TRUE(raw.ok()) << raw.error().message;
  ASSERT_EQ(raw.value().size(), txids.size());
  for (std::size_t i = 0; i < txids.size(); ++i) {
    ASSERT_EQ(raw.value()[i].has_value(), i != 3 && i != 449) << i;
    if (!raw.value()[i]) continue;
    EXPECT_EQ(to_hex(*raw.value()[i]), txids[i].display().substr(0, 10));
  }
  EXPECT_EQ(node.requests(), 3u);
  EXPECT_FALSE(node_saying("!-1 Transaction not found.").calls.transactions(txids).value()[7]) << "bcoin's way";
  Node odd = node_saying("\"abc\"");
  expect_error(odd.calls.transactions(txids), ErrorKind::corrupt, "no hex for " + txids[0].display());
  Node failing = node_saying("!-32603 internal");
  expect_error(failing.calls.transactions(txids), ErrorKind::io, "error -32603: internal");
}

/// Eight transactions of 30,000 bytes: two batches of four are within the bound, one of eight is not.
TEST(NodeCalls, transactions_too_large_together_are_asked_for_in_smaller_batches) {
  std::vector<Txid> txids;
  for (std::uint64_t i = 0; i < 8; ++i) txids.push_back(txid_of(i));
  std::size_t digits = Node::answer_bytes_max / 7;
  Node node([&](const std::string&, const std::string& params) {
    return quoted(params.substr(2, 2) + std::string(digits / 2 * 2, '0'));
  });
  const auto raw = node.calls.transactions(txids);
  ASSERT_TRUE(raw.ok()) << raw.error().message;
  for (std::size_t i = 0; i < txids.size(); ++i)
    EXPECT_EQ(to_hex(Bytes(*raw.value()[i]).first(1)), txids[i].display().substr(0, 2));
  EXPECT_EQ(node.requests(), 3u);
  digits = Node::answer_bytes_max;
  expect_error(node.calls.transactions(txids), ErrorKind::limit, "exceeds its bound");
}

TEST(NodeCalls, zmq_sources) {
  Node node = node_saying("[]");
  EXPECT_TRUE(node.calls.zmq_sources().value().empty());
  EXPECT_TRUE(node_saying("!-32601 Method not found").calls.zmq_sources().value().empty());
  expect_error(node_saying("!-1 broken").calls.zmq_sources(), ErrorKind::io, "getzmqnotifications");
}

TEST(NodeCalls, broadcast_hands_on_what_the_node_says) {
  Node takes([](const std::string& method, const std::string& params) {
    EXPECT_EQ(method + params, "sendrawtransaction[\"00\\\"ff\"]");
    return quoted(best);
  });
  EXPECT_EQ(std::get<Txid>(takes.calls.broadcast("00\"ff").value()).display(), best);
  Node rejects = node_saying("!-26 dust, tx with dust output must be 0-fee (code 64)");
  EXPECT_EQ(std::get<NodeError>(rejects.calls.broadcast("00").value()),
            (NodeError{-26, "dust, tx with dust output must be 0-fee (code 64)"}));
  expect_error(node_saying("\"00\"").calls.broadcast("00"), ErrorKind::corrupt, "is no txid");
}

TEST(NodeCalls, packages_and_verbose_transactions_are_passed_on_byte_for_byte) {
  const std::string result = R"({ "txid" : "00", "size":1.50e2 ,"vin":[ ] })";
  Node node([&](const std::string& method, const std::string& params) {
    const bool is_package = method == "submitpackage" || method == "testmempoolaccept";
    EXPECT_EQ(params, is_package ? R"([["00","ff"]])" : "[\"" + best + "\",true]");
    return result;
  });
  const std::vector<std::string> package{"00", "ff"};
  EXPECT_EQ(std::get<std::string>(node.calls.broadcast_package(package).value()), result);
  EXPECT_EQ(std::get<std::string>(node.calls.test_accept(package).value()), result);
  EXPECT_EQ(std::get<std::string>(node.calls.verbose_transaction(*Txid::from_display(best)).value()), result);
  Node lacks = node_saying("!-32601 Method not found");
  EXPECT_EQ(std::get<NodeError>(lacks.calls.broadcast_package(package).value()).code, code_no_method);
}

TEST(NodeCalls, network_and_mempool_info) {
  Node network =
      node_saying(R"({"version":2000000,"subversion":"\/Radiant:2.0.0\/","relayfee":0.10000000,"networks":[]})");
  const auto info = network.calls.network_info();
  ASSERT_TRUE(info.ok()) << info.error().message;
  EXPECT_EQ(info.value().version, 2000000u);
  EXPECT_EQ(info.value().subversion, "/Radiant:2.0.0/");
  EXPECT_EQ(info.value().relay_fee, "0.10000000");
  EXPECT_EQ(node_saying(R"({"version":"v1.0.2","relayfee":1e-5})").calls.network_info().value().version, 0u);
  expect_error(node_saying(R"({"version":1,"relayfee":"x"})").calls.network_info(), ErrorKind::corrupt, "relayfee");
  Node mempool = node_saying(R"({"size":3,"bytes":700,"mempoolminfee":0.01,"minrelaytxfee":1e-8,"loaded":true})");
  const auto pool = mempool.calls.mempool_info();
  ASSERT_TRUE(pool.ok()) << pool.error().message;
  EXPECT_EQ(pool.value().count, 3u);
  EXPECT_EQ(pool.value().bytes, 700u);
  EXPECT_EQ(pool.value().mempool_min_fee, "0.01");
  EXPECT_EQ(pool.value().min_relay_fee, "1e-8");
  EXPECT_EQ(pool.value().incremental_relay_fee, "");
  EXPECT_EQ(pool.value().unbroadcast_count, "");
  EXPECT_EQ(pool.value().full_rbf, "");
  Node core = node_saying(R"({"size":3,"incrementalrelayfee":0.00001,"unbroadcastcount":2,"fullrbf":true})");
  const auto more = core.calls.mempool_info();
  ASSERT_TRUE(more.ok()) << more.error().message;
  EXPECT_EQ(more.value().incremental_relay_fee, "0.00001");
  EXPECT_EQ(more.value().unbroadcast_count, "2");
  EXPECT_EQ(more.value().full_rbf, "true");
  const auto odd = node_saying(R"({"size":3,"unbroadcastcount":"2","fullrbf":"x"})").calls.mempool_info();
  EXPECT_EQ(odd.value().unbroadcast_count + odd.value().full_rbf, "") << "what is no number or flag is not handed on";
  expect_error(node_saying("{}").calls.mempool_info(), ErrorKind::corrupt, "lacks size");
}

TEST(NodeCalls, fees_are_asked_for_as_each_node_has_it) {
  Node radiant([](const std::string& method, const std::string& params) {
    EXPECT_EQ(method + params, "estimatefee[]");
    return std::string("0.10000000");
  });
  EXPECT_EQ(radiant.calls.estimate_fee(6).value(), Passed("0.10000000"));
  EXPECT_EQ(node_saying("-1").calls.estimate_fee(6).value(), Passed("-1"));
  expect_error(node_saying("{}").calls.estimate_fee(6), ErrorKind::corrupt, "is no number");
  EXPECT_EQ(node_saying("!-32601 Method not found").calls.estimate_fee(6).value(),
            Passed(NodeError{code_no_method, "Method not found"}));
  std::string expected = "[6]";
  Node bitcoin(
      [&](const std::string& method, const std::string& params) {
        EXPECT_EQ(method + params, "estimatesmartfee" + expected);
        return std::string(R"({"feerate":0.00012,"blocks":6})");
      },
      "Bitcoin");
  EXPECT_EQ(bitcoin.calls.estimate_fee(6).value(), Passed("0.00012"));
  expected = R"([6,"ECONOMICAL"])";
  EXPECT_EQ(bitcoin.calls.estimate_fee(6, "ECONOMICAL").value(), Passed("0.00012"));
  Node bcoin([](const std::string&, const std::string&) { return std::string(R"({"fee":-1,"blocks":6})"); }, "Bitcoin");
  EXPECT_EQ(bcoin.calls.estimate_fee(6).value(), Passed("-1"));
  Node unknowing(
      [](const std::string&, const std::string&) { return std::string(R"({"errors":["none"],"blocks":2})"); },
      "Bitcoin");
  EXPECT_EQ(unknowing.calls.estimate_fee(2).value(), Passed("-1"));
  std::string refusal = "!-32603 Fee estimation disabled";
  Node refusing([&](const std::string&, const std::string&) { return refusal; }, "Bitcoin");
  EXPECT_EQ(refusing.calls.estimate_fee(25).value(), Passed("-1"));
  refusal = "!-8 Invalid conf_target, must be between 1 and 1008";
  EXPECT_EQ(refusing.calls.estimate_fee(0).value(),
            Passed(NodeError{-8, "Invalid conf_target, must be between 1 and 1008"}));
}

}  // namespace
}  // namespace sluice::node
