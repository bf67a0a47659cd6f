// Requests that wait for somebody else's answer: the reply comes whenever the answer does, also while the request is
// just about to wait, and what the client sent behind it is answered after it.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/random.h"
#include "client.h"
#include "session/session.h"

namespace sluice::session {
namespace {

/// A second thread answers everything as fast as it can.
class HastyGate final : public serve::NodeGate {
 public:
  HastyGate()
      : thread_([this] {
          while (!is_ended_.load()) {
            if (auto* answer = asked_.exchange(nullptr)) answer->give(serve::NodeAnswer::Outcome::answered, 0, "0.5");
            else std::this_thread::yield();
          }
        }) {}
  ~HastyGate() override {
    is_ended_ = true;
    thread_.join();
  }
  std::shared_ptr<const serve::NodeAnswer> ask(serve::NodeQuestion) override {
    auto answer = std::make_shared<serve::NodeAnswer>();
    asked_ = answer.get();
    // So that the answer comes at any moment of what follows.
    for (std::uint64_t left = random_.below(100); left > 0 && !is_ended_.load(); --left) {}
    return answer;
  }

 private:
  std::atomic<serve::NodeAnswer*> asked_{nullptr};
  std::atomic<bool> is_ended_{false};
  Random random_{1};
  std::thread thread_;
};

/// Answers when the test says so.
class PeersByHand final : public serve::PeerGate {
 public:
  void append_peers(std::string& reply, std::string_view client_address) override {
    reply.append("[\"").append(client_address).append("\"]");
  }
  std::shared_ptr<const serve::NodeAnswer> ask_add(const serve::JsonValue& features,
                                                   std::string_view address) override {
    asked = std::string(features.member("x").token()) + " " + std::string(address);
    return answer = std::make_shared<serve::NodeAnswer>();
  }
  void append_rows(std::string&) const override {}
  [[nodiscard]] serve::PeerCounts counts() const override { return {}; }
  Status add(std::string_view) override { return {}; }

  std::string asked;
  std::shared_ptr<serve::NodeAnswer> answer;
};

struct Waiting : testing::Test {
  Waiting() : view(chain::Coin::radiant, {0, 1}), client(view, chain::Coin::radiant, "regtest", false) {
    limits.cost.hard = 0;
  }
  SessionStep step(Session& session) { return session.step(client.context, client.document, out, 0); }

  serve::test::FakeView view;
  serve::test::Client client;
  SessionLimits limits;
  std::string out;
};

TEST_F(Waiting, AnAnswerIsTakenWheneverItComes) {
  HastyGate gate;
  client.context.node = &gate;
  Session session(limits);
  for (int id = 0; id < 5000; ++id) {
    const std::string number = std::to_string(id);
    out.clear();
    session.receive(R"({"id":)" + number + R"(,"method":"blockchain.relayfee","params":[]})" + "\n");
    while (out.empty()) {
      const SessionStep taken = step(session);
      ASSERT_NE(taken, SessionStep::idle) << "the request " << id << " was dropped";
      while (taken == SessionStep::waiting && !session.wants_step()) std::this_thread::yield();
    }
    ASSERT_EQ(out, R"({"jsonrpc":"2.0","result":0.5,"id":)" + number + "}\n");
  }
}

TEST_F(Waiting, AServerThatWantsToBeListedWaitsForTheVerdict) {
  PeersByHand peers;
  client.context.peers = &peers;
  Session session(limits, "8.8.8.8");
  session.receive(
      "{\"id\":1,\"method\":\"server.add_peer\",\"params\":[{\"x\":7}]}\n"
      "{\"id\":2,\"method\":\"server.peers.subscribe\",\"params\":[]}\n");
  EXPECT_EQ(step(session), SessionStep::waiting);
  EXPECT_EQ(peers.asked, "7 8.8.8.8");
  EXPECT_EQ(step(session), SessionStep::waiting);
  EXPECT_FALSE(session.wants_step());
  EXPECT_EQ(out, "");
  peers.answer->give(serve::NodeAnswer::Outcome::answered, 0, "true");
  EXPECT_TRUE(session.wants_step());
  EXPECT_EQ(step(session), SessionStep::answered);
  EXPECT_EQ(step(session), SessionStep::answered);
  EXPECT_EQ(
      out, "{\"jsonrpc\":\"2.0\",\"result\":true,\"id\":1}\n{\"jsonrpc\":\"2.0\",\"result\":[\"8.8.8.8\"],\"id\":2}\n");
}

}  // namespace
}  // namespace sluice::session
