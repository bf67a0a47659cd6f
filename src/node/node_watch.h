// The node's state kept for all threads: one log line and one callback for each change.
#pragma once

#include <functional>
#include <mutex>
#include <string_view>

#include "node/node_state.h"

namespace sluice::node {

class NodeWatch {
 public:
  /// Told of each change, from the thread that saw it, one at a time. It may not call back into this object.
  using Listener = std::function<void(const NodeSnapshot& snapshot)>;

  explicit NodeWatch(Listener listener = {}) : listener_(std::move(listener)) {}

  /// For RpcClient's constructor. This object outlives the client.
  [[nodiscard]] AttemptObserver observer();
  /// A report of the chain with what check_chain() said of it. Any error of that but
  /// unsupported means that it came to no result: nothing changes.
  void on_chain(const ChainInfo& info, const Status& check);

  [[nodiscard]] NodeSnapshot snapshot() const;

 private:
  void tell_locked();

  mutable std::mutex mutex_;  // held for moments, and while a change is logged and told
  NodeState state_;
  Listener listener_;
};

}  // namespace sluice::node
