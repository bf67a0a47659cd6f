// The conversation with a peer over a scripted line: what makes it good, bad or unreachable, and when it is asked to
// list us.
#include "peers/verification.h"

#include <gtest/gtest.h>

#include <map>

#include "base/hex.h"
#include "fake_view.h"

namespace sluice::peers {
namespace {

/// Answers by method; what is missing fails as a line that broke.
class ScriptedLine final : public PeerLine {
 public:
  Result<serve::JsonValue> ask(std::string_view method, std::string_view params) override {
    asked += std::string(method) + std::string(params) + "\n";
    if (method == refused) return Error{ErrorKind::unsupported, "it answers with an error"};
    const auto answer = answers.find(method);
    if (answer == answers.end()) return Error{ErrorKind::io, "it closed the connection"};
    EXPECT_EQ(document_.parse(answer->second), serve::JsonErrc::ok) << answer->second;
    return document_.root();
  }
  std::map<std::string, std::string, std::less<>> answers;
  std::string asked;
  std::string refused;  ///< this method is answered with an error

 private:
  serve::JsonDocument document_;
};

class Verification : public testing::Test {
 protected:
  Verification() : view(chain::Coin::radiant, std::vector<std::uint32_t>(11, 0)) {
    ours.network = chain::find_network("Radiant", "regtest");
    ours.view = &view;
    ours.software = "sluice";
    ours.protocols = R"(["1.4","1.6"])";
    ours.hosts = {"me.org"};
    line.answers = {{"server.version", R"(["ElectrumX 1.4.1","1.4.2"])"},
                    {"blockchain.headers.subscribe", R"({"hex":"","height":10})"},
                    {"blockchain.block.header", header_at(10)},
                    {"server.features", features(std::string(ours.network->genesis_hash), "peer.org")},
                    {"server.peers.subscribe", R"([["8.8.8.8","other.org",["v1.4","t"]]])"},
                    {"server.add_peer", "true"}};
  }
  [[nodiscard]] std::string header_at(std::uint32_t height) const {
    return "\"" + to_hex(view.header(height).value()) + "\"";
  }
  static std::string features(const std::string& genesis, const std::string& host) {
    return R"({"hosts":{")" + host + R"(":{"tcp_port":1,"ssl_port":2}},"genesis_hash":")" + genesis +
           R"(","protocol_min":"1.4","protocol_max":"1.4.2","pruning":null})";
  }
  Result<VerifyResult> run() { return verify({"peer.org", {1, 0}, "1.4", std::nullopt}, ours, line); }
  void expect_bad(const char* why) {
    const auto result = run();
    ASSERT_FALSE(result.ok()) << why;
    EXPECT_EQ(result.error().kind, ErrorKind::corrupt);
    EXPECT_NE(result.error().message.find(why), std::string::npos) << result.error().message;
  }

  serve::test::FakeView view;
  OurSide ours;
  ScriptedLine line;
};

TEST_F(Verification, AGoodPeer) {
  const auto result = run();
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result.value().verified.ports, (Ports{1, 2}));
  EXPECT_EQ(result.value().verified.protocol_max, "1.4.2");
  EXPECT_EQ(result.value().verified.server_version, "ElectrumX 1.4.1");
  ASSERT_EQ(result.value().peers.size(), 1u);
  EXPECT_EQ(result.value().peers[0].host, "other.org");
  EXPECT_EQ(
      line.asked,
      "server.version[\"sluice\",[\"1.4\",\"1.6\"]]\nblockchain.headers.subscribe[]\nblockchain.block.header[10]\n"
      "server.features[]\nserver.peers.subscribe[]\n");
}

TEST_F(Verification, HeightsMayBeFiveApart) {
  for (const auto& [height, common] : {std::pair{5, 5}, {15, 10}}) {
    line.answers["blockchain.headers.subscribe"] = "{\"height\":" + std::to_string(height) + "}";
    line.answers["blockchain.block.header"] = header_at(static_cast<std::uint32_t>(common));
    EXPECT_TRUE(run().ok()) << height;
  }
  line.answers["blockchain.headers.subscribe"] = R"({"height":4})";
  expect_bad("its height is 4, ours 10");
  line.answers["blockchain.headers.subscribe"] = R"({"height":16})";
  expect_bad("its height is 16, ours 10");
}

TEST_F(Verification, AnotherChainIsBad) {
  line.answers["blockchain.block.header"] = header_at(9);
  expect_bad("its block 10 is another one");
  line.answers["blockchain.block.header"] = "5";
  expect_bad("its block 10 is another one");
  line.answers["blockchain.block.header"] = header_at(10);
  line.answers["server.features"] = features(std::string(64, '0'), "peer.org");
  expect_bad("another genesis");
}

TEST_F(Verification, AStrangersNameIsBad) {
  line.answers["server.features"] = features(std::string(ours.network->genesis_hash), "victim.org");
  expect_bad("does not list itself");
}

TEST_F(Verification, AnswersOfOtherTypesAreBad) {
  for (const char* method : {"blockchain.headers.subscribe", "server.features", "server.peers.subscribe"}) {
    const std::string kept = line.answers[method];
    line.answers[method] = "7";
    const auto result = run();
    ASSERT_FALSE(result.ok()) << method;
    EXPECT_EQ(result.error().kind, ErrorKind::corrupt) << method;
    line.answers[method] = kept;
  }
}

TEST_F(Verification, ABrokenLineIsNoBadPeer) {
  for (const char* method : {"server.version", "blockchain.headers.subscribe", "blockchain.block.header",
                             "server.features", "server.peers.subscribe"}) {
    const auto kept = line.answers;
    line.answers.erase(method);
    const auto result = run();
    ASSERT_FALSE(result.ok()) << method;
    EXPECT_EQ(result.error().kind, ErrorKind::io) << method;
    line.answers = kept;
  }
  line.refused = "server.features";
  EXPECT_EQ(run().error().kind, ErrorKind::unsupported) << "nor is a busy one";
  line.refused.clear();
  view.broken = true;
  EXPECT_EQ(run().error().kind, ErrorKind::io) << "our own trouble is not the peer's";
}

TEST_F(Verification, WhoDoesNotListUsIsTold) {
  ours.announcement = R"({"hosts":{"me.org":{"tcp_port":5}}})";
  const auto told = run();
  ASSERT_TRUE(told.ok());
  EXPECT_TRUE(told.value().was_told);
  EXPECT_TRUE(line.asked.ends_with("server.add_peer[{\"hosts\":{\"me.org\":{\"tcp_port\":5}}}]\n"));
  line.answers["server.add_peer"] = "false";
  EXPECT_FALSE(run().value().was_told);
  line.answers.erase("server.add_peer");
  EXPECT_TRUE(run().ok()) << "it need not answer that";
  line.asked.clear();
  line.answers["server.peers.subscribe"] = R"([["8.8.8.8","ME.org",["v1.4","t"]]])";
  const auto listed = run();
  ASSERT_TRUE(listed.ok());
  EXPECT_TRUE(listed.value().peers.empty()) << "we are no peer of ours";
  EXPECT_EQ(line.asked.find("add_peer"), std::string::npos);
}

}  // namespace
}  // namespace sluice::peers
