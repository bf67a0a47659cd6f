// The option table itself: every row can be used, every row can be reached from each place it names.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cctype>
#include <cstdint>
#include <set>

#include "config/explain.h"
#include "config/profile.h"
#include "harness.h"

namespace sluice::config {
namespace {

TEST(Table, rows_are_in_the_order_of_the_enum) {
  ASSERT_EQ(option_table().size(), option_count);
  for (std::size_t i = 0; i < option_count; ++i) EXPECT_EQ(static_cast<std::size_t>(option_table()[i].option), i);
}

TEST(Table, extremes_and_defaults_are_allowed_values) {
  for (const OptionSpec& spec : option_table()) {
    const auto extreme = parse_value(spec, spec.extreme);
    EXPECT_TRUE(extreme.ok()) << spec.name << ": " << (extreme.ok() ? "" : extreme.error().message);
    for (const CommandDefault& entry : spec.defaults) EXPECT_TRUE(parse_value(spec, entry.text).ok()) << spec.name;
  }
}

TEST(Table, a_shown_value_reads_back_as_itself) {
  for (const OptionSpec& spec : option_table()) {
    const bool is_listed = spec.kind == ValueKind::text || spec.kind == ValueKind::path ||
                           spec.kind == ValueKind::regex || spec.kind == ValueKind::daemon_urls ||
                           spec.kind == ValueKind::address || spec.kind == ValueKind::log_levels;
    if (is_listed) continue;  // quoted, or without the password
    const Value value = parse_value(spec, spec.extreme).value().value;
    const auto again = parse_value(spec, show_value(spec, value));
    ASSERT_TRUE(again.ok()) << spec.name << ": " << again.error().message;
    EXPECT_EQ(again.value().value, value) << spec.name;
  }
}

TEST(Table, numbers_outside_their_bounds_are_refused_by_name) {
  for (const OptionSpec& spec : option_table()) {
    const bool is_whole =
        spec.kind == ValueKind::bytes || spec.kind == ValueKind::integer || spec.kind == ValueKind::duration;
    if (!is_whole) continue;
    const std::string unit = spec.kind == ValueKind::duration ? "ms" : "";
    std::vector<std::string> bad{"", "x", "1e6", std::to_string(spec.least - 1) + unit};
    if (spec.most < INT64_MAX) bad.push_back(std::to_string(spec.most + 1) + unit);
    for (const std::string& text : bad) {
      if (text == "1e6" && spec.kind == ValueKind::duration) continue;  // a decimal number there
      const auto parsed = parse_value(spec, text);
      ASSERT_FALSE(parsed.ok()) << spec.name << " took " << text;
      EXPECT_TRUE(mentions(parsed.error().message, "allowed: " + allowed_values(spec))) << parsed.error().message;
    }
    EXPECT_TRUE(parse_value(spec, std::to_string(spec.least) + unit).ok()) << spec.name;
    EXPECT_TRUE(parse_value(spec, std::to_string(spec.most) + unit).ok()) << spec.name;
  }
}

TEST(Table, each_option_is_reached_by_flag_environment_and_profile) {
  for (const OptionSpec& spec : option_table()) {
    if (spec.option == Option::print_config || spec.option == Option::check_config || spec.option == Option::profile)
      continue;
    for (const Command command : all_commands) {
      if (!contains(spec.commands, command)) continue;
      const std::string flag = fmt::format("--{}={}", spec.name, spec.extreme);
      const auto printed = parse({std::string(name_of(command)), "--print-config", flag});
      ASSERT_TRUE(printed.ok()) << flag << ": " << printed.error().message;
      const std::string line = fmt::format("\n{} = ", spec.name);
      const std::string& text = std::get<PrintConfig>(printed.value()).text;
      EXPECT_TRUE(mentions(text, line) && mentions(text, fmt::format("# flag --{}\n", spec.name))) << flag;
      for (const EnvironmentName& name : spec.environment) {
        const std::string value = name.rule == EnvironmentRule::plain ? std::string(spec.extreme) : "1000";
        const auto from = parse({std::string(name_of(command)), "--print-config"}, {{std::string(name.name), value}});
        ASSERT_TRUE(from.ok()) << name.name << ": " << from.error().message;
        EXPECT_TRUE(mentions(std::get<PrintConfig>(from.value()).text, fmt::format("# environment {}\n", name.name)))
            << name.name;
      }
      if (spec.profile_key.empty()) continue;
      Settings settings(command);
      const Status status =
          apply_profile(settings, fmt::format("{} = \"{}\"\n", spec.profile_key, spec.extreme), {Source::profile, "p"});
      ASSERT_TRUE(status.ok()) << status.error().message;
      EXPECT_EQ(settings[spec.option].origin.source, Source::profile) << spec.name;
    }
  }
}

TEST(Table, help_of_each_command_tells_each_of_its_options) {
  for (const Command command : all_commands) {
    const std::string text = command_help(command);
    for (const OptionSpec& spec : option_table()) {
      const std::string flag = fmt::format("\n  --{}", spec.name);
      const bool is_told = mentions(text, flag + "\n") || mentions(text, flag + " ");
      EXPECT_EQ(is_told, contains(spec.commands, command)) << name_of(command) << " --" << spec.name;
      if (!is_told) continue;
      EXPECT_TRUE(mentions(text, spec.effect)) << spec.name;
      for (const EnvironmentName& name : spec.environment) EXPECT_TRUE(mentions(text, name.name)) << name.name;
    }
    EXPECT_TRUE(mentions(text, "examples:\n  "));
    EXPECT_TRUE(mentions(program_help(), fmt::format("\n  {}", name_of(command))));
  }
  EXPECT_FALSE(mentions(program_help(), "mux"));
  EXPECT_FALSE(mentions(program_help(), "snapshot"));
}

TEST(Table, built_in_profiles_fit_every_command) {
  for (const Command command : all_commands) {
    for (const Mode mode : {Mode::sync, Mode::serving}) {
      Settings settings(command);
      const Status status = apply_builtin_profile(settings, mode);
      EXPECT_TRUE(status.ok()) << status.error().message;
    }
  }
}

TEST(Table, environment_names_are_upper_case_and_unique) {
  std::set<std::string_view> seen;
  const auto check = [&](std::string_view name) {
    EXPECT_TRUE(seen.insert(name).second) << name;
    for (const char c : name)
      EXPECT_TRUE(std::isupper(static_cast<unsigned char>(c)) || std::isdigit(static_cast<unsigned char>(c)) ||
                  c == '_')
          << name;
  };
  for (const OptionSpec& spec : option_table()) {
    for (const EnvironmentName& name : spec.environment) check(name.name);
  }
  for (const OtherName& other : other_names()) check(other.name);
}

}  // namespace
}  // namespace sluice::config
