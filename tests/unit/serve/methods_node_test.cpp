// Methods that the node answers: what it is asked, and what clients are told of what it says.
#include <gtest/gtest.h>

#include "client.h"

namespace sluice::serve::test {
namespace {

/// Answers at once what the test has laid down.
class FakeNode final : public NodeGate {
 public:
  NodeAnswer::Outcome outcome = NodeAnswer::Outcome::answered;
  int code = 0;
  std::string text;
  NodeQuestion asked;

  std::shared_ptr<const NodeAnswer> ask(NodeQuestion question) override {
    asked = std::move(question);
    auto answer = std::make_shared<NodeAnswer>();
    answer->give(outcome, code, text);
    return answer;
  }
};

class NodeMethods : public ::testing::Test {
 protected:
  NodeMethods() { client.context.node = &node; }
  std::string package(const std::string& params) {
    return client.call("blockchain.transaction.broadcast_package", params);
  }

  FakeView view{chain::Coin::bitcoin, {0, 1}};
  FakeNode node;
  Client client{view, chain::Coin::bitcoin, "regtest", false};
};

TEST_F(NodeMethods, APackageIsTakenOrNot) {
  node.text = R"({"package_msg":"success","tx-results":{"ab":{"txid":"cd","vsize":5}},"replaced-transactions":[]})";
  EXPECT_EQ(package(R"([["00","FF"]])"), R"({"success":true})");
  EXPECT_EQ(node.asked.kind, NodeQuestion::Kind::broadcast_package);
  EXPECT_EQ(node.asked.package_hex, (std::vector<std::string>{"00", "FF"}));
  EXPECT_EQ(package(R"([["00"],true])"), node.text);
  EXPECT_EQ(package(R"({"raw_txs":["00"],"verbose":false})"), R"({"success":true})");
  node.text = R"({"package_msg":"transaction failed","tx-results":{"1":{"txid":"01","error":"missing-inputs"},)"
              R"("2":{"txid":"02"},"3":{"txid":"03","error":"a \"b\""}}})";
  EXPECT_EQ(package(R"([["00","01","02"]])"),
            R"({"success":false,"errors":[{"txid":"01","error":"missing-inputs"},{"txid":"03","error":"a \"b\""}]})");
}

TEST_F(NodeMethods, FeaturesSayWhetherPackagesAreTaken) {
  const auto features = [&] { return client.call("server.features", "[]"); };
  EXPECT_TRUE(features().find(",\"broadcast_package\":true,") != std::string::npos) << features();
  client.context.node = nullptr;
  EXPECT_TRUE(features().find(",\"broadcast_package\":false,") != std::string::npos) << features();
  Client radiant{view, chain::Coin::radiant, "regtest", false};
  radiant.context.node = &node;
  EXPECT_TRUE(radiant.call("server.features", "[]").find(",\"broadcast_package\":false,") != std::string::npos);
  client.options.parity = true;
  EXPECT_TRUE(features().ends_with(",\"services\":[]}")) << features();
}

TEST_F(NodeMethods, WhatTheNodeSaysAgainstAPackage) {
  node.outcome = NodeAnswer::Outcome::refused;
  node.code = -25;
  node.text = "package topology disallowed";
  EXPECT_EQ(package(R"([["00"]])"),
            error_text(1, "the tx package was rejected by network rules.\\n\\npackage topology disallowed."));
  node.outcome = NodeAnswer::Outcome::failed;
  node.text = "gone";
  EXPECT_EQ(package(R"([["00"]])"), error_text(2, "daemon error: DaemonError({'code': -1, 'message': 'gone'})"));
  node.outcome = NodeAnswer::Outcome::answered;
  for (const char* odd : {"", "{", "[]", "null"}) {
    node.text = odd;
    EXPECT_TRUE(package(R"([["00"]])").starts_with("{\"code\":2,")) << odd;
  }
  for (const char* odd : {"{}", R"({"tx-results":[]})", R"({"tx-results":{"a":1}})", R"({"package_msg":1})"}) {
    node.text = odd;
    EXPECT_EQ(package(R"([["00"]])"), R"({"success":false})") << odd;
  }
}

TEST_F(NodeMethods, OnlyListsOfHexAreSent) {
  node.asked.kind = NodeQuestion::Kind::relay_fee;
  EXPECT_EQ(package(R"(["00"])"), error_text(1, "00 should be a list"));
  EXPECT_EQ(package(R"([["00",5]])"), error_text(1, "5 should be a hex string"));
  EXPECT_EQ(package(R"([["0"]])"), error_text(1, "0 should be a hex string"));
  EXPECT_EQ(package(R"([["00"],3])"), error_text(1, "\\\"verbose\\\" must be a boolean"));
  std::string many = "[[\"00\"";
  for (int i = 0; i < 25; ++i) many += ",\"00\"";
  EXPECT_EQ(package(many + "]]"), error_text(1, "a package has at most 25 transactions"));
  EXPECT_EQ(node.asked.kind, NodeQuestion::Kind::relay_fee) << "the node was asked";
  client.context.node = nullptr;
  EXPECT_TRUE(package(R"([["00"]])").starts_with("{\"code\":2,"));
}

TEST_F(NodeMethods, WhetherTheNodeWouldTakeThem) {
  node.text = R"([{"txid":"00","allowed":false,"reject-reason":"missing-inputs"}])";
  EXPECT_EQ(client.call("blockchain.transaction.testmempoolaccept", R"([["0a"]])"), node.text);
  EXPECT_EQ(node.asked.kind, NodeQuestion::Kind::test_accept);
  EXPECT_EQ(node.asked.package_hex, (std::vector<std::string>{"0a"}));
  node.outcome = NodeAnswer::Outcome::refused;
  node.code = -22;
  node.text = "TX decode failed";
  EXPECT_EQ(client.call("blockchain.transaction.testmempoolaccept", R"([["0a"]])"),
            error_text(2, "daemon error: DaemonError({'code': -22, 'message': 'TX decode failed'})"));
}

TEST_F(NodeMethods, TheRepliesAreOneLineWhateverTheNodesLayout) {
  node.text =
      "{ \"package_msg\" : \"success\",\n \"tx-results\" : { \"1\" : { \"txid\" : [ 5 ],\n \"error\" : {\n} } } }";
  EXPECT_EQ(package(R"([["00"],true])"), R"({"package_msg":"success","tx-results":{"1":{"txid":[5],"error":{}}}})");
  EXPECT_EQ(package(R"([["00"]])"), R"({"success":true,"errors":[{"txid":[5],"error":{}}]})");
  EXPECT_EQ(client.call("blockchain.transaction.testmempoolaccept", R"([["00"]])"),
            R"({"package_msg":"success","tx-results":{"1":{"txid":[5],"error":{}}}})");
}

TEST_F(NodeMethods, ARefusedEstimateCarriesTheNodesCodeAndText) {
  node.outcome = NodeAnswer::Outcome::refused;
  node.code = -8;
  node.text = "Invalid conf_target, must be between 1 and 1008";
  EXPECT_EQ(client.call("blockchain.estimatefee", "[0]"),
            error_text(2,
                       "daemon error: DaemonError({'code': -8, 'message': 'Invalid conf_target, must be between 1 "
                       "and 1008'})"));
}

TEST_F(NodeMethods, WithParityPackagesAreUnknown) {
  client.options.parity = true;
  for (const std::string method : {"broadcast_package", "testmempoolaccept"})
    EXPECT_EQ(client.call("blockchain.transaction." + method, R"([["00"]])"),
              error_text(-32601, "unknown method \\\"blockchain.transaction." + method + "\\\""));
}

}  // namespace
}  // namespace sluice::serve::test
