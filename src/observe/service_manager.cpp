// By libsystemd, which is seen in this file only.
#include "observe/service_manager.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>

namespace sluice::observe {
namespace {

constexpr std::chrono::seconds period_max{5};
/// So much longer than a period that a busy machine does not end a start.
constexpr std::chrono::microseconds start_extension = std::chrono::seconds(60);

std::atomic<bool> is_ready{false};

/// A manager that went away is no error of ours.
void tell(const std::string& text) { (void)sd_notify(0, text.c_str()); }

}  // namespace

void notify_ready() {
  // relaxed: it only ends the extensions, and one too many does no harm.
  is_ready.store(true, std::memory_order_relaxed);
  tell("READY=1");
}

void notify_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1'000));
}

void notify_stopping() { tell("STOPPING=1"); }

ServiceStatus::ServiceStatus(std::function<std::string()> line) : line_(std::move(line)), period_(period_max) {
  if (std::getenv("NOTIFY_SOCKET") == nullptr) return;
  std::uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) > 0) period_ = std::min(period_, std::chrono::microseconds(watchdog_us / 2));
  thread_ = std::thread([this] { run(); });
}

ServiceStatus::~ServiceStatus() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  ends_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ServiceStatus::run() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    std::string text = fmt::format("STATUS={}\nWATCHDOG=1", line_());
    if (!is_ready.load(std::memory_order_relaxed))
      text += fmt::format("\nEXTEND_TIMEOUT_USEC={}", start_extension.count());
    tell(text);
    ends_.wait_for(lock, period_, [this] { return is_ending_; });
  }
}

}  // namespace sluice::observe
