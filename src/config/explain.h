// Texts for people: --help, --version and --print-config, all from the option table.
#pragma once

#include <array>
#include <string>

#include "config/config.h"

namespace sluice::config {

inline constexpr std::array<Command, 6> all_commands{Command::sync, Command::serve,  Command::verify,
                                                     Command::call, Command::devnet, Command::tune};

[[nodiscard]] std::string program_help();
[[nodiscard]] std::string command_help(Command command);
[[nodiscard]] std::string version_text();

/// One line for each option of the command: name = value, and where it came from.
[[nodiscard]] std::string effective_config(const Settings& settings, const HostFacts& facts);

}  // namespace sluice::config
