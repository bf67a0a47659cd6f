// Hears the node's ZMQ notifications on a thread of its own, and again after the node was away.
//
// The thread's callbacks should return soon: what waits meanwhile is bounded, and beyond it the oldest stay and the
// newest are lost, which shows as a gap in the count of the messages.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "node/zmq_message.h"

namespace sluice::node {

/// Called from the listener's thread.
struct ZmqHandlers {
  std::function<void(const ZmqMessage& message)> message;
  /// The connection of a topic came up or was lost. What the node published before it came up was not heard: look.
  /// A first message may be told before that.
  std::function<void(ZmqTopic topic, bool is_up)> link;
};

class ZmqListener {
 public:
  /// Connects in the background: a node that is not there yet is waited for.
  /// Bounds: at most one source for each topic.
  /// Errors: config, for an address that cannot be one.
  [[nodiscard]] static Result<std::unique_ptr<ZmqListener>> start(const std::vector<ZmqSource>& sources,
                                                                  ZmqHandlers handlers);
  /// Stops the thread and waits for it. Not from a callback.
  ~ZmqListener();
  ZmqListener(const ZmqListener&) = delete;
  ZmqListener& operator=(const ZmqListener&) = delete;

  /// Indexed by topic. Any thread.
  [[nodiscard]] std::array<ZmqCounters, zmq_topic_count> counters() const;

 private:
  struct Impl;
  explicit ZmqListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::node
