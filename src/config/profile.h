// Tuning profiles: flat TOML files of `key = value`, one key for each option that allows it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"

namespace sluice::config {

struct ProfileEntry {
  Option option;
  std::string text;  ///< as a flag would have it
};

/// Reads the text of a profile. `name` is shown in messages.
/// Errors: not TOML (with line), an unknown key (with the nearest known one), a table or a list.
[[nodiscard]] Result<std::vector<ProfileEntry>> parse_profile(std::string_view text, std::string_view name);

/// Reads and puts in a profile. Keys of other commands are checked and left out.
Status apply_profile(Settings& settings, std::string_view text, const Origin& origin);

/// The mode whose built-in profile a command starts from; nullopt for commands without a pipeline.
[[nodiscard]] std::optional<Mode> mode_of(Command command) noexcept;
/// Puts in a profile that is part of the program.
Status apply_builtin_profile(Settings& settings, Mode mode);

/// The text of a profile file. Bounds: files over 1 MiB are refused.
[[nodiscard]] Result<std::string> read_profile_file(const std::filesystem::path& path);

}  // namespace sluice::config
