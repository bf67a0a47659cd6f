// The progress line with a clock that the test moves.
#include "observe/progress.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::observe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Fixture {
  explicit Fixture(bool redraws)
      : line(
            "sync", ProgressStyle{.redraws = redraws}, [this](std::string_view piece) { pieces.emplace_back(piece); },
            seconds(1000)) {}
  std::vector<std::string> pieces;
  ProgressLine line;
};

constexpr Instant at(milliseconds since_start) { return seconds(1000) + since_start; }

TEST(Progress, plain_lines_come_every_few_seconds) {
  Fixture fixture(false);
  for (int tick = 0; tick <= 120; ++tick) {
    // 100 ms, 1 MB and 10 transactions a tick.
    const auto done = static_cast<std::uint64_t>(tick);
    fixture.line.update({done * 100, done * 1'000'000, 400'000'000, done * 10}, at(milliseconds(100 * tick)));
  }
  ASSERT_EQ(fixture.pieces.size(), 2u);
  EXPECT_EQ(fixture.pieces[0], "sync: height 5,000  12.5 %  10.0 MB/s  100 tx/s  ETA 0:35\n");
  EXPECT_EQ(fixture.pieces[1], "sync: height 10,000  25.0 %  10.0 MB/s  100 tx/s  ETA 0:30\n");
  fixture.line.finish({12'000, 400'000'000, 400'000'000, 1'200}, at(seconds(20)));
  ASSERT_EQ(fixture.pieces.size(), 3u);
  EXPECT_EQ(fixture.pieces[2], "sync: height 12,000  100.0 %  20.0 MB/s  60 tx/s  in 0:20\n");
  fixture.line.update({1, 1, 1, 1}, at(seconds(100)));
  fixture.line.finish({1, 1, 1, 1}, at(seconds(100)));
  EXPECT_EQ(fixture.pieces.size(), 3u);
}

TEST(Progress, a_terminal_is_redrawn_and_cleared) {
  Fixture fixture(true);
  fixture.line.update({0, 0, 100, 0}, at(milliseconds(0)));
  fixture.line.update({1, 10, 100, 1}, at(milliseconds(100)));  // too early
  fixture.line.update({2, 20, 100, 2}, at(milliseconds(200)));
  ASSERT_EQ(fixture.pieces.size(), 2u);
  for (const std::string& piece : fixture.pieces) {
    EXPECT_TRUE(piece.starts_with("\r\x1b[Ksync: height "));
    EXPECT_EQ(piece.find('\n'), std::string::npos);
  }
  fixture.line.clear();
  EXPECT_EQ(fixture.pieces.back(), "\r\x1b[K");
  fixture.line.clear();
  EXPECT_EQ(fixture.pieces.size(), 3u);
  fixture.line.finish({2, 100, 100, 2}, at(seconds(1)));
  EXPECT_EQ(fixture.pieces.back(), "\n");
}

TEST(Progress, a_resumed_run_counts_its_own_work_only) {
  Fixture fixture(false);
  fixture.line.update({500, 500'000'000, 1'000'000'000, 5'000}, at(seconds(0)));
  fixture.line.update({600, 510'000'000, 1'000'000'000, 6'000}, at(seconds(5)));
  ASSERT_EQ(fixture.pieces.size(), 1u);
  EXPECT_EQ(fixture.pieces[0], "sync: height 600  51.0 %  2.0 MB/s  200 tx/s  ETA 4:05\n");
}

TEST(Progress, rates_follow_what_happens_now) {
  Fixture fixture(false);
  for (int second = 0; second <= 60; ++second) {
    // Fast for half a minute, then standing still.
    const auto bytes = static_cast<std::uint64_t>(second < 30 ? second : 30) * 1'000'000;
    fixture.line.update({1, bytes, 100'000'000, 0}, at(seconds(second)));
  }
  EXPECT_EQ(fixture.pieces.front(), "sync: height 1  5.0 %  1.0 MB/s  0 tx/s  ETA 1:35\n");
  EXPECT_EQ(fixture.pieces.back(), "sync: height 1  30.0 %  0.0 MB/s  0 tx/s\n");
}

TEST(Progress, odd_figures_do_no_harm) {
  Fixture fixture(false);
  fixture.line.update({0, 0, 0, 0}, at(seconds(0)));
  fixture.line.update({7, 5, 0, 0}, at(seconds(5)));                   // total unknown
  fixture.line.update({7, 999'999, 1'000'000, 0}, at(seconds(10)));    // nearly done is not done
  fixture.line.update({7, 2'000'000, 1'000'000, 0}, at(seconds(15)));  // more than the total
  fixture.line.update({7, 1'000'000, ~0ull, 0}, at(seconds(20)));      // going back, endless
  fixture.line.update({7, 1'000'001, ~0ull, 0}, at(seconds(25)));
  ASSERT_EQ(fixture.pieces.size(), 5u);
  EXPECT_EQ(fixture.pieces[0], "sync: height 7  0.0 MB/s  0 tx/s\n");
  EXPECT_NE(fixture.pieces[1].find("  99.9 %"), std::string::npos);
  EXPECT_NE(fixture.pieces[2].find("  99.9 %"), std::string::npos);
  EXPECT_NE(fixture.pieces[2].find("  ETA 0:00"), std::string::npos);
}

TEST(Progress, numbers_and_times) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1000), "1,000");
  EXPECT_EQ(with_separators(18446744073709551615ull), "18,446,744,073,709,551,615");
  EXPECT_EQ(clock_time(seconds(42)), "0:42");
  EXPECT_EQ(clock_time(seconds(725)), "12:05");
  EXPECT_EQ(clock_time(seconds(11229)), "3:07:09");
}

}  // namespace
}  // namespace sluice::observe
