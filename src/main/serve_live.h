// `sluice serve` beside a node.
#pragma once

#include "base/error.h"
#include "config/config.h"

namespace sluice {

/// Brings the index to the node's tip, opens the services and follows until it is asked to stop.
/// Errors: config, io, corrupt: what keeps it from starting.
Status serve_live(const config::ServeConfig& config);

}  // namespace sluice
