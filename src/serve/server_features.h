// What this server says of itself.
#pragma once

#include <string>

#include "serve/server_context.h"

namespace sluice::serve {

/// Appends the answer of server.features, which is also what server.add_peer is called with.
void append_features(std::string& reply, const ServeOptions& options);

}  // namespace sluice::serve
