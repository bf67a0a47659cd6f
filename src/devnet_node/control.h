// The control port's commands, without the network: JSON in, JSON out.
//
//   {"command":"mine","blocks":1,"transactions":0,"mempool_percent":100,"conflicts":0}
//   {"command":"reorg","depth":1,"blocks":2,"transactions":0,"mempool_percent":50}
//   {"command":"churn","add":0,"evict":0,"replace":0,"leaves":0}   leaves 1: descendants of nothing else go
//   {"command":"pay","script":"76a9...","value":100000}   an unconfirmed payment; the answer has its txid
//   {"command":"restart","down_ms":0,"warm_up_ms":0}      connections drop, new ones are refused for a while
//   {"command":"warm_up","ms":1000}                       calls get the error -28
//   {"command":"latency","ms":0}                          of each RPC answer
//   {"command":"fault","kind":"http_503","requests":1}    for the next requests; kinds as in FaultKind
//   {"command":"chain_name","name":""}                    "" is the right one
//   {"command":"prune","below":0}                         0: nothing is pruned
//   {"command":"state"}
//
// Members that are left out have the values shown, but blocks of a reorg is depth + 1. The answer holds what the
// command did (connected, disconnected, added, removed) and then the state.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "devnet_node/faults.h"
#include "devnet_node/rpc.h"

namespace sluice::devnet_node {

struct ControlReply {
  unsigned http_status = 200;
  std::string body;
};

/// What takes time or sockets, done by whoever runs the node.
struct ControlHost {
  std::function<void(std::uint32_t down_ms, std::uint32_t warm_up_ms)> restart;
  std::function<void(std::uint32_t ms)> warm_up;
};

class Control {
 public:
  Control(Node& node, const Rpc& rpc, RpcSwitches& switches, Faults& faults, ControlHost host)
      : node_(node), rpc_(rpc), switches_(switches), faults_(faults), host_(std::move(host)) {}

  /// Status 400 and {"error": text} for a command that is unknown, has unknown members or values out of bounds, or
  /// cannot be done.
  [[nodiscard]] ControlReply answer(std::string_view body);

 private:
  Node& node_;
  const Rpc& rpc_;
  RpcSwitches& switches_;
  Faults& faults_;
  ControlHost host_;
};

}  // namespace sluice::devnet_node
