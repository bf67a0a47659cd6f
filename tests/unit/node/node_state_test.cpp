// Every condition of the node is reached from what calls came to, told once, and left again.
#include "node/node_state.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "node/node_watch.h"
#include "observe/log.h"
#include "script_server.h"

namespace sluice::node {
namespace {

using enum NodeCondition;

constexpr std::string_view here = "a:1/";

ChainInfo info_of(bool is_initial_download, bool is_pruned) {
  ChainInfo info;
  info.blocks = 5;
  info.headers = 9;
  info.prune_height = 3;
  info.is_initial_download = is_initial_download;
  info.is_pruned = is_pruned;
  return info;
}

TEST(NodeState, each_failure_has_its_condition_and_an_answer_ends_it) {
  const std::vector<std::pair<Attempted, NodeCondition>> cases{{Attempted::unreachable, unreachable},
                                                               {Attempted::warming_up, warming_up},
                                                               {Attempted::refused, refusing},
                                                               {Attempted::bad_answer, confused}};
  NodeState state;
  EXPECT_EQ(state.snapshot().condition, unknown);
  EXPECT_TRUE(state.on_attempt(Attempted::answered, here, ""));
  for (const auto& [attempted, condition] : cases) {
    EXPECT_TRUE(state.on_attempt(attempted, here, "why"));
    EXPECT_EQ(state.snapshot().condition, condition);
    EXPECT_EQ(state.snapshot().detail, "why");
    EXPECT_FALSE(state.on_attempt(attempted, here, "why now"));
    EXPECT_EQ(state.snapshot().detail, "why now");
    EXPECT_TRUE(state.on_attempt(Attempted::answered, here, ""));
    EXPECT_EQ(state.snapshot().condition, reachable);
    EXPECT_EQ(state.snapshot().detail, "");
  }
  EXPECT_EQ(state.snapshot().changes, 1 + 2 * cases.size());
}

TEST(NodeState, one_late_answer_makes_no_slow_node) {
  NodeState state;
  EXPECT_TRUE(state.on_attempt(Attempted::answered, here, ""));
  EXPECT_FALSE(state.on_attempt(Attempted::slow, here, "late"));
  EXPECT_FALSE(state.on_attempt(Attempted::answered, here, ""));
  EXPECT_FALSE(state.on_attempt(Attempted::slow, here, "late"));
  EXPECT_TRUE(state.on_attempt(Attempted::slow, here, "late"));
  EXPECT_EQ(state.snapshot().condition, slow);
}

TEST(NodeState, what_the_chain_report_says_holds_until_the_next) {
  NodeState state;
  EXPECT_TRUE(state.on_attempt(Attempted::answered, here, ""));
  EXPECT_TRUE(state.on_chain(info_of(true, true), ""));
  EXPECT_EQ(state.snapshot().condition, syncing);
  EXPECT_EQ(state.snapshot().detail, "block 5 of 9");
  EXPECT_TRUE(state.on_chain(info_of(false, true), ""));
  EXPECT_EQ(state.snapshot().condition, pruned);
  EXPECT_TRUE(state.on_chain(info_of(false, true), "genesis"));
  EXPECT_EQ(state.snapshot().condition, wrong_chain);
  EXPECT_TRUE(state.on_attempt(Attempted::unreachable, here, "gone"));
  EXPECT_TRUE(state.on_attempt(Attempted::answered, here, ""));
  EXPECT_EQ(state.snapshot().condition, wrong_chain);
  EXPECT_EQ(state.snapshot().detail, "genesis");
  EXPECT_TRUE(state.on_chain(info_of(false, false), ""));
  EXPECT_EQ(state.snapshot().condition, reachable);
  ASSERT_TRUE(state.snapshot().chain);
  EXPECT_EQ(state.snapshot().chain->headers, 9u);
}

TEST(NodeState, another_node_is_judged_anew) {
  NodeState state;
  EXPECT_TRUE(state.on_chain(info_of(false, false), "genesis"));
  EXPECT_TRUE(state.on_attempt(Attempted::answered, "b:2/", ""));
  EXPECT_EQ(state.snapshot().condition, reachable);
  EXPECT_FALSE(state.snapshot().chain);
  EXPECT_EQ(state.snapshot().url, "b:2/");
}

TEST(NodeState, every_condition_has_a_name_of_its_own_and_a_line) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(pruned); ++i) names.insert(name_of(static_cast<NodeCondition>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(pruned) + 1);
  NodeState state;
  (void)state.on_attempt(Attempted::refused, here, "HTTP status 401");
  EXPECT_EQ(state.line(),
            "node a:1/ is refusing (HTTP status 401): check DAEMON_URL, DAEMON_COOKIE and the node's rpcallowip");
  (void)state.on_attempt(Attempted::answered, here, "");
  EXPECT_EQ(state.line(), "node a:1/ is reachable");
}

TEST(NodeWatch, a_restart_of_the_node_is_told_once_for_each_change) {
  std::atomic<int> request{0};
  test::ScriptServer server([&](const test::Request& asked) {
    const int now = request.fetch_add(1);
    return now == 1 || now == 2 ? test::error_of(asked, -28, "Loading block index...") : test::result_of(asked, "1");
  });
  std::vector<std::string> lines;
  observe::start_log(observe::Level::info, [&](std::string_view line) { lines.emplace_back(line); });
  std::vector<NodeCondition> told;
  NodeWatch watch([&](const NodeSnapshot& snapshot) { told.push_back(snapshot.condition); });
  RpcClient client(
      {.urls = {{.user = "u", .password = "p", .host = "127.0.0.1", .port = server.port()}}, .cookie_file = {}},
      watch.observer());
  ASSERT_TRUE(client.call({"x"}).ok());
  ASSERT_TRUE(client.call({"x"}).ok());
  watch.on_chain(info_of(false, false), Error{ErrorKind::unsupported, "another genesis"});
  watch.on_chain(info_of(false, false), Error{ErrorKind::stopped, "stopped"});
  EXPECT_EQ(watch.snapshot().condition, wrong_chain);
  watch.on_chain(info_of(false, false), {});
  observe::start_log(observe::Level::critical, [](std::string_view) {});
  EXPECT_EQ(told, (std::vector{reachable, warming_up, reachable, wrong_chain, reachable}));
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_NE(lines[1].find("is warming_up (Loading block index...): answers go on from the index"), std::string::npos)
      << lines[1];
  EXPECT_NE(lines[3].find("WARNING"), std::string::npos) << lines[3];
  EXPECT_EQ(watch.snapshot().changes, 5u);
}

}  // namespace
}  // namespace sluice::node
