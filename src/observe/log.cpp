// The log by way of spdlog, which is seen in this file only.
#include "observe/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <mutex>

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

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}

spdlog::level::level_enum level_of(Level level) noexcept {
  static constexpr std::array<spdlog::level::level_enum, 5> levels{
      spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err, spdlog::level::critical};
  return levels[static_cast<std::size_t>(level)];
}

void start(Level least, std::shared_ptr<spdlog::sinks::sink> sink) {
  auto created = std::make_shared<spdlog::logger>("sluice", std::move(sink));
  created->set_pattern("%Y-%m-%d %H:%M:%S.%e %v");
  created->set_level(level_of(least));
  created->flush_on(spdlog::level::debug);
  logger() = std::move(created);
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

}  // namespace

std::string_view name_of(Level level) noexcept {
  static constexpr std::array<std::string_view, 5> names{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  return names[static_cast<std::size_t>(level)];
}

void start_log(Level least) { start(least, std::make_shared<spdlog::sinks::stderr_sink_mt>()); }

void start_log(Level least, std::function<void(std::string_view)> sink) {
  start(least, std::make_shared<FunctionSink>(std::move(sink)));
}

bool is_logged(Level level) noexcept { return logger() && logger()->should_log(level_of(level)); }

void log(Level level, std::string_view area, std::string_view text) {
  if (!is_logged(level)) return;
  logger()->log(level_of(level), "{}:{}:{}", name_of(level), area, one_line(text));
}

}  // namespace sluice::observe
