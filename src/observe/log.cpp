// The log by way of spdlog, which is seen in this file only.
#include "observe/log.h"

#include <fmt/chrono.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <memory>
#include <mutex>

#include "observe/json_writer.h"

namespace sluice::observe {

namespace {

/// Hands finished lines to a function.
class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> target) : target_(std::move(target)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    base_sink::formatter_->format(message, line);
    target_(std::string_view(line.data(), line.size()));
  }
  void flush_() override {}

  std::function<void(std::string_view)> target_;
};

struct Log {
  LogOptions options;
  std::shared_ptr<spdlog::logger> lines;
};

Log& the_log() {
  static Log instance;
  return instance;
}

spdlog::level::level_enum level_of(Level level) noexcept {
  static constexpr std::array<spdlog::level::level_enum, 5> levels{
      spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err, spdlog::level::critical};
  return levels[static_cast<std::size_t>(level)];
}

void start(const LogOptions& options, std::shared_ptr<spdlog::sinks::sink> sink) {
  auto created = std::make_shared<spdlog::logger>("sluice", std::move(sink));
  created->set_pattern(options.format == LogFormat::json ? "%v" : "%Y-%m-%d %H:%M:%S.%e %v");
  created->set_level(spdlog::level::debug);  // what is logged was decided before
  created->flush_on(spdlog::level::debug);
  the_log() = {options, std::move(created)};
}

Level least_of(const LogOptions& options, std::string_view module) noexcept {
  Level least = options.least;
  for (const auto& [name, level] : options.modules)
    if (name == module) least = level;
  return least;
}

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) out += c;
    else fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
  }
  return out;
}

std::string json_line(Level level, std::string_view module, std::string_view text, LogFields fields) {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::string line = fmt::format("{{\"time\":\"{:%Y-%m-%dT%H:%M:}{:06.3f}Z\",\"level\":\"{}\",\"module\":",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                                 static_cast<double>(now.time_since_epoch().count() % 60'000) / 1000, name_of(level));
  append_json_text(line, module);
  line += ",\"message\":";
  append_json_text(line, text);
  for (const LogField& field : fields) {
    line += ',';
    append_json_text(line, field.name);
    line += ':' + std::to_string(field.value);
  }
  return line + '}';
}

}  // namespace

std::string_view name_of(Level level) noexcept {
  static constexpr std::array<std::string_view, 5> names{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  return names[static_cast<std::size_t>(level)];
}

void start_log(const LogOptions& options) { start(options, std::make_shared<spdlog::sinks::stderr_sink_mt>()); }

void start_log(const LogOptions& options, std::function<void(std::string_view)> sink) {
  start(options, std::make_shared<FunctionSink>(std::move(sink)));
}

LogFormat log_format() noexcept { return the_log().options.format; }

bool is_logged(Level level, std::string_view module) noexcept {
  return the_log().lines && level >= least_of(the_log().options, module);
}

void log(Level level, std::string_view module, std::string_view text, LogFields fields) {
  if (!is_logged(level, module)) return;
  const Log& log = the_log();
  if (log.options.format == LogFormat::json)
    log.lines->log(level_of(level), "{}", json_line(level, module, text, fields));
  else log.lines->log(level_of(level), "{}:{}:{}", name_of(level), module, one_line(text));
}

}  // namespace sluice::observe
