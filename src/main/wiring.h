// What several commands need to turn configs into the options of the parts.
#pragma once

#include <atomic>
#include <string_view>

#include "base/error.h"
#include "config/config.h"
#include "store/database.h"

namespace sluice {

/// Starts the log and writes what reading the settings had to say.
void start_logging(const config::CommonConfig& common);

/// Set by SIGINT and SIGTERM. The first call installs the handlers.
[[nodiscard]] const std::atomic<bool>& stop_requested();
/// Calls `wake` (async-signal-safe) when a stop is asked for; null takes it away.
void on_stop(void (*wake)() noexcept) noexcept;

[[nodiscard]] store::StoreOptions store_options(const config::RocksDbSettings& settings);

/// Freed memory goes back to the system at once instead of within a second: slower, and leaner by some MiB.
void return_freed_memory_at_once() noexcept;

/// Prints the error the way every command does, and gives its exit status.
[[nodiscard]] int report_error(std::string_view area, const Error& error);

}  // namespace sluice
