// The node's JSON-RPC, without the network: the text of a request in, HTTP status and the text of the answer out.
// Source: the Radiant node's httprpc.cpp, rpc/server.cpp, rpc/blockchain.cpp, rpc/rawtransaction.cpp, as the chain
// facts describe them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "devnet_node/node.h"

namespace sluice::devnet_node {

/// What is switched from outside.
struct RpcSwitches {
  std::string warm_up;             ///< text of the error -28 that every call gets; empty: the node is ready
  std::string chain_name;          ///< what getblockchaininfo calls the chain; empty: its own name
  std::uint32_t pruned_below = 0;  ///< blocks below this height are gone; 0: none are
  std::int64_t started = 0;        ///< seconds since 1970
  struct ZmqAddress {
    std::string topic;  ///< "hashblock", ...
    std::string address;
  };
  std::vector<ZmqAddress> zmq;
};

struct RpcReply {
  unsigned http_status = 200;
  std::string body;
};

class Rpc {
 public:
  /// Both outlive the Rpc.
  Rpc(Node& node, const RpcSwitches& switches) : node_(node), switches_(switches) {}

  /// Answers a single request or a batch. Whatever the body holds, an answer comes back.
  [[nodiscard]] RpcReply answer(std::string_view body);

  /// Calls answered, by method; those of unknown methods are not kept.
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& calls() const noexcept { return calls_; }

 private:
  Node& node_;
  const RpcSwitches& switches_;
  std::map<std::string, std::uint64_t, std::less<>> calls_;
};

}  // namespace sluice::devnet_node
