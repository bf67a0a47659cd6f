// What this server says of itself.
#pragma once

#include <string>

#include "serve/server_context.h"

namespace sluice::serve {

/// Appends the answer of server.features, which is also what server.add_peer is called with. has_node: of a server that
/// is not offline.
void append_features(std::string& reply, const ServeOptions& options, bool has_node);

}  // namespace sluice::serve
