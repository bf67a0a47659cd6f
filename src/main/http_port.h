// The HTTP port of `sluice serve`: /metrics, /healthz, /readyz, and the swap calls.
#pragma once

#include <atomic>
#include <memory>

#include "base/error.h"
#include "config/config.h"
#include "follow/follower.h"
#include "http/health.h"
#include "main/catch_up.h"
#include "main/serving.h"
#include "net/tcp_server.h"
#include "node/node_watch.h"
#include "node/rpc_client.h"
#include "pipeline/counters.h"
#include "pipeline/swap_figures.h"
#include "store/database.h"

namespace sluice {

/// What is spoken of.
struct HttpSources {
  const Serving* serving = nullptr;  ///< never null
  /// All or none: the node, and the way to its block files.
  const node::RpcClient* client = nullptr;
  const node::NodeWatch* watch = nullptr;
  const CatchUpFigures* catch_up = nullptr;
  const pipeline::SwapFigures* swaps = nullptr;        ///< null if none are kept
  std::atomic<const store::Database*> store{nullptr};  ///< null until the index is open
  /// What follows the node; null until then.
  std::atomic<const pipeline::Counters*> stages{nullptr};
  std::atomic<const follow::FollowCounters*> follow{nullptr};
  std::atomic<const follow::MempoolFigures*> mempool{nullptr};
};

/// How things stand now. Any thread.
[[nodiscard]] http::HealthFacts health_facts(const HttpSources& sources);

/// Null if the port is switched off, or if it is the default one and cannot be had; the log says so.
/// Errors: config, io: an address that was asked for cannot be had. Lifetime: the sources outlive the port.
[[nodiscard]] Result<std::unique_ptr<net::TcpServer>> open_http_port(const config::ServeConfig& config,
                                                                     const HttpSources& sources);

}  // namespace sluice
