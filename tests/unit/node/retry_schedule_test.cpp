// The waits and the turns from address to address, as ElectrumX has them; failures side by side count once.
#include "node/retry_schedule.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::node {
namespace {

using Waits = std::vector<long>;

Waits waits_of(RetrySchedule& schedule, int failures) {
  Waits waits;
  for (int i = 0; i < failures; ++i) waits.push_back(schedule.failed(schedule.begin()).count());
  return waits;
}

TEST(RetrySchedule, one_address_stays_at_the_longest_wait) {
  RetrySchedule schedule(1);
  EXPECT_EQ(waits_of(schedule, 7), (Waits{250, 500, 1000, 2000, 4000, 4000, 4000}));
  EXPECT_EQ(schedule.begin().url_index, 0);
  schedule.succeeded(schedule.begin());
  EXPECT_EQ(waits_of(schedule, 2), (Waits{250, 500}));
}

TEST(RetrySchedule, several_addresses_take_turns) {
  RetrySchedule schedule(2);
  EXPECT_EQ(waits_of(schedule, 4), (Waits{250, 500, 1000, 2000}));
  EXPECT_EQ(schedule.begin().url_index, 0);
  EXPECT_EQ(waits_of(schedule, 1), (Waits{0}));
  EXPECT_EQ(schedule.begin().url_index, 1);
  EXPECT_EQ(waits_of(schedule, 5), (Waits{250, 500, 1000, 2000, 0}));
  EXPECT_EQ(schedule.begin().url_index, 0);
}

TEST(RetrySchedule, failures_side_by_side_count_once) {
  RetrySchedule schedule(2);
  const auto first = schedule.begin();
  const auto second = schedule.begin();
  EXPECT_EQ(schedule.failed(first).count(), 250);
  EXPECT_EQ(schedule.failed(second).count(), 250);
  EXPECT_EQ(schedule.failed(schedule.begin()).count(), 500);
}

TEST(RetrySchedule, a_late_success_of_the_address_before_changes_nothing) {
  RetrySchedule schedule(2);
  const auto early = schedule.begin();
  waits_of(schedule, 6);
  schedule.succeeded(early);
  EXPECT_EQ(schedule.failed(schedule.begin()).count(), 500);
}

}  // namespace
}  // namespace sluice::node
