// Connections that speak the Electrum protocol: the handler between a socket and a session.
#pragma once

#include <memory>
#include <vector>

#include "net/connection_handler.h"
#include "session/session.h"

namespace sluice::net {

/// Makes the handlers of one server. Owns, per loop, the parser that its sessions share.
/// Lifetime: outlives the server; what the context points to outlives both.
class ElectrumEndpoint {
 public:
  ElectrumEndpoint(serve::ServerContext context, const session::SessionLimits& limits, unsigned loops);

  [[nodiscard]] HandlerFactory factory();

 private:
  class Handler;

  serve::ServerContext context_;
  session::SessionLimits limits_;
  std::vector<std::unique_ptr<serve::JsonDocument>> documents_;
};

}  // namespace sluice::net
