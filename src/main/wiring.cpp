#include "main/wiring.h"

#include <fmt/format.h>
#include <jemalloc/jemalloc.h>

#include <csignal>
#include <cstdio>

#include "observe/log.h"
#include "sluice/exit_status.h"

namespace sluice {
namespace {

std::atomic<bool> stop{false};
std::atomic<void (*)() noexcept> stop_wake{nullptr};

extern "C" void handle_stop_signal(int) {
  // relaxed: the flag stands alone; whoever polls it sees it soon.
  stop.store(true, std::memory_order_relaxed);
  if (auto* wake = stop_wake.load(std::memory_order_relaxed)) wake();
}

observe::Level level_of(config::LogLevel level) { return static_cast<observe::Level>(level); }
static_assert(static_cast<int>(observe::Level::critical) == static_cast<int>(config::LogLevel::critical));

}  // namespace

void start_logging(const config::CommonConfig& common) {
  observe::LogOptions options(level_of(common.log_level));
  options.format = common.log_format == config::LogFormat::json ? observe::LogFormat::json : observe::LogFormat::text;
  for (const auto& [module, level] : common.log_levels) options.modules.emplace_back(module, level_of(level));
  observe::start_log(options);
  for (const config::Note& note : common.notes)
    observe::log(note.kind == config::Note::Kind::warning ? observe::Level::warning : observe::Level::info, "config",
                 note.text);
}

const std::atomic<bool>& stop_requested() {
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_handler = handle_stop_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return true;
  }();
  (void)installed;
  return stop;
}

void on_stop(void (*wake)() noexcept) noexcept { stop_wake.store(wake, std::memory_order_relaxed); }

store::StoreOptions store_options(const config::RocksDbSettings& settings) {
  store::StoreOptions options;
  options.use_fsync = settings.use_fsync;
  options.block_cache_bytes = settings.block_cache_bytes;
  options.block_bytes = settings.block_size;
  options.write_buffer_bytes = settings.write_buffer_size;
  options.write_buffers_max = static_cast<int>(settings.max_write_buffer_number);
  options.write_buffers_to_merge = static_cast<int>(settings.min_write_buffer_number_to_merge);
  options.target_file_bytes = settings.target_file_size_base;
  options.max_open_files = static_cast<int>(settings.max_open_files);
  options.background_jobs = static_cast<int>(settings.max_background_compactions + settings.max_background_flushes);
  options.bloom_bits_per_key = settings.bloom_bits_per_key;
  options.dynamic_level_bytes = settings.level_compaction_dynamic_level_bytes;
  options.compression = config::name_of(settings.compression);
  return options;
}

void return_freed_memory_at_once() noexcept {
  ssize_t at_once = 0;
  (void)mallctl("arenas.dirty_decay_ms", nullptr, nullptr, &at_once, sizeof(at_once));
  (void)mallctl(fmt::format("arena.{}.dirty_decay_ms", MALLCTL_ARENAS_ALL).c_str(), nullptr, nullptr, &at_once,
                sizeof(at_once));
}

int report_error(std::string_view area, const Error& error) {
  // The last word must not be a line that a log collector cannot read.
  if (observe::log_format() == observe::LogFormat::json) observe::log(observe::Level::critical, area, error.message);
  else std::fprintf(stderr, "sluice %.*s: %s\n", static_cast<int>(area.size()), area.data(), error.message.c_str());
  return error.kind == ErrorKind::config ? exit_usage : exit_failure;
}

}  // namespace sluice
