// What subscribers are told, when, and how often.
#include "serve/notifications.h"

#include <gtest/gtest.h>

#include "base/prefix.h"
#include "client.h"

namespace sluice::serve::test {
namespace {

constexpr std::string_view script_a = "aa11111111111111111111111111111111111111111111111111111111111111";
constexpr std::string_view script_b = "bb22222222222222222222222222222222222222222222222222222222222222";

ScriptHash scripthash(std::string_view text) { return *ScriptHash::from_display(text); }

Changes touching(std::string_view text) { return {false, false, {prefix_of(scripthash(text))}}; }

class Notifications : public testing::Test {
 protected:
  void subscribe(std::string_view script) {
    status_ = client_.call("blockchain.scripthash.subscribe", "[\"" + std::string(script) + "\"]");
  }
  /// All lines that are due now.
  std::vector<std::string> due() {
    std::vector<std::string> lines;
    for (;;) {
      std::string line;
      const Notified notified = write_notification(client_.session, client_.context, line);
      if (notified == Notified::nothing_left) return lines;
      EXPECT_EQ(line.empty(), notified == Notified::checked);
      if (!line.empty()) lines.push_back(line);
    }
  }

  FakeView view_{chain::Coin::radiant, {0, 1, 3}};
  FakeView longer_{chain::Coin::radiant, {0, 1, 3, 2}};
  Client client_{view_};
  std::string status_;
};

TEST_F(Notifications, TheTipIsToldToThoseWhoAsked) {
  EXPECT_FALSE(mark_notifications(client_.session, {true, true, {}}));
  EXPECT_TRUE(due().empty());
  const std::string tip = client_.call("blockchain.headers.subscribe", "[]");
  EXPECT_FALSE(mark_notifications(client_.session, {false, true, {}}));
  EXPECT_TRUE(mark_notifications(client_.session, {true, false, {}}));
  EXPECT_EQ(due(), std::vector{R"({"jsonrpc":"2.0","method":"blockchain.headers.subscribe","params":[)" + tip + "]}"});
  EXPECT_TRUE(due().empty());
}

TEST_F(Notifications, ManyChangesAreToldOnceAndAsTheyAreWhenWritten) {
  (void)client_.call("blockchain.headers.subscribe", "[]");
  subscribe(script_a);
  EXPECT_EQ(status_, "null");
  longer_.histories[scripthash(script_a)] = {{0, 1}};
  for (int i = 0; i < 100; ++i) {
    Changes changes = touching(script_a);
    changes.tip_changed = true;
    EXPECT_TRUE(mark_notifications(client_.session, changes));
  }
  EXPECT_EQ(client_.session.marked_scripts.size(), 1u);
  client_.context.view = &longer_;
  const auto lines = due();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("\"height\":3"), std::string::npos) << "headers come first, and are the newest";
  const std::string told = client_.call("blockchain.scripthash.subscribe", "[\"" + std::string(script_a) + "\"]");
  EXPECT_EQ(lines[1], R"({"jsonrpc":"2.0","method":"blockchain.scripthash.subscribe","params":[")" +
                          std::string(script_a) + "\"," + told + "]}");
}

TEST_F(Notifications, OnlyAChangedStatusIsTold) {
  subscribe(script_a);
  subscribe(script_b);
  view_.histories[scripthash(script_b)] = {{0, 1}};
  EXPECT_TRUE(mark_notifications(client_.session, touching(script_a)));
  EXPECT_TRUE(due().empty()) << "a is as it was, and b was not touched";
  EXPECT_TRUE(mark_notifications(client_.session, {false, true, {}}));
  EXPECT_EQ(due().size(), 1u);
  EXPECT_TRUE(mark_notifications(client_.session, {false, true, {}}));
  EXPECT_TRUE(due().empty());
  view_.histories.clear();
  EXPECT_TRUE(mark_notifications(client_.session, touching(script_b)));
  EXPECT_EQ(due(), std::vector{R"({"jsonrpc":"2.0","method":"blockchain.scripthash.subscribe","params":[")" +
                               std::string(script_b) + "\",null]}"});
}

TEST_F(Notifications, TheTextIsTheClientsOwn) {
  std::string upper(script_a);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  subscribe(upper);
  view_.histories[scripthash(script_a)] = {{0, 1}};
  EXPECT_TRUE(mark_notifications(client_.session, touching(script_a)));
  const auto lines = due();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(upper), std::string::npos);
}

TEST_F(Notifications, NothingIsToldAfterUnsubscribing) {
  subscribe(script_a);
  view_.histories[scripthash(script_a)] = {{0, 1}};
  EXPECT_TRUE(mark_notifications(client_.session, touching(script_a)));
  (void)client_.call("blockchain.scripthash.unsubscribe", "[\"" + std::string(script_a) + "\"]");
  EXPECT_TRUE(due().empty());
  EXPECT_FALSE(mark_notifications(client_.session, touching(script_a)));
}

TEST_F(Notifications, WhatCannotBeReadIsReportedAndNotTold) {
  (void)client_.call("blockchain.headers.subscribe", "[]");
  subscribe(script_a);
  std::vector<std::string> failures;
  client_.context.on_failure = [&](const Error& error) { failures.push_back(error.message); };
  view_.broken = true;
  Changes changes = touching(script_a);
  changes.tip_changed = true;
  EXPECT_TRUE(mark_notifications(client_.session, changes));
  EXPECT_TRUE(due().empty());
  EXPECT_EQ(failures.size(), 2u);
}

TEST_F(Notifications, TheOldDialectHasItsOwnForm) {
  (void)client_.line(R"({"jsonrpc":"1.0","method":"blockchain.headers.subscribe","params":[],"id":1})");
  EXPECT_TRUE(mark_notifications(client_.session, {true, false, {}}));
  const auto lines = due();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].starts_with(R"({"method":"blockchain.headers.subscribe","params":[{"hex":)")) << lines[0];
  EXPECT_TRUE(lines[0].ends_with("}],\"id\":null}")) << lines[0];
}

}  // namespace
}  // namespace sluice::serve::test
