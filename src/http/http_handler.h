// HTTP/1.0 and 1.1 (RFC 9112) on the server's side: bytes in, bytes out, no socket.
//
//   request line, fields -> [100 Continue] -> body by Content-Length -> responder -> reply
//
// Requests of one connection are answered one a step, in their order; the connection is kept unless the
// client says otherwise. HEAD gets the head of GET's reply.
//
// Refused, with the connection closed behind the reply because where the next request begins is not
// known: no HTTP, a line end other than CR LF, HTTP/1.1 without exactly one Host, a target that is no
// path (400), Transfer-Encoding (411), a body above body_bytes_max (413), a head above head_bytes_max (431).
#pragma once

#include <cstddef>

#include "http/message.h"
#include "net/connection_handler.h"

namespace sluice::http {

struct HttpOptions {
  std::size_t head_bytes_max = 8 * 1024;  ///< request line and fields, as web servers have it
  std::size_t body_bytes_max = 64 * 1024;
};

/// Handlers that let `responder` answer. A connection counts as established from its first whole request on.
[[nodiscard]] net::HandlerFactory serve_http(Responder responder, HttpOptions options = {});

}  // namespace sluice::http
