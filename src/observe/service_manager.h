// What systemd is told where it waits to hear it (Type=notify, NOTIFY_SOCKET); elsewhere nothing happens.
//
//   STATUS, EXTEND_TIMEOUT_USEC ... ▶ READY ▶ STATUS, WATCHDOG ... ▶ [RELOADING ▶ READY] ▶ STOPPING
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::observe {

/// The services are open, or the settings read again. Any thread, as the following.
void notify_ready();
void notify_reloading();
void notify_stopping();

/// Tells how things stand, every few seconds: a line of status, that the start may take longer, and what
/// WatchdogSec= asks for. The watchdog hears as long as the status can be had: the process runs, and nothing that it
/// asks for is locked up.
class ServiceStatus {
 public:
  /// Lifetime: what `line` uses outlives this. It is called from a thread of its own.
  explicit ServiceStatus(std::function<std::string()> line);
  ~ServiceStatus();
  ServiceStatus(const ServiceStatus&) = delete;
  ServiceStatus& operator=(const ServiceStatus&) = delete;

 private:
  void run();

  std::function<std::string()> line_;
  std::chrono::microseconds period_;
  std::mutex mutex_;
  std::condition_variable ends_;
  bool is_ending_ = false;
  std::thread thread_;  ///< none where nobody listens
};

}  // namespace sluice::observe
