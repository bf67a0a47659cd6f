// The HTTP port of `sluice serve`: /metrics, /healthz, /readyz.
#pragma once

#include <memory>

#include "base/error.h"
#include "config/config.h"
#include "follow/follower.h"
#include "main/serving.h"
#include "net/tcp_server.h"
#include "node/node_watch.h"
#include "node/rpc_client.h"
#include "pipeline/counters.h"
#include "store/database.h"

namespace sluice {

/// What is spoken of. All outlive the port.
struct HttpSources {
  const Serving* serving = nullptr;        ///< never null
  const store::Database* store = nullptr;  ///< never null
  /// All or none: what follows a node.
  const node::RpcClient* client = nullptr;
  const node::NodeWatch* watch = nullptr;
  const follow::FollowCounters* follow = nullptr;
  const follow::MempoolFigures* mempool = nullptr;
  const pipeline::Counters* stages = nullptr;
};

/// Null if the port is switched off, or if it is the default one and cannot be had; the log says so.
/// Errors: config, io: an address that was asked for cannot be had.
[[nodiscard]] Result<std::unique_ptr<net::TcpServer>> open_http_port(const config::ServeConfig& config,
                                                                     const HttpSources& sources);

}  // namespace sluice
