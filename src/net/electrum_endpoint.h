// Connections that speak the Electrum protocol: the handler between a socket and a session.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "net/connection_handler.h"
#include "net/cost_places.h"
#include "session/client_costs.h"
#include "session/session.h"

namespace sluice::net {

/// Makes the handlers of one server. Owns, per loop, the parser that its sessions share and the snapshot that they
/// answer from.
/// Lifetime: outlives the server; what the context points to outlives both.
class ElectrumEndpoint {
 public:
  /// Until the first snapshot sessions answer from context.view.
  ElectrumEndpoint(serve::ServerContext context, const session::SessionLimits& limits, unsigned loops,
                   CostGroups groups = {});
  ~ElectrumEndpoint();

  [[nodiscard]] HandlerFactory factory();

  /// From the next line on all sessions answer from this snapshot, and none keeps an older one for longer than the line
  /// it is at. What it returns is to be posted to the server, so that subscribers are told. Any thread.
  [[nodiscard]] std::shared_ptr<const Event> publish(const serve::Snapshot& snapshot, serve::Changes changes);
  /// To be posted when an answer of the node is ready.
  [[nodiscard]] static std::shared_ptr<const Event> node_answered();
  [[nodiscard]] session::ClientCosts& costs() noexcept { return costs_; }

 private:
  class Handler;
  class Changed;
  class NodeAnswered;
  struct Loop;

  session::SessionLimits limits_;
  CostGroups groups_;
  session::ClientCosts costs_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace sluice::net
