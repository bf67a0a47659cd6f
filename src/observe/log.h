// The log: one line per event on standard error, levels named as ElectrumX names them.
//
//   2026-01-31 12:00:00.123 INFO:sync:checkpoint at height 410000
//   {"time":"2026-01-31T12:00:00.123Z","level":"INFO","module":"sync","message":"checkpoint at ...","height":410000}
//
// The text form has the local time. What is logged at the levels of an undisturbed run names no client: no address, no
// scripthash, no transaction of somebody's asking.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::observe {

enum class Level : std::uint8_t { debug, info, warning, error, critical };

/// "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL".
[[nodiscard]] std::string_view name_of(Level level) noexcept;

enum class LogFormat : std::uint8_t { text, json };

struct LogOptions {
  LogOptions(Level least_level = Level::info) : least(least_level) {}  // NOLINT: a level alone says enough

  Level least;
  LogFormat format = LogFormat::text;
  std::vector<std::pair<std::string, Level>> modules;  ///< with a least level of their own; the last of a name counts
};

/// Sets up the log of the process. Call once, before any thread logs.
void start_log(const LogOptions& options);
/// The same with the lines going to a function instead of standard error; for tests.
void start_log(const LogOptions& options, std::function<void(std::string_view)> sink);

/// Of the lines; text before start_log().
[[nodiscard]] LogFormat log_format() noexcept;
[[nodiscard]] bool is_logged(Level level, std::string_view module) noexcept;

/// A number of the message, by name, for those who read JSON.
struct LogField {
  std::string_view name;
  std::uint64_t value;
};
using LogFields = std::initializer_list<LogField>;

/// Logs one event. Control characters in the text are shown escaped, so that one event stays one line
/// whatever a node or client sent. Safe from every thread. Before start_log() nothing is written.
void log(Level level, std::string_view module, std::string_view text, LogFields fields = {});

inline void log_debug(std::string_view module, std::string_view text, LogFields fields = {}) {
  log(Level::debug, module, text, fields);
}
inline void log_info(std::string_view module, std::string_view text, LogFields fields = {}) {
  log(Level::info, module, text, fields);
}
inline void log_warning(std::string_view module, std::string_view text, LogFields fields = {}) {
  log(Level::warning, module, text, fields);
}
inline void log_error(std::string_view module, std::string_view text, LogFields fields = {}) {
  log(Level::error, module, text, fields);
}

}  // namespace sluice::observe
