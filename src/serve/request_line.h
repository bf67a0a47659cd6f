// One line in, one reply out: the whole of serve.
//
//   line -> JsonDocument -> dialect -> request | bulk call | batch -> method -> reply
//
// A batch or a bulk call may hold work for minutes, so it is answered some items at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "serve/bulk_answer.h"
#include "serve/json_document.h"
#include "serve/json_items.h"
#include "serve/server_context.h"
#include "serve/session_state.h"

namespace sluice::serve {

/// A line on its way to its answer: a batch, a bulk call, or a request that waits for the node.
///
/// The whole line was found to be valid JSON; each item is parsed again when its turn comes, so that between
/// steps nothing is kept but the line and the answer so far.
/// Memory: the line, and at most twice max_send plus one answer.
class LineAnswer {
 public:
  /// Bounds: line is valid JSON: an array of item_count items, or a request if that is 0.
  LineAnswer(std::string_view line, std::uint32_t item_count);
  explicit LineAnswer(std::unique_ptr<BulkAnswer> bulk) : bulk_(std::move(bulk)) {}

  /// Answers some items; true: that was the last one. False while session.waits_for_node, too: to be called again
  /// when it does not. The answer is the same at any pace.
  /// Bounds: not called again once finished; the session stays the same from step to step. The view may change:
  /// each item is answered from one.
  [[nodiscard]] bool step(const BatchPace& pace, SessionState& session, const ServerContext& context,
                          JsonDocument& document);
  /// The reply line, once finished; empty if there is nothing to say.
  [[nodiscard]] const std::string& reply() const noexcept { return reply_; }

 private:
  [[nodiscard]] bool step_single(SessionState& session, const ServerContext& context, JsonDocument& document);

  JsonItems items_{"[]"};
  std::uint32_t items_left_ = 0;
  bool is_batch_ = false;
  std::unique_ptr<BulkAnswer> bulk_;
  std::size_t replies_ = 0;
  bool full_ = false;  ///< max_send is reached: what follows is refused, not run
  std::string reply_;
};

/// Answers one line as handle_line() does, or begins to: what takes more than this moment is returned, to be stepped
/// until it is finished.
[[nodiscard]] std::unique_ptr<LineAnswer> begin_line(std::string_view line, SessionState& session,
                                                     const ServerContext& context, JsonDocument& document,
                                                     std::string& reply);

/// Answers one line in one go. Appends the reply to `reply` without a newline; appends nothing if there is
/// nothing to say (notifications). Sets session.close_after_reply when the client must go.
/// Bounds: no node in the context; any bytes at all in line; the reply respects max_send (plus the framing of an
///         error).
/// Threads: `document` is the caller's own; the context may be shared.
void handle_line(std::string_view line, SessionState& session, const ServerContext& context, JsonDocument& document,
                 std::string& reply);

}  // namespace sluice::serve
