// Bound, listening sockets.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace sluice::net {

struct ListeningSocket {
  int fd = -1;
  std::uint16_t port = 0;  ///< the one that was bound
};

/// Several sockets may share an address (one per loop); with `first` the address must be free, so
/// that a second server on the same port is an error and not a silent sharing of clients.
/// Errors: config if the host does not resolve; io if it cannot be bound. The message names both.
[[nodiscard]] Result<ListeningSocket> open_listener(const std::string& host, std::uint16_t port, bool first);

}  // namespace sluice::net
