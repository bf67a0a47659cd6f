// Lines out of a stream however it is cut, the limit on lines, counters, and the cost formulas.
#include <gtest/gtest.h>

#include "base/random.h"
#include "chain/coin.h"
#include "session/session.h"

namespace sluice::session {
namespace {

std::vector<std::string> lines_of(LineBuffer& buffer) {
  std::vector<std::string> lines;
  for (std::string_view line; buffer.next(line);) lines.emplace_back(line);
  return lines;
}

TEST(LineBuffer, TakesLinesInPieces) {
  LineBuffer buffer(100);
  buffer.append("ab");
  EXPECT_TRUE(lines_of(buffer).empty());
  buffer.append("c\n\nde");
  EXPECT_EQ(lines_of(buffer), (std::vector<std::string>{"abc", ""}));
  buffer.append("f\r\n");
  EXPECT_EQ(lines_of(buffer), (std::vector<std::string>{"def\r"}));
  EXPECT_EQ(buffer.size(), 0u);
}

TEST(LineBuffer, DropsLongLinesUpToTheNextNewline) {
  LineBuffer buffer(5);
  buffer.append("12345\n123456\nok\n");
  EXPECT_EQ(lines_of(buffer), (std::vector<std::string>{"12345", "ok"}));
  buffer.append("1234567");
  EXPECT_TRUE(lines_of(buffer).empty());
  EXPECT_EQ(buffer.size(), 0u) << "the memory is given up at once";
  buffer.append("tail of it");
  buffer.append("and more\nnext\n");
  EXPECT_EQ(lines_of(buffer), (std::vector<std::string>{"next"}));
  EXPECT_EQ(buffer.dropped_lines(), 2u);
}

TEST(LineBuffer, CuttingElsewhereChangesNothing) {
  Random random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string stream(random.below(200), '\0');
    for (char& c : stream) c = random.below(6) == 0 ? '\n' : 'a';
    LineBuffer whole(7);
    whole.append(stream);
    const auto expected = lines_of(whole);
    LineBuffer cut(7);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random.below(9);
      cut.append(std::string_view(stream).substr(at, size));
      at += size;
      if (random.chance(0.7)) {
        for (auto& line : lines_of(cut)) lines.push_back(line);
      }
    }
    for (auto& line : lines_of(cut)) lines.push_back(line);
    ASSERT_EQ(lines, expected) << stream;
  }
}

TEST(LineBuffer, ALongLineInSmallPiecesIsLinear) {
  LineBuffer buffer(0);
  const std::string piece(1000, 'x');
  for (int i = 0; i < 20'000; ++i) {
    buffer.append(piece);
    std::string_view line;
    ASSERT_FALSE(buffer.next(line));
  }
  buffer.append("\n");
  std::string_view line;
  ASSERT_TRUE(buffer.next(line));
  EXPECT_EQ(line.size(), 20'000'000u);
}

TEST(CostModel, Formulas) {
  const CostLimits limits;
  EXPECT_DOUBLE_EQ(bandwidth_cost(limits, 5000), 1.0);
  EXPECT_DOUBLE_EQ(throttle_fraction(limits, 0), 0);
  EXPECT_DOUBLE_EQ(throttle_fraction(limits, 1000), 0);
  EXPECT_DOUBLE_EQ(throttle_fraction(limits, 5500), 0.5);
  EXPECT_DOUBLE_EQ(throttle_fraction(limits, 10'000), 1);
  EXPECT_EQ(allowed_concurrency(limits, 0), 10u);
  EXPECT_EQ(allowed_concurrency(limits, 1001), 10u);
  EXPECT_EQ(allowed_concurrency(limits, 5500), 5u);
  EXPECT_EQ(allowed_concurrency(limits, 9999), 1u);
  EXPECT_EQ(allowed_concurrency(limits, 10'000), 0u);
  EXPECT_EQ(allowed_concurrency(limits, 1e9), 0u);
  EXPECT_EQ(added_delay_ms(limits, 5500), 1250u);
  EXPECT_EQ(added_delay_ms(limits, 1e9), 2500u);
  EXPECT_DOUBLE_EQ(decayed(limits, 100, 10, 0), 90);
  EXPECT_DOUBLE_EQ(decayed(limits, 100, 10, 2000), 95);
  EXPECT_DOUBLE_EQ(decayed(limits, 5, 10, 0), 0);
  EXPECT_TRUE(needs_recompute(0, 101));
  EXPECT_TRUE(needs_recompute(500, 100));
  EXPECT_FALSE(needs_recompute(0, 100));
}

TEST(CostModel, NoLimitWithoutARange) {
  CostLimits limits;
  limits.hard = 0;
  EXPECT_EQ(allowed_concurrency(limits, 1e9), 10u);
  limits.hard = limits.soft;
  EXPECT_EQ(allowed_concurrency(limits, 1e9), 10u);
}

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    options_.network = chain::find_network("Radiant", "regtest");
    context_.options = &options_;
  }
  std::string all(Session& session, std::string_view bytes) {
    std::string out;
    session.receive(bytes);
    while (true) {
      const SessionStep step = session.step(context_, document_, out, now_ms_);
      if (step == SessionStep::idle || step == SessionStep::finished) break;
    }
    return out;
  }

  serve::ServeOptions options_;
  serve::ServerContext context_;
  serve::JsonDocument document_;
  SessionLimits limits_;
  std::uint64_t now_ms_ = 1'000'000;
};

TEST_F(SessionTest, AnswersAndCounts) {
  Session session(limits_);
  const std::string request = "{\"id\":1,\"method\":\"server.ping\"}\n";
  const std::string reply = all(session, request + "{\"method\":\"server.ping\"}\n" + request);
  EXPECT_EQ(reply, "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}\n{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}\n");
  EXPECT_EQ(session.traffic().receive_lines, 3u);
  EXPECT_EQ(session.traffic().send_lines, 2u);
  EXPECT_EQ(session.traffic().send_bytes, reply.size());
  const double bytes = static_cast<double>(session.traffic().receive_bytes + session.traffic().send_bytes);
  EXPECT_NEAR(session.state().cost, 5.0 + 0.2 + 100 + bytes / 5000, 1e-9);
}

TEST_F(SessionTest, StopsAfterTheLastReply) {
  Session session(limits_);
  std::string out;
  session.receive(
      "{\"id\":1,\"method\":\"server.version\",\"params\":[\"x\",\"0.1\"]}\n{\"id\":2,\"method\":\"server.ping\"}\n");
  EXPECT_EQ(session.step(context_, document_, out, now_ms_), SessionStep::finished);
  EXPECT_NE(out.find("unsupported protocol version: 0.1"), std::string::npos);
  const std::size_t size = out.size();
  EXPECT_EQ(session.step(context_, document_, out, now_ms_), SessionStep::idle);
  EXPECT_EQ(out.size(), size);
}

TEST_F(SessionTest, OversizeLinesAreSilent) {
  limits_.max_recv = 40;
  Session session(limits_);
  EXPECT_EQ(
      all(session,
          "{\"id\":1,\"method\":\"server.ping\",\"params\":[]         }\n{\"id\":2,\"method\":\"server.ping\"}\n"),
      "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":2}\n");
  EXPECT_EQ(session.dropped_lines(), 1u);
}

TEST_F(SessionTest, LinesBehindABatchWaitForItsEnd) {
  limits_.batch.items_max = 2;
  Session session(limits_);
  std::string out;
  const std::string ping = "{\"id\":1,\"method\":\"server.ping\"}";
  const std::string pong = "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}";
  session.receive("[" + ping + "," + ping + "," + ping + "," + ping + "," + ping + "]\n" + ping + "\n" + ping);
  EXPECT_EQ(session.step(context_, document_, out, now_ms_), SessionStep::answering);
  session.receive("\n");  // moves the buffer that the batch came from
  EXPECT_EQ(session.step(context_, document_, out, now_ms_), SessionStep::answering);
  EXPECT_EQ(out, "");
  EXPECT_EQ(session.step(context_, document_, out, now_ms_), SessionStep::answered);
  EXPECT_EQ(out, "[" + pong + ", " + pong + ", " + pong + ", " + pong + ", " + pong + "]\n");
  EXPECT_EQ(session.traffic().send_lines, 1u);
  out.clear();
  EXPECT_EQ(all(session, ""), pong + "\n" + pong + "\n");
  EXPECT_EQ(session.traffic().receive_lines, 3u);
  EXPECT_EQ(session.traffic().send_lines, 3u);
}

TEST_F(SessionTest, GoesAwayInTheMiddleOfABatch) {
  limits_.batch.items_max = 1;
  std::string out;
  auto session = std::make_unique<Session>(limits_);
  session->receive("[{\"id\":1,\"method\":\"server.ping\"},{\"id\":2,\"method\":\"server.ping\"}]\n");
  EXPECT_EQ(session->step(context_, document_, out, now_ms_), SessionStep::answering);
  session.reset();
  Session other(limits_);
  EXPECT_EQ(all(other, "{\"id\":3,\"method\":\"server.ping\"}\n"), "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":3}\n");
}

TEST_F(SessionTest, AnIdleSessionIsSmall) { EXPECT_LE(sizeof(Session), 576u); }

}  // namespace
}  // namespace sluice::session
