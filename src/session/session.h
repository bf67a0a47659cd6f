// One Electrum client: its unread bytes, its protocol state, its counters and its cost.
//
// The session takes bytes and hands out replies one line at a time, so that whoever owns the
// socket decides when there is room for the next reply. Before each line, and each part of a batch,
// its cost decides whether it is worked on now, later, or not any more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "serve/notifications.h"
#include "serve/request_line.h"
#include "serve/session_row.h"
#include "session/cost_model.h"
#include "session/line_buffer.h"
#include "session/throttle.h"

namespace sluice::session {

struct SessionLimits {
  std::size_t max_recv = 5'000'000;  ///< longest request line; 0: no limit
  CostLimits cost;
  serve::BatchPace batch;
  std::uint64_t request_timeout_ms = 30'000;  ///< for a request that waits: for the node, or for its cost's sake
};

enum class SessionStep : std::uint8_t {
  idle,       ///< no complete line is waiting
  waiting,    ///< for the node, until wants_step(); or for a time: resume_at_ms()
  answering,  ///< part of a batch was answered; its reply comes with a later step
  answered,   ///< one line was taken; there may be more
  finished,   ///< the reply just written is the last
};

struct TrafficCounters {
  std::uint64_t receive_bytes = 0;
  std::uint64_t receive_lines = 0;
  std::uint64_t send_bytes = 0;
  std::uint64_t send_lines = 0;
  std::uint64_t notifications = 0;  ///< lines sent that nobody asked for
};

class Session {
 public:
  /// client_address: numeric, or empty. member: null where nobody adds up what clients cost together.
  explicit Session(const SessionLimits& limits, std::string client_address = {},
                   std::unique_ptr<CostMember> member = nullptr)
      : limits_(&limits), lines_(limits.max_recv), throttle_(limits.cost, std::move(member)) {
    state_.client_address = std::move(client_address);
  }
  ~Session() { throttle_.settle(state_.cost, stepped_at_ms_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void receive(std::string_view bytes);
  /// Answers at most one line, or the next part of a batch; the reply ends with a newline.
  /// A due notification comes first. now_ms: of a clock that never goes back.
  [[nodiscard]] SessionStep step(const serve::ServerContext& context, serve::JsonDocument& document, std::string& out,
                                 std::uint64_t now_ms);
  /// While waiting: when a step has something to do even if the node says nothing.
  [[nodiscard]] std::uint64_t resume_at_ms() const noexcept { return resume_at_ms_; }

  /// Marks what changes may mean for this client; true if a step has something to say of it.
  [[nodiscard]] bool notify(const serve::Changes& changes) { return serve::mark_notifications(state_, changes); }

  /// After waiting: is the node's answer there?
  [[nodiscard]] bool wants_step() const noexcept { return answer_ && state_.node_has_answered(); }

  /// Puts in what the session knows of itself.
  void describe(serve::SessionRow& row) const;

  [[nodiscard]] const serve::SessionState& state() const noexcept { return state_; }
  [[nodiscard]] const TrafficCounters& traffic() const noexcept { return traffic_; }
  [[nodiscard]] std::uint64_t dropped_lines() const noexcept { return lines_.dropped_lines(); }
  [[nodiscard]] std::size_t subscriptions() const noexcept {
    return state_.scripts.size() + state_.outpoints.size() + (state_.swaps ? state_.swaps->topics.size() : 0) +
           (state_.headers_subscribed ? 1 : 0);
  }

 private:
  [[nodiscard]] bool may_work(std::uint64_t now_ms);
  [[nodiscard]] SessionStep wait_for_node();
  void refuse(serve::Fault fault, std::atomic<std::uint64_t> LimitCounters::*counter);
  void count(std::atomic<std::uint64_t> LimitCounters::*counter, std::uint64_t amount);
  void end_work() noexcept {
    work_since_ms_.reset();
    state_.refusal.reset();
  }
  void end_line(std::size_t begin, std::string& out);

  const SessionLimits* limits_;
  LineBuffer lines_;
  Throttle throttle_;
  std::uint64_t stepped_at_ms_ = 0;
  std::optional<std::uint64_t> work_since_ms_;  ///< of the line or part at hand: since it could have been worked on
  std::uint64_t resume_at_ms_ = 0;
  std::unique_ptr<serve::LineAnswer> answer_;  ///< under way; the lines behind it wait
  serve::SessionState state_;
  TrafficCounters traffic_;
};

}  // namespace sluice::session
