// One Electrum client: its unread bytes, its protocol state, its counters and its cost.
//
// The session takes bytes and hands out replies one line at a time, so that whoever owns the
// socket decides when there is room for the next reply.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "serve/notifications.h"
#include "serve/request_line.h"
#include "serve/session_row.h"
#include "session/cost_model.h"
#include "session/line_buffer.h"

namespace sluice::session {

struct SessionLimits {
  std::size_t max_recv = 5'000'000;  ///< longest request line; 0: no limit
  CostLimits cost;
  serve::BatchPace batch;
};

enum class SessionStep : std::uint8_t {
  idle,       ///< no complete line is waiting
  waiting,    ///< for the node: no step until wants_step()
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
  /// client_address: numeric, or empty.
  explicit Session(const SessionLimits& limits, std::string client_address = {})
      : limits_(&limits), lines_(limits.max_recv) {
    state_.client_address = std::move(client_address);
  }

  void receive(std::string_view bytes);
  /// Answers at most one line, or the next part of a batch; the reply ends with a newline.
  /// A due notification comes first.
  [[nodiscard]] SessionStep step(const serve::ServerContext& context, serve::JsonDocument& document, std::string& out);

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
    return state_.scripts.size() + state_.outpoints.size() + (state_.headers_subscribed ? 1 : 0);
  }

 private:
  void end_line(std::size_t begin, std::string& out);

  const SessionLimits* limits_;
  LineBuffer lines_;
  std::unique_ptr<serve::LineAnswer> answer_;  ///< under way; the lines behind it wait
  serve::SessionState state_;
  TrafficCounters traffic_;
};

}  // namespace sluice::session
