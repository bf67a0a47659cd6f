#include "net/transports.h"

#include <array>

#include "net/proxy_protocol.h"
#include "net/tls_handler.h"

namespace sluice::net {

std::string_view name_of(Transport transport) noexcept {
  constexpr std::array<std::string_view, 4> names = {"tcp", "ssl", "ws", "wss"};
  return names[static_cast<std::size_t>(transport)];
}

HandlerFactory over_transports(const HandlerFactory& lines, const TransportOptions& options) {
  const HandlerFactory inner = refused_to_banned(limited_by_address(lines, options.address_limit), options.bans);
  const HandlerFactory refuse = [](const ConnectionInfo&) { return nullptr; };
  const HandlerFactory ws = over_websocket(inner, options.websocket);
  const std::array<HandlerFactory, 4> by_transport = {inner, options.tls ? over_tls(inner, options.tls) : refuse, ws,
                                                      options.tls ? over_tls(ws, options.tls) : refuse};
  HandlerFactory all = behind_proxies(
      [by_transport](const ConnectionInfo& info) {
        return by_transport[static_cast<std::size_t>(info.transport)](info);
      },
      options.proxy_protocol_from);
  return refused_to_banned(std::move(all), options.bans);
}

}  // namespace sluice::net
