// WebSocket (RFC 6455) around a handler that speaks lines.
//
//   GET ... Upgrade     ->  101                      the inner handler begins to live
//   text/binary message ->  one line to the inner    newlines inside become carriage returns: blank to
//                                                    JSON, and still wrong inside its strings
//   text message       <-   one line of the inner    without its newline
//   ping, close        <->  pong, close
//
// Bounds: a request of handshake_bytes_max, messages of message_bytes_max (else close 1009) in at most
// message_fragments_max pieces (else close 1008); nothing of a message is held here, it goes on as it
// arrives. Bad frames close with 1002, bad UTF-8 in text with 1007. No extension, no compression.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/connection_handler.h"
#include "net/websocket_handshake.h"

namespace sluice::net {

struct WebsocketOptions {
  std::size_t message_bytes_max = 5'000'000;  ///< 0: no limit
  unsigned message_fragments_max = 4096;
  std::uint64_t ping_after_ms = 20'000;    ///< nothing heard for so long: a ping
  std::uint64_t pong_timeout_ms = 20'000;  ///< nothing heard after it for so long: closed with 1011
  std::uint64_t idle_timeout_ms = 0;       ///< no message for so long, pongs are none: closed with 1001; 0: never
  ForwardedBy forwarded_by;
};

/// Handlers of `inner` behind a WebSocket; they are told the client's address, not the proxy's.
[[nodiscard]] HandlerFactory over_websocket(HandlerFactory inner, WebsocketOptions options);

}  // namespace sluice::net
