// Refuses who is not on this machine.
#pragma once

#include <string>

#include "net/connection_handler.h"

namespace sluice::net {

/// Peers without a loopback address are answered with this line once they say something, and disconnected.
[[nodiscard]] HandlerFactory loopback_only(HandlerFactory inner, std::string refusal);

}  // namespace sluice::net
