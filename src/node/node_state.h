// What the node is like, from what calls to it came to and what it says of its chain. No clock, no thread, no I/O.
//
//   attempts ──▶ reachable? warming up? refusing? slow?      getblockchaininfo ──▶ syncing? pruned? wrong chain?
//
// A failing call says more about now than an old chain report: its state is shown until a call is answered, then what
// the last report said holds again. A single slow answer among good ones is no state of the node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/node_calls.h"
#include "node/rpc_client.h"

namespace sluice::node {

enum class NodeCondition : std::uint8_t {
  unknown,      ///< not asked yet
  reachable,    ///< answers, and is on the network's chain
  unreachable,  ///< no connection
  warming_up,   ///< starts: loads or checks its index
  refusing,     ///< takes neither user and password nor the cookie, or not from here
  slow,         ///< answers late, or has too many calls waiting (503)
  confused,     ///< what answers there is no node
  wrong_chain,  ///< another coin or network
  syncing,      ///< is still loading its chain
  pruned,       ///< has deleted blocks: good for following, not for a sync from the start
};
[[nodiscard]] std::string_view name_of(NodeCondition condition) noexcept;

/// For /healthz and the admin port.
struct NodeSnapshot {
  NodeCondition condition = NodeCondition::unknown;
  std::string url;                 ///< without user and password
  std::string detail;              ///< why, in one line; may be empty
  std::optional<ChainInfo> chain;  ///< the last report
  std::uint64_t changes = 0;       ///< of the condition, since the start
};

class NodeState {
 public:
  /// Attempts in a row that must be slow before the node is.
  static constexpr unsigned slow_attempts_min = 2;

  /// Each returns true if the condition changed.
  bool on_attempt(Attempted attempted, std::string_view url, std::string_view detail);
  /// A report of the chain. `fault` is what check_chain() found; empty if the chain is right.
  bool on_chain(const ChainInfo& info, std::string_view fault);

  [[nodiscard]] const NodeSnapshot& snapshot() const noexcept { return snapshot_; }
  /// One line for the log: what the condition is now, and what it means for the server.
  [[nodiscard]] std::string line() const;

 private:
  bool change_to(NodeCondition condition, std::string_view detail);

  NodeSnapshot snapshot_;
  NodeCondition of_chain_ = NodeCondition::reachable;  // what the last report says
  std::string chain_detail_;
  unsigned slow_in_a_row_ = 0;
};

}  // namespace sluice::node
