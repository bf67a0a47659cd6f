// One request to one server over any of the transports, with one time limit for all of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/config.h"

namespace sluice::call {

/// Called with each message of the server (without line ends). True ends the exchange.
using MessageReader = std::function<bool(std::string_view)>;

/// Connects, sends the request in the transport's framing, and hands over messages until the reader is content.
/// Bounds: messages up to options.max_reply bytes; everything within options.timeout.
/// Errors: io with what was tried and why it failed; limit for a message too long.
Status exchange(const config::Endpoint& endpoint, const config::CallOptions& options, std::string_view request,
                const MessageReader& reader);

}  // namespace sluice::call
