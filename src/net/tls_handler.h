// TLS (1.2 and later) around any handler, over memory: bytes in, bytes out.
//
//   socket bytes -> records -> the inner handler        its output -> records -> socket bytes
//
// The inner handler is made when the handshake is complete. A failed handshake or a broken record ends
// the connection, after the alert that says why. A handshake may take handshake_bytes_max of the
// client's bytes; its time is bounded by the loop's handshake timeout.
#pragma once

#include <memory>

#include "net/connection_handler.h"
#include "net/tls_context.h"

namespace sluice::net {

struct TlsOptions {
  std::size_t handshake_bytes_max = 64 * 1024;  ///< a client without certificates needs less than 2 KiB
};

[[nodiscard]] HandlerFactory over_tls(HandlerFactory inner, std::shared_ptr<const TlsContext> context,
                                      TlsOptions options = {});

}  // namespace sluice::net
