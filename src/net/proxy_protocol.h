// The PROXY protocol (haproxy.org, proxy-protocol.txt, versions 1 and 2): a proxy's first bytes on a
// connection say who the client is.
//
//   v1   PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n             at most 107 bytes
//   v2   \r\n\r\n\0\r\nQUIT\n  0x21  0x11  length  addresses  more
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/connection_handler.h"

namespace sluice::net {

struct ProxiedClient {
  IpAddress address;
  std::uint16_t port = 0;
};

enum class ProxyOutcome : std::uint8_t { incomplete, complete, malformed };

struct ProxyHeader {
  ProxyOutcome outcome = ProxyOutcome::incomplete;
  std::size_t consumed = 0;             ///< bytes of the header; the client's follow
  std::optional<ProxiedClient> client;  ///< none if the proxy speaks for itself or will not say
};

constexpr std::size_t proxy_extras_bytes_max = 4096;  // addresses and additions of version 2

/// Reads a header from the beginning of a connection.
/// Bounds: never incomplete with 16 + proxy_extras_bytes_max bytes or more.
[[nodiscard]] ProxyHeader read_proxy_header(std::string_view bytes);

/// Connections from `proxies` must begin with a header and have the client's address that it says, or
/// they are closed; a header from anyone else is not looked for: it is what the client says.
[[nodiscard]] HandlerFactory behind_proxies(HandlerFactory inner, std::vector<IpNetwork> proxies);

}  // namespace sluice::net
