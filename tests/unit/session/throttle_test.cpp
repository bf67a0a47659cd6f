// What costs lead to, by a hand-driven clock: waiting, -101 and the end, -102, groups, refunds, blocked addresses.
#include <gtest/gtest.h>

#include "chain/coin.h"
#include "session/session.h"

namespace sluice::session {
namespace {

constexpr std::uint64_t start_ms = 10'000'000;

/// Asks the node and never hears of it.
class SilentNode final : public serve::NodeGate {
 public:
  std::shared_ptr<const serve::NodeAnswer> ask(serve::NodeQuestion) override {
    ++questions;
    return answer;
  }
  std::shared_ptr<serve::NodeAnswer> answer = std::make_shared<serve::NodeAnswer>();
  int questions = 0;
};

class ThrottleTest : public ::testing::Test {
 protected:
  ThrottleTest() {
    options_.network = chain::find_network("Radiant", "regtest");
    context_.options = &options_;
    context_.node = &node_;
  }
  SessionStep step(Session& session) { return session.step(context_, document_, out_, now_ms_); }
  /// Answers until nothing is left or a time is waited for.
  std::string all(Session& session, std::string_view bytes = "") {
    out_.clear();
    session.receive(bytes);
    last_ = SessionStep::answered;
    while (last_ == SessionStep::answered || last_ == SessionStep::answering) last_ = step(session);
    return out_;
  }
  std::unique_ptr<Session> open(const CostPlaces& places) {
    return std::make_unique<Session>(limits_, "", costs_.open(places, serve::CostTable::connection, now_ms_));
  }
  [[nodiscard]] const LimitCounters& counters() { return costs_.counters(); }

  static constexpr std::string_view ping = "{\"id\":1,\"method\":\"server.ping\"}\n";
  static constexpr std::string_view pong = "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}\n";
  static constexpr std::string_view wrong = "{\"id\":1,\"method\":\"no.such\"}\n";  // costs 100
  static constexpr std::string_view excessive =
      "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-101,\"message\":\"excessive resource usage\"},\"id\":1}\n";

  serve::ServeOptions options_;
  serve::ServerContext context_;
  serve::JsonDocument document_;
  SilentNode node_;
  SessionLimits limits_;
  ClientCosts costs_{10'000, {.hard = 20'000, .decay_per_second = 5, .block_ms = 300'000, .state_ttl_ms = 3'600'000}};
  std::string out_;
  std::uint64_t now_ms_ = start_ms;
  SessionStep last_ = SessionStep::idle;
};

TEST_F(ThrottleTest, AnswersAtOnceBelowTheSoftLimit) {
  const auto session = open({});
  for (int i = 0; i < 9; ++i) EXPECT_NE(all(*session, wrong), "");
  EXPECT_EQ(all(*session, ping), pong);
  EXPECT_EQ(last_, SessionStep::idle);
  EXPECT_EQ(counters().delayed, 0u);
}

TEST_F(ThrottleTest, AnswersLaterAboveItAndInOrder) {
  const auto session = open({});
  for (int i = 0; i < 50; ++i) {
    (void)all(*session, wrong);
    if (last_ == SessionStep::waiting) break;
  }
  ASSERT_EQ(last_, SessionStep::waiting);
  const std::uint64_t due_ms = session->resume_at_ms();
  ASSERT_GT(due_ms, now_ms_);
  EXPECT_LE(due_ms - now_ms_, limits_.cost.request_sleep_ms);
  EXPECT_EQ(all(*session, ping), "") << "what arrives meanwhile waits behind";
  now_ms_ = due_ms - 1;
  EXPECT_EQ(all(*session), "");
  now_ms_ = due_ms;
  EXPECT_NE(all(*session).find("unknown method"), std::string::npos);
  EXPECT_EQ(last_, SessionStep::waiting) << "the next one waits for itself";
  now_ms_ = session->resume_at_ms();
  EXPECT_EQ(all(*session), pong);
  EXPECT_EQ(counters().delayed, 2u);
  EXPECT_GT(counters().delay_ms, 0u);
}

TEST_F(ThrottleTest, EndsTheSessionAtTheHardLimit) {
  const auto session = open({});
  std::string replies;
  for (int i = 0; i < 20 && last_ != SessionStep::finished; ++i) {
    replies = all(*session, "no JSON\n{\"id\":1,\"method\":\"server.ping\"}\n");
    while (last_ == SessionStep::waiting) {
      now_ms_ = session->resume_at_ms();
      replies = all(*session);
    }
  }
  EXPECT_EQ(last_, SessionStep::finished);
  EXPECT_TRUE(replies == excessive || replies.find("invalid JSON") != std::string::npos) << replies;
  EXPECT_EQ(all(*session, ping), "") << "nothing after the last reply";
  EXPECT_EQ(counters().excessive, 1u);
}

TEST_F(ThrottleTest, TheLastReplyHasTheRequestsId) {
  limits_.cost.hard = 1200;
  const auto session = open({});
  (void)all(*session, "no JSON\n");
  (void)all(*session, wrong);
  now_ms_ = std::max(now_ms_, session->resume_at_ms());
  (void)all(*session);
  EXPECT_EQ(all(*session, ping), excessive);
  EXPECT_EQ(last_, SessionStep::finished);
}

TEST_F(ThrottleTest, ABatchIsRefusedFromThePartOnThatIsTooMuch) {
  limits_.cost.soft = 100;
  limits_.cost.hard = 101;
  limits_.batch.items_max = 2;
  const auto session = open({});
  std::string line = "[";
  for (int i = 0; i < 6; ++i) line += (i > 0 ? "," : "") + std::string("{\"id\":1,\"method\":\"no.such\"}");
  const std::string reply = all(*session, line + "]\n");
  EXPECT_EQ(last_, SessionStep::finished);
  EXPECT_TRUE(reply.ends_with(std::string(excessive.substr(0, excessive.size() - 1)) + "]\n")) << reply;
  EXPECT_EQ(reply.find("excessive"), reply.rfind("excessive")) << "one item says it, the rest is dropped";
}

TEST_F(ThrottleTest, NoLimitWithHardZero) {
  limits_.cost.hard = 0;
  const auto session = open({});
  for (int i = 0; i < 100; ++i) {
    (void)all(*session, "no JSON\n");
    ASSERT_EQ(last_, SessionStep::idle);
  }
  EXPECT_EQ(all(*session, ping), pong);
}

TEST_F(ThrottleTest, TimeForgives) {
  const auto session = open({});
  (void)all(*session, "no JSON\n");
  const double before = session->state().cost;
  now_ms_ += 400'000;  // beyond the 300 seconds, at 1 a second
  EXPECT_EQ(all(*session, ping), pong);
  EXPECT_NEAR(session->state().cost, before - 400, 1);
}

TEST_F(ThrottleTest, ARequestThatTheNodeDoesNotAnswerIsTimedOut) {
  const auto session = open({});
  const std::string ask = "{\"id\":7,\"method\":\"blockchain.relayfee\"}\n";
  EXPECT_EQ(all(*session, ask + std::string(ping)), "");
  ASSERT_EQ(node_.questions, 1);
  EXPECT_EQ(session->resume_at_ms(), now_ms_ + 30'000);
  now_ms_ += 29'999;
  EXPECT_EQ(all(*session), "");
  now_ms_ += 1;
  const double before = session->state().cost;
  EXPECT_EQ(all(*session),
            "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-102,\"message\":\"server busy - request timed "
            "out\"},\"id\":7}\n" +
                std::string(pong));
  EXPECT_GT(session->state().cost, before + 60) << "an error, less what 30 seconds forgive";
  EXPECT_EQ(counters().timed_out, 1u);
  node_.answer->give(serve::NodeAnswer::Outcome::answered, 0, "1");  // too late for anybody
  EXPECT_FALSE(session->wants_step());
  EXPECT_EQ(all(*session, ping), pong);
}

TEST_F(ThrottleTest, AnAnswerInTimeIsTaken) {
  const auto session = open({});
  EXPECT_EQ(all(*session, "{\"id\":7,\"method\":\"blockchain.relayfee\"}\n"), "");
  node_.answer->give(serve::NodeAnswer::Outcome::answered, 0, "0.01");
  EXPECT_TRUE(session->wants_step());
  EXPECT_EQ(all(*session), "{\"jsonrpc\":\"2.0\",\"result\":0.01,\"id\":7}\n");
  EXPECT_EQ(counters().timed_out, 0u);
}

TEST_F(ThrottleTest, NeighboursPayForEachOtherAlsoAfterTheEnd) {
  const CostPlaces here{"203.0.113.5", "203.0.113.0/24"};
  auto spender = open(here);
  for (int i = 0; i < 5; ++i) {
    (void)all(*spender, "no JSON\n");
    now_ms_ = std::max(now_ms_, spender->resume_at_ms());
  }
  spender.reset();
  const auto neighbour = open({"203.0.113.9", "203.0.113.0/24"});
  const auto stranger = open({"198.51.100.1", "198.51.100.0/24"});
  (void)all(*neighbour, wrong);
  (void)all(*stranger, wrong);
  (void)all(*stranger, ping);
  EXPECT_EQ(last_, SessionStep::idle);
  (void)all(*neighbour, ping);
  EXPECT_EQ(last_, SessionStep::waiting) << "the subnet's cost counts in full";
  now_ms_ += 6'000'000;  // all is refunded, the groups are forgotten
  const auto later = open({"203.0.113.9", "203.0.113.0/24"});
  EXPECT_NEAR(later->state().cost, 5, 0.01);
  (void)all(*later, wrong);
  (void)all(*later, ping);
  EXPECT_EQ(last_, SessionStep::idle);
}

TEST_F(ThrottleTest, PlacesWithoutSessionsAreForgotten) {
  for (int i = 0; i < 1000; ++i) (void)open({"a" + std::to_string(i), "s" + std::to_string(i)});
  EXPECT_GE(costs_.places(), 2000u);
  now_ms_ += 4'000'000;
  const auto one = open({"a", "s"});
  EXPECT_EQ(costs_.places(), 3u) << "address, subnet and time slice of the one that is open";
  EXPECT_NEAR(costs_.total(), 5, 1e-6);
}

TEST_F(ThrottleTest, AnAddressIsBlockedForAWhile) {
  const CostPlaces here{"203.0.113.5", ""};
  for (int i = 0; i < 6; ++i) {
    const auto session = open(here);
    for (int line = 0; line < 8; ++line) {
      (void)all(*session, "no JSON\n");
      now_ms_ = std::max(now_ms_, session->resume_at_ms());
    }
  }
  const auto refused = open(here);
  const std::string reply = all(*refused, ping);
  EXPECT_NE(reply.find("\"code\":1,\"message\":\"this address used too much of the server: blocked for "),
            std::string::npos)
      << reply;
  EXPECT_EQ(last_, SessionStep::finished);
  EXPECT_GE(counters().blocked, 1u);
  now_ms_ += 301'000;
  const auto again = open(here);
  EXPECT_EQ(all(*again, ping), pong);
}

}  // namespace
}  // namespace sluice::session
