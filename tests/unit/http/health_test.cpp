// The states of a server and what is said of each.
#include "http/health.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

HealthFacts at_the_tip() {
  HealthFacts facts;
  facts.is_listening = true;
  facts.node_is_good = true;
  facts.node = "reachable";
  facts.height = 100;
  facts.node_height = 100;
  return facts;
}

void expect(const HealthFacts& facts, HealthState state, std::string_view reason) {
  EXPECT_EQ(name_of(state_of(facts)), name_of(state));
  EXPECT_EQ(health_reply(facts).status, 200U);
  const HttpReply ready = readiness_reply(facts);
  EXPECT_EQ(ready.status, reason.empty() ? 200U : 503U);
  EXPECT_EQ(ready.content_type, "application/json");
  EXPECT_NE(ready.body.find("\"reason\": \"" + std::string(reason) + "\"\n"), std::string::npos) << ready.body;
  EXPECT_NE(ready.body.find(reason.empty() ? "\"ready\": true" : "\"ready\": false"), std::string::npos) << ready.body;
}

TEST(Health, AtTheNodesTipItServes) {
  HealthFacts facts = at_the_tip();
  expect(facts, HealthState::serving, "");
  EXPECT_EQ(
      health_reply(facts).body,
      "{\n  \"state\": \"serving\",\n  \"node\": \"reachable\",\n  \"height\": 100,\n  \"node_height\": 100\n}\n");
  facts.node_height = 101;  // on its way
  expect(facts, HealthState::serving, "");
  facts.node_height = 99;  // the node had a reorg
  expect(facts, HealthState::serving, "");
}

TEST(Health, TwoBlocksLessIsBehind) {
  HealthFacts facts = at_the_tip();
  facts.node_height = 102;
  expect(facts, HealthState::behind, "the index is at 100, the node at 102");
  facts.node_height.reset();
  expect(facts, HealthState::behind, "the index is at 100, the node at an unknown height");
}

TEST(Health, ANodeThatIsAwayIsNamed) {
  HealthFacts facts = at_the_tip();
  facts.node_is_good = false;
  facts.node = "unreachable";
  expect(facts, HealthState::node_away, "the node is unreachable");
  facts.node_detail = "connection refused";
  expect(facts, HealthState::node_away, "the node is unreachable: connection refused");
}

TEST(Health, BeforeTheServicesOpenItCatchesUp) {
  HealthFacts facts = at_the_tip();
  facts.is_listening = false;
  facts.height.reset();
  expect(
      facts, HealthState::catching_up,
      "the services open when the index is at the node's tip: it is at an unknown height, the node (reachable) at 100");
  EXPECT_NE(health_reply(facts).body.find("\"height\": null"), std::string::npos);
}

TEST(Health, WhileTheIndexIsBuiltItIsSaidHowFarItIs) {
  HealthFacts facts = at_the_tip();
  facts.is_listening = false;
  facts.height = 70;
  facts.files_height = 200;
  expect(facts, HealthState::catching_up,
         "the services open when the index is at the node's tip: it is at 70 of 200 in the block files");
}

TEST(Health, WithoutANodeTheIndexIsServedAsItIs) {
  HealthFacts facts;
  facts.is_listening = true;
  facts.has_node = false;
  facts.node = "offline";
  facts.height = 5;
  expect(facts, HealthState::serving, "");
}

TEST(Health, TheStatusLineSaysTheHeightOrWhatIsWrong) {
  HealthFacts facts = at_the_tip();
  EXPECT_EQ(status_line(facts), "serving, height " + std::to_string(*facts.height));
  facts.node_height = *facts.height + 9;
  EXPECT_EQ(status_line(facts), "behind: the index is at " + std::to_string(*facts.height) + ", the node at " +
                                    std::to_string(*facts.node_height));
}

TEST(Health, HeightsAtTheirLimitDoNotWrap) {
  HealthFacts facts = at_the_tip();
  facts.height = facts.node_height = UINT32_MAX;
  expect(facts, HealthState::serving, "");
}

}  // namespace
}  // namespace sluice::http
