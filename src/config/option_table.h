// The table of all options, as made from tuning/options.toml. Everything that reads, prints or
// explains a setting goes through it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "config/settings.h"

namespace sluice::config {

enum class Command : std::uint8_t { sync, serve, verify, devnet, call, tune };
[[nodiscard]] std::string_view name_of(Command command) noexcept;

/// A set of commands, one bit each.
using CommandSet = std::uint8_t;
[[nodiscard]] constexpr CommandSet command_set(Command command) noexcept {
  return static_cast<CommandSet>(1u << static_cast<unsigned>(command));
}
inline constexpr CommandSet every_command = 0x3f;
[[nodiscard]] constexpr bool contains(CommandSet set, Command command) noexcept {
  return (set & command_set(command)) != 0;
}

enum class ValueKind : std::uint8_t {
  text,
  path,
  regex,
  bytes,
  integer,
  number,
  duration,
  boolean,
  choice,
  services,
  report_services,
  daemon_urls,
  address,
  networks,
  log_levels,
};

/// How the text of an environment name differs from what a flag takes.
enum class EnvironmentRule : std::uint8_t {
  plain,              ///< not at all
  electrumx_boolean,  ///< anything but blanks is true
  mebibytes,          ///< an integer counting MiB
  seconds,            ///< a number counting seconds
};

struct EnvironmentName {
  std::string_view name;
  EnvironmentRule rule;
};

struct Alias {
  std::string_view name;
  std::string_view value;
};

struct CommandDefault {
  CommandSet commands;
  std::string_view text;
};

struct OptionSpec {
  Option option;
  std::string_view name;         ///< the flag without its dashes
  std::string_view profile_key;  ///< "" if a profile may not set it
  std::string_view group;        ///< heading in --help
  std::string_view value_name;   ///< FILE, DIR, ...; "" for one by kind
  std::string_view unit;
  std::string_view effect;
  std::string_view reason;
  std::string_view pending;  ///< part of the program that will read it, "" if it takes effect
  std::string_view extreme;  ///< a value at the edge, for simulation
  ValueKind kind;
  CommandSet commands;
  CommandSet required;
  std::int64_t least;  ///< bounds of bytes, integer and duration (ms)
  std::int64_t most;
  double least_number;  ///< bounds of number
  double most_number;
  std::int64_t floor;            ///< smaller values are raised to it; equal to least where there is none
  bool empty_is_default;         ///< an empty text is no value
  bool environment_falls_back;   ///< what the environment may not say counts as not set, with a warning
  std::string_view empty_value;  ///< what an empty text means to a choice, "" if nothing
  std::string_view other_value;  ///< what an unknown text means to a choice, "" if it is refused
  std::span<const EnvironmentName> environment;
  std::span<const std::string_view> choices;
  std::span<const Alias> aliases;
  std::span<const CommandDefault> defaults;  ///< the first whose commands fit
};

[[nodiscard]] std::span<const OptionSpec> option_table() noexcept;
[[nodiscard]] inline const OptionSpec& spec_of(Option option) noexcept {
  return option_table()[static_cast<std::size_t>(option)];
}

/// What an ElectrumX environment may hold beside the names of options; see tuning/options.toml.
enum class OtherClass : std::uint8_t { log, extension, obsolete, warned, silent };
struct OtherName {
  std::string_view name;
  OtherClass kind;
  std::string_view reason;
};
[[nodiscard]] std::span<const OtherName> other_names() noexcept;

/// The profiles that are part of the program.
[[nodiscard]] std::string_view builtin_profile_sync() noexcept;
[[nodiscard]] std::string_view builtin_profile_serving() noexcept;

}  // namespace sluice::config
