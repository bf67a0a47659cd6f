// From a handler that speaks lines to a server that speaks tcp, ssl, ws and wss.
//
//   socket -- PROXY header -- TLS (ssl, wss) -- WebSocket (ws, wss) -- lines
#pragma once

#include <memory>
#include <vector>

#include "net/address.h"
#include "net/address_limit.h"
#include "net/ban_list.h"
#include "net/connection_handler.h"
#include "net/tls_context.h"
#include "net/websocket_handler.h"

namespace sluice::net {

struct TransportOptions {
  std::shared_ptr<const TlsContext> tls;  ///< null: connections of ssl and wss are refused
  WebsocketOptions websocket;
  std::vector<IpNetwork> proxy_protocol_from;  ///< see behind_proxies()
  AddressLimit address_limit;
  std::shared_ptr<BanList> bans;  ///< of peers, and of the clients that proxies name; null: nobody
};

/// Handlers of `inner` behind the transport of the address that the client connected to.
[[nodiscard]] HandlerFactory over_transports(const HandlerFactory& inner, const TransportOptions& options);

}  // namespace sluice::net
