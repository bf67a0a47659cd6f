// Connections that speak the Electrum protocol: the handler between a socket and a session.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "net/connection_handler.h"
#include "net/cost_places.h"
#include "net/session_registry.h"
#include "session/client_costs.h"
#include "session/request_figures.h"
#include "session/session.h"

namespace sluice::net {

inline constexpr std::size_t transport_count = 4;

/// Sums over all loops, of closed sessions too.
struct EndpointFigures {
  session::RequestSums requests;
  std::array<session::TrafficCounters, transport_count> traffic;  ///< by Transport; lines, above the transport
  std::uint64_t subscriptions = 0;                                ///< now
  std::uint64_t transactions_sent = 0;
};

/// How sessions are listed and logged.
struct SessionNaming {
  std::shared_ptr<SessionRegistry> registry = std::make_shared<SessionRegistry>();
  std::string_view transport;     ///< empty: that of the address the client connected to
  bool addresses_hidden = false;  ///< in the log
};

/// Makes the handlers of one server. Owns, per loop, the parser that its sessions share and the snapshot that they
/// answer from.
/// Lifetime: outlives the server; what the context points to outlives both.
class ElectrumEndpoint {
 public:
  /// Until the first snapshot sessions answer from context.view.
  ElectrumEndpoint(serve::ServerContext context, const session::SessionLimits& limits, unsigned loops,
                   SessionNaming naming = {}, CostGroups groups = {});
  ~ElectrumEndpoint();

  [[nodiscard]] HandlerFactory factory();

  /// From the next line on all sessions answer from this snapshot, and none keeps an older one for longer than the line
  /// it is at. What it returns is to be posted to the server, so that subscribers are told. Any thread.
  [[nodiscard]] std::shared_ptr<const Event> publish(const serve::Snapshot& snapshot, serve::Changes changes);
  /// To be posted when an answer of the node is ready.
  [[nodiscard]] static std::shared_ptr<const Event> node_answered();
  [[nodiscard]] session::ClientCosts& costs() noexcept { return costs_; }

  /// The rows of a loop's sessions. On that loop's thread, between two calls of its handlers or from within one.
  [[nodiscard]] std::vector<serve::SessionRow> rows_of_loop(unsigned loop_index) const;
  /// Any thread.
  [[nodiscard]] EndpointFigures figures() const;

 private:
  class Handler;
  class Changed;
  class NodeAnswered;
  struct Loop;

  session::SessionLimits limits_;
  SessionNaming naming_;
  CostGroups groups_;
  session::ClientCosts costs_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace sluice::net
