// Numbers, sizes, times and booleans as people and ElectrumX environment files write them.
#include "config/numbers.h"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "config/text.h"

namespace sluice::config {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();

TEST(Numbers, integers_are_read_as_python_reads_them) {
  const std::vector<std::pair<std::string_view, std::optional<std::int64_t>>> cases{
      {"0", 0},
      {"1200", 1200},
      {" 7 ", 7},
      {"\t7\n", 7},
      {"+5", 5},
      {"-5", -5},
      {"1_000_000", 1000000},
      {"007", 7},
      {"0_0", 0},
      {"9223372036854775807", largest},
      {"9223372036854775808", largest},
      {"99999999999999999999999999", largest},
      {"-99999999999999999999999999", smallest},
      {"", std::nullopt},
      {" ", std::nullopt},
      {"+", std::nullopt},
      {"-", std::nullopt},
      {"+-1", std::nullopt},
      {"_1", std::nullopt},
      {"1_", std::nullopt},
      {"1__0", std::nullopt},
      {"1 0", std::nullopt},
      {"- 1", std::nullopt},
      {"0x10", std::nullopt},
      {"1e6", std::nullopt},
      {"1.0", std::nullopt},
      {"10k", std::nullopt},
      {"ten", std::nullopt},
      {"-_1", std::nullopt}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(parse_integer(text), expected) << '"' << text << '"';
}

TEST(Numbers, sizes_take_binary_suffixes_only) {
  const std::vector<std::pair<std::string_view, std::optional<std::int64_t>>> cases{{"5", 5},
                                                                                    {"5B", 5},
                                                                                    {"1KiB", 1024},
                                                                                    {"512MiB", 512ll << 20},
                                                                                    {"1GiB", 1ll << 30},
                                                                                    {"2tib", 2ll << 40},
                                                                                    {"1 GiB", 1ll << 30},
                                                                                    {"1_0MiB", 10ll << 20},
                                                                                    {"99999999TiB", largest},
                                                                                    {"-1KiB", -1024},
                                                                                    {"", std::nullopt},
                                                                                    {"MiB", std::nullopt},
                                                                                    {"1MB", std::nullopt},
                                                                                    {"1M", std::nullopt},
                                                                                    {"1.5GiB", std::nullopt},
                                                                                    {"1GiBB", std::nullopt},
                                                                                    {"1KiBKiB", std::nullopt}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(parse_bytes(text), expected) << '"' << text << '"';
}

TEST(Numbers, times_take_suffixes_and_a_bare_unit) {
  const std::vector<std::tuple<std::string_view, std::int64_t, std::optional<std::int64_t>>> cases{
      {"30", 1000, 30000},      {"2500", 1, 2500},        {"2500ms", 1000, 2500},     {"30s", 1, 30000},
      {"10m", 1, 600000},       {"1h", 1, 3600000},       {"1d", 1, 86400000},        {"2.0", 1000, 2000},
      {"0.5", 1000, 500},       {"0.0001s", 1, 0},        {"-0.0001s", 1, -1},        {"1e300s", 1, largest},
      {" 3 s", 1, 3000},        {"", 1000, std::nullopt}, {"s", 1000, std::nullopt},  {"3w", 1000, std::nullopt},
      {"nan", 1, std::nullopt}, {"inf", 1, std::nullopt}, {"1,5", 1000, std::nullopt}};
  for (const auto& [text, unit, expected] : cases)
    EXPECT_EQ(parse_duration_ms(text, unit), expected) << '"' << text << '"';
}

TEST(Numbers, strict_booleans_know_eight_words) {
  for (const auto text : {"1", "true", "yes", "on", "TRUE", " Yes "})
    EXPECT_EQ(parse_strict_boolean(text), true) << text;
  for (const auto text : {"0", "false", "no", "off", "OFF", "", " "})
    EXPECT_EQ(parse_strict_boolean(text), false) << text;
  for (const auto text : {"2", "y", "t", "enabled", "-1", "nope"})
    EXPECT_EQ(parse_strict_boolean(text), std::nullopt) << text;
}

TEST(Numbers, electrumx_booleans_are_true_when_not_blank) {
  for (const auto text : {"1", "0", "false", "no", "off", "x", " 0 "})
    EXPECT_TRUE(parse_electrumx_boolean(text)) << text;
  for (const auto text : {"", " ", "\t\n"}) EXPECT_FALSE(parse_electrumx_boolean(text)) << text;
}

TEST(Numbers, shown_values_read_back) {
  for (const std::int64_t bytes : {0ll, 1ll, 1023ll, 1024ll, 1536ll, 1ll << 30, (1ll << 40) * 3})
    EXPECT_EQ(parse_bytes(show_bytes(bytes)), bytes);
  for (const std::int64_t time : {0ll, 1ll, 999ll, 1000ll, 2500ll, 86400000ll})
    EXPECT_EQ(parse_duration_ms(show_duration(time), 1), time);
  EXPECT_EQ(show_bytes(1ll << 30), "1GiB");
  EXPECT_EQ(show_duration(2500), "2500ms");
}

TEST(Text, hostile_text_stays_one_short_line) {
  EXPECT_EQ(in_quotes("a\nb\"c\\d\x7f"), "\"a\\x0ab\\\"c\\\\d\\x7f\"");
  EXPECT_LT(in_quotes(std::string(1 << 20, 'x')).size(), 100u);
}

TEST(Text, the_nearest_name_is_near) {
  const std::vector<std::string_view> names{"memory-budget", "threads", "net", "coin"};
  EXPECT_EQ(nearest_name("memory-bugdet", names), "memory-budget");
  EXPECT_EQ(nearest_name("thread", names), "threads");
  EXPECT_EQ(nearest_name("nett", names), "net");
  EXPECT_EQ(nearest_name("completely-other", names), "");
  EXPECT_EQ(nearest_name(std::string(5000, 'n'), names), "");
}

}  // namespace
}  // namespace sluice::config
