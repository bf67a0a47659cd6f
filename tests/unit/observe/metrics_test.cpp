// The text form of metrics: families, labels and their escapes, numbers, histograms.
#include "observe/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace sluice::observe {
namespace {

TEST(MetricsText, families_have_help_type_and_samples) {
  MetricsText metrics;
  metrics.counter("a_total", "First.", std::uint64_t{18446744073709551615U});
  metrics.gauge("b", "Second.", -2);
  metrics.family("c_total", MetricType::counter, "Third.");
  metrics.sample({{"kind", "one"}}, 1U);
  metrics.sample({{"kind", "two"}, {"more", ""}}, 2.5);
  EXPECT_EQ(metrics.text(),
            "# HELP a_total First.\n# TYPE a_total counter\na_total 18446744073709551615\n"
            "# HELP b Second.\n# TYPE b gauge\nb -2\n"
            "# HELP c_total Third.\n# TYPE c_total counter\n"
            "c_total{kind=\"one\"} 1\nc_total{kind=\"two\",more=\"\"} 2.5\n");
}

TEST(MetricsText, any_text_stays_on_its_line) {
  MetricsText metrics;
  metrics.family("a", MetricType::gauge, "back\\slash \"quote\" line\nend");
  metrics.sample({{"l", "back\\slash \"quote\" line\nend"}}, 1);
  EXPECT_EQ(metrics.text(),
            "# HELP a back\\\\slash \"quote\" line\\nend\n# TYPE a gauge\n"
            "a{l=\"back\\\\slash \\\"quote\\\" line\\nend\"} 1\n");
}

TEST(MetricsText, numbers_that_are_none_have_names) {
  MetricsText metrics;
  metrics.family("a", MetricType::gauge, "");
  for (const double value : {0.1, 1e300, std::nan(""), HUGE_VAL, -HUGE_VAL}) metrics.sample({}, value);
  EXPECT_EQ(metrics.text(), "# HELP a \n# TYPE a gauge\na 0.1\na 1e+300\na NaN\na +Inf\na -Inf\n");
}

TEST(MetricsText, histograms_count_upwards) {
  MetricsText metrics;
  metrics.family("s", MetricType::histogram, "Time.");
  const std::array<double, 2> bounds{0.1, 1};
  const std::array<std::uint64_t, 3> counts{5, 0, 2};
  metrics.histogram({{"method", "m"}}, bounds, counts, 7.25);
  EXPECT_EQ(metrics.text(),
            "# HELP s Time.\n# TYPE s histogram\n"
            "s_bucket{method=\"m\",le=\"0.1\"} 5\ns_bucket{method=\"m\",le=\"1\"} 5\n"
            "s_bucket{method=\"m\",le=\"+Inf\"} 7\ns_sum{method=\"m\"} 7.25\ns_count{method=\"m\"} 7\n");
}

TEST(MetricsTextDeathTest, misuse_is_a_bug) {
  EXPECT_DEATH(MetricsText().gauge("1a", "", 1), "is_name");
  EXPECT_DEATH(MetricsText().gauge("", "", 1), "is_name");
  EXPECT_DEATH(MetricsText().gauge("a b", "", 1), "is_name");
  EXPECT_DEATH(
      {
        MetricsText metrics;
        metrics.family("a", MetricType::gauge, "");
        metrics.sample({{"l:", ""}}, 1);
      },
      "is_name");
  EXPECT_DEATH(
      {
        MetricsText metrics;
        metrics.family("a", MetricType::histogram, "");
        metrics.sample({}, 1);
      },
      "histogram");
}

}  // namespace
}  // namespace sluice::observe
