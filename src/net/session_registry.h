// The open sessions of a server, seen and touched from outside of its loops.
//
//   asking thread -- SessionRoster --> loop: every session adds its row --> the last loop lets go --> rows
//                 -- SessionOrder ---> loop: the sessions that are meant do it
//
// No loop waits for another or for the one who asks; a session pays nothing until somebody does.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/connection_handler.h"
#include "serve/admin_gate.h"

namespace sluice::net {

/// What the sessions of all endpoints of a process share.
class SessionRegistry {
 public:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::uint64_t next_id() noexcept { return next_id_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] Clock::time_point begin() const noexcept { return begin_; }
  /// Are sessions logged from their first request on?
  [[nodiscard]] bool logs_new() const noexcept { return logs_new_.load(std::memory_order_relaxed); }
  void log_new(bool wanted) noexcept { logs_new_.store(wanted, std::memory_order_relaxed); }

 private:
  const Clock::time_point begin_ = Clock::now();
  std::atomic<std::uint64_t> next_id_{0};
  std::atomic<bool> logs_new_{false};
};

/// The rows of all sessions at about one moment.
class SessionRoster {
 public:
  /// Bounds: loops of the server that the event goes to.
  explicit SessionRoster(unsigned loops);

  /// To be posted once; must not be kept.
  [[nodiscard]] std::shared_ptr<const Event> take_event() noexcept { return std::move(event_); }
  /// Waits until every loop has seen the event. nullopt if one has not within the time.
  [[nodiscard]] std::optional<std::vector<serve::SessionRow>> wait(std::chrono::milliseconds longest);

  /// What sessions see.
  class Asked final : public Event {
   public:
    explicit Asked(unsigned loops) : rows_by_loop_(loops) {}
    /// On the loop's thread.
    void add(unsigned loop_index, serve::SessionRow row) const { rows_by_loop_[loop_index].push_back(std::move(row)); }

   private:
    friend class SessionRoster;
    mutable std::vector<std::vector<serve::SessionRow>> rows_by_loop_;  // each written by its loop only
  };

 private:
  std::future<std::vector<serve::SessionRow>> rows_;
  std::shared_ptr<const Event> event_;
};

/// Something for the sessions with these ids to do.
class SessionOrder final : public Event {
 public:
  SessionOrder(serve::SessionDeed deed, std::vector<std::uint64_t> ids);
  [[nodiscard]] serve::SessionDeed deed() const noexcept { return deed_; }
  [[nodiscard]] bool means(std::uint64_t id) const noexcept;

 private:
  serve::SessionDeed deed_;
  std::vector<std::uint64_t> ids_;  // sorted
};

}  // namespace sluice::net
