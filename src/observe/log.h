// The log: one line per event on standard error, levels named as ElectrumX names them.
//
//   2026-01-31 12:00:00.123 INFO:sync:checkpoint at height 410000
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sluice::observe {

enum class Level : std::uint8_t { debug, info, warning, error, critical };

/// "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL".
[[nodiscard]] std::string_view name_of(Level level) noexcept;

/// Sets up the log of the process. Call once, before any thread logs.
void start_log(Level least);
/// The same with the lines going to a function instead of standard error; for tests.
void start_log(Level least, std::function<void(std::string_view)> sink);

[[nodiscard]] bool is_logged(Level level) noexcept;

/// Logs one event. Control characters in the text are shown escaped, so that one event stays one line
/// whatever a node or client sent. Safe from every thread. Before start_log() nothing is written.
void log(Level level, std::string_view area, std::string_view text);

inline void log_debug(std::string_view area, std::string_view text) { log(Level::debug, area, text); }
inline void log_info(std::string_view area, std::string_view text) { log(Level::info, area, text); }
inline void log_warning(std::string_view area, std::string_view text) { log(Level::warning, area, text); }
inline void log_error(std::string_view area, std::string_view text) { log(Level::error, area, text); }

}  // namespace sluice::observe
