// Levels of single modules: "follow=debug,net=warning".
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/settings.h"

namespace sluice::config {

/// Every name that log lines carry.
inline constexpr std::array<std::string_view, 15> log_modules{"admin",   "config", "devnet", "follow", "http",
                                                              "limits",  "net",    "node",   "peers",  "serve",
                                                              "session", "store",  "sync",   "tune",   "verify"};

struct ModuleLevel {
  std::string module;
  LogLevel level = LogLevel::info;
};

/// Items are separated by commas, empty ones skipped; the last of a module counts.
/// Errors: config, without the setting's name: no such module or level, or an item of another form.
[[nodiscard]] Result<std::vector<ModuleLevel>> parse_log_levels(std::string_view text);

}  // namespace sluice::config
