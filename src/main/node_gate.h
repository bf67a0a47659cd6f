// What clients ask the node: answered by a few threads, so that no loop of theirs waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "node/node_calls.h"
#include "serve/node_gate.h"

namespace sluice {

class NodeGate final : public serve::NodeGate {
 public:
  static constexpr std::size_t threads = 4;
  static constexpr std::size_t waiting_max = 1000;     ///< questions; more are answered with an error at once
  static constexpr std::chrono::seconds fees_kept{5};  ///< answers about fees serve everybody for so long

  /// on_ready: an answer is ready. on_accepted: the node took a transaction. Both from the gate's threads.
  /// Lifetime: node outlives the gate; whoever ends the gate stops the node's client first.
  NodeGate(node::NodeCalls& node, std::function<void()> on_ready, std::function<void()> on_accepted);
  ~NodeGate() override;

  [[nodiscard]] std::shared_ptr<const serve::NodeAnswer> ask(serve::NodeQuestion question) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    serve::NodeQuestion question;
    std::shared_ptr<serve::NodeAnswer> answer;
  };
  struct Kept {
    std::shared_ptr<const serve::NodeAnswer> answer;
    Clock::time_point until;
  };

  void run();
  void answer(const Waiting& waiting);
  void broadcast(const std::string& raw_hex, serve::NodeAnswer& answer);

  node::NodeCalls& node_;
  const std::function<void()> on_ready_;
  const std::function<void()> on_accepted_;
  std::mutex mutex_;  // held for moments: all below
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::map<std::string, Kept> kept_;  ///< by question about fees
  bool is_ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice
