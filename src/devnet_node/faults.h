// What goes wrong on purpose when the node is asked.
#pragma once

#include <cstdint>

namespace sluice::devnet_node {

enum class FaultKind : std::uint8_t {
  none,
  http_500,   ///< status 500 and a text that is no JSON
  http_503,   ///< status 503, "Work queue depth exceeded"
  truncated,  ///< the answer's header and half of its body, then the end of the connection
  garbage,    ///< status 200 and a body that is no JSON
  no_http,    ///< bytes that are no HTTP
  closed,     ///< no answer, the connection is closed
};

/// Of the RPC port; applied to requests as they come.
struct Faults {
  FaultKind kind = FaultKind::none;
  std::uint64_t requests = 0;    ///< how many more requests are answered so
  std::uint32_t latency_ms = 0;  ///< each answer waits so long

  /// The fault of the next request.
  [[nodiscard]] FaultKind take() noexcept {
    if (requests == 0) return FaultKind::none;
    --requests;
    return kind;
  }
};

}  // namespace sluice::devnet_node
