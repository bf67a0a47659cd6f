// Settings to peer discovery.
#pragma once

#include "base/error.h"
#include "config/config.h"
#include "peers/peer_service.h"
#include "serve/server_context.h"

namespace sluice {

/// Without what only the server knows: view and on_answer. Errors: config, for a peer that cannot be read.
/// Bounds: peer discovery is not off.
[[nodiscard]] Result<peers::PeerServiceOptions> peer_options(const config::ServeConfig& config,
                                                             const serve::ServeOptions& serve);

}  // namespace sluice
