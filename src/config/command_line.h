// From argv and the environment to what the program shall do.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "config/config.h"

namespace sluice::config {

/// Text to print on standard output before exiting with success.
struct Help {
  std::string text;
};
struct Version {
  std::string text;
};
struct PrintConfig {
  std::string text;
};

/// A dry run.
struct CheckConfig {
  std::variant<SyncConfig, ServeConfig> config;  ///< of the command to check
  std::string effective;                         ///< as --print-config shows it
};

using ParsedCommand = std::variant<Help, Version, PrintConfig, CheckConfig, SyncConfig, ServeConfig, VerifyConfig,
                                   DevnetConfig, TuneConfig, CallConfig>;

/// The value of an environment variable, nullopt if it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view)>;
[[nodiscard]] EnvironmentLookup process_environment();

/// Reads everything: command line before environment before profile file before default.
/// Errors: kind config, one line that names the setting, the value and what is allowed.
[[nodiscard]] Result<ParsedCommand> parse_command_line(int argc, const char* const* argv,
                                                       const EnvironmentLookup& environment,
                                                       const HostFacts& facts = host_facts());

}  // namespace sluice::config
