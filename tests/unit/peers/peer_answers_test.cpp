// What peers answer, honest and hostile: counts, lengths, ports, hosts, wrong types.
#include "peers/peer_answers.h"

#include <gtest/gtest.h>

namespace sluice::peers {
namespace {

constexpr Ports usual{50001, 50002};

/// Keeps the document that an answer points into.
struct Answer {
  explicit Answer(const std::string& text) { EXPECT_EQ(document.parse(text), serve::JsonErrc::ok) << text; }
  serve::JsonDocument document;
  [[nodiscard]] serve::JsonValue root() const { return document.root(); }
};

TEST(PeerAnswers, FeaturesAreRead) {
  const Answer answer(R"({"hosts":{"Example.ORG":{"tcp_port":50010,"ssl_port":50012,"wss_port":1},)"
                      R"("x.onion":{"tcp_port":null,"ssl_port":5}},"pruning":100,"server_version":"ElectrumX 1.4.1",)"
                      R"("protocol_min":"1.4","protocol_max":"1.4.2","genesis_hash":"00ab","hash_function":"sha256"})");
  const auto features = read_features(answer.root());
  ASSERT_TRUE(features.ok());
  ASSERT_EQ(features.value().hosts.size(), 2u);
  EXPECT_EQ(features.value().hosts[0], (PeerName{"example.org", {50010, 50012}, "1.4.2", 100}));
  EXPECT_EQ(features.value().hosts[1].ports, (Ports{0, 5}));
  EXPECT_EQ(features.value().genesis_hash, "00ab");
  EXPECT_EQ(features.value().server_version, "ElectrumX 1.4.1");
  EXPECT_EQ(features.value().protocol_min, "1.4");
}

TEST(PeerAnswers, HostileFeaturesLeaveNothing) {
  for (const char* text :
       {"null", "[]", "1", "\"hosts\"", "{}", R"({"hosts":[]})", R"({"hosts":null})", R"({"hosts":"a.org"})"}) {
    const Answer answer(text);
    EXPECT_FALSE(read_features(answer.root()).ok()) << text;
  }
  for (const char* hosts :
       {R"("a.org":null)", R"("a.org":[])", R"("a.org":{})", R"("a.org":{"tcp_port":0})",
        R"("a.org":{"tcp_port":65536})", R"("a.org":{"tcp_port":-1})", R"("a.org":{"tcp_port":"5"})",
        R"("a.org":{"tcp_port":5.5})", R"("a.org":{"tcp_port":1e3})", R"("a.org":{"tcp_port":true})",
        R"("a.org":{"tcp_port":99999999999999999999})", R"("a b":{"tcp_port":5})", R"("":{"tcp_port":5})",
        R"("a\u0000b":{"tcp_port":5})", R"("a\ud800":{"tcp_port":5})", R"("../x":{"tcp_port":5})"}) {
    const Answer answer(std::string(R"({"hosts":{)") + hosts + "}}");
    const auto features = read_features(answer.root());
    ASSERT_TRUE(features.ok()) << hosts;
    EXPECT_TRUE(features.value().hosts.empty()) << hosts;
  }
}

TEST(PeerAnswers, FeaturesAreBounded) {
  std::string hosts;
  for (int i = 0; i < 100; ++i) hosts += (i == 0 ? "\"h" : ",\"h") + std::to_string(i) + R"(.org":{"tcp_port":1})";
  const Answer answer("{\"hosts\":{" + hosts + "},\"server_version\":\"" + std::string(100'000, 'x') +
                      R"(","genesis_hash":5,"protocol_min":"1.4\n","protocol_max":"1.4; rm","pruning":-1})");
  const auto features = read_features(answer.root());
  ASSERT_TRUE(features.ok());
  EXPECT_EQ(features.value().hosts.size(), hosts_read_max);
  EXPECT_EQ(features.value().hosts[0].protocol_max, "1.4") << "what is no version is passed over";
  EXPECT_EQ(features.value().hosts[0].pruning, std::nullopt);
  EXPECT_EQ(features.value().server_version + features.value().genesis_hash + features.value().protocol_min, "");
  const Answer escapes(R"({"hosts":{},"server_version":"a\u001b[2J\u0007b"})");
  EXPECT_EQ(read_features(escapes.root()).value().server_version, "a[2Jb");
}

TEST(PeerAnswers, PeersAreReadAndTheRestPassedOver) {
  const Answer answer(
      R"([["1.2.3.4","a.org",["v1.4.2","s50012","t"]], ["x"], null, 5, [], ["","",[]], ["a","b.org",["s70000"]],
                          ["a","c.org","s"], ["a",5,["s"]], ["a","d.org",[5,null,{"s":1},"t7"]], ["a","e.org",["v1.4"]],
                          ["a","f.org t9",["s"]], {"host":"g.org"}])");
  const auto peers = read_peers(answer.root(), usual);
  ASSERT_TRUE(peers.ok());
  ASSERT_EQ(peers.value().size(), 3u);
  EXPECT_EQ(peers.value()[0], (PeerName{"a.org", {50001, 50012}, "1.4.2", std::nullopt}));
  EXPECT_EQ(peers.value()[1].host, "d.org");
  EXPECT_EQ(peers.value()[1].ports, (Ports{7, 0}));
  const Answer wrong("{}");
  EXPECT_FALSE(read_peers(wrong.root(), usual).ok());
}

TEST(PeerAnswers, PeersAreBounded) {
  std::string list;
  for (unsigned i = 0; i < peers_read_max + 500; ++i)
    list += (i == 0 ? "[" : ",") + std::string(R"(["","h)") + std::to_string(i) + R"(.org",["t"]])";
  const Answer answer(list + "]");
  EXPECT_EQ(read_peers(answer.root(), usual).value().size(), peers_read_max);
  std::string details = R"([["","a.org",[)";
  for (int i = 0; i < 1000; ++i) details += R"("v1",)";
  const Answer many(details + R"("t"]]])");
  EXPECT_TRUE(read_peers(many.root(), usual).value().empty()) << "the port is behind what is looked at";
}

TEST(PeerAnswers, Heights) {
  const Answer good(R"({"hex":"00","height":4000000000})");
  EXPECT_EQ(read_height(good.root()).value(), 4'000'000'000u);
  for (const char* text :
       {"5", "{}", "[5]", R"({"height":-1})", R"({"height":"5"})", R"({"height":4294967296})", R"({"height":1.0})"}) {
    const Answer answer(text);
    EXPECT_FALSE(read_height(answer.root()).ok()) << text;
  }
}

}  // namespace
}  // namespace sluice::peers
