// The HTTP request by which a client asks for a WebSocket (RFC 6455, section 4), and its answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"

namespace sluice::net {

constexpr std::size_t handshake_bytes_max = 8 * 1024;  // as web servers have it

enum class HandshakeOutcome : std::uint8_t { incomplete, accepted, refused };

struct Handshake {
  HandshakeOutcome outcome = HandshakeOutcome::incomplete;
  std::size_t consumed = 0;   ///< bytes of the request; what follows are frames
  std::string answer;         ///< to be sent, whether accepted or refused
  std::string forwarded_for;  ///< all X-Forwarded-For headers, joined by commas
};

/// Reads a request from its beginning. Path, query, Origin and subprotocols are ignored, as the peers do.
/// Bounds: refused when the request is longer than handshake_bytes_max.
/// Cost: until it is complete, a search of the new bytes; `searched` remembers how far, begin with 0.
[[nodiscard]] Handshake read_handshake(std::string_view bytes, std::size_t& searched);

/// An answer that ends the connection.
[[nodiscard]] std::string http_refusal(std::string_view status, std::string_view reason);

/// Proxies in front of us that name the real client, such as a web server that forwards /ws.
struct ForwardedBy {
  std::vector<IpNetwork> trusted;  ///< empty: nobody is believed
  unsigned hops = 1;               ///< proxies in a row, at least 1
};

/// The client's address: `peer` unless it is trusted and the header has an address at place `hops`
/// from the right. What stands further left was written by the client itself and is not looked at.
[[nodiscard]] std::string client_behind(const std::string& peer, std::string_view forwarded_for, const ForwardedBy& by);

}  // namespace sluice::net
