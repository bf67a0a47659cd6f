// The swap calls on the HTTP port.
#pragma once

#include <string>

#include "http/route_table.h"
#include "main/serving.h"

namespace sluice {

/// POST / and GET /swap/...; 503 until clients are answered. Each request is answered from the snapshot that sessions
/// have at that moment. origin: whose pages may read the answers; "*" for everybody's. Lifetime: serving outlives the
/// table.
void add_swap_routes(http::RouteTable& table, const Serving& serving, const std::string& origin);

}  // namespace sluice
