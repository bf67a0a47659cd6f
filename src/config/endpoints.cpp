// Service lists and the host and port forms they share. See addresses.cpp for nodes and networks.
#include "config/endpoints.h"

#include <algorithm>
#include <charconv>

#include "config/host.h"
#include "config/text.h"

namespace sluice::config {

namespace {

constexpr std::uint16_t rpc_port_default = 8000;
constexpr std::string_view protocol_list = "tcp ssl ws wss rpc";

Error refusal(std::string_view item, std::string_view why) {
  return {ErrorKind::config, in_quotes(item) + " invalid: " + std::string(why)};
}

std::optional<Protocol> protocol_of(std::string_view word) {
  const std::string lowered = lower_case(word);
  for (const Protocol protocol :
       {Protocol::tcp, Protocol::ssl, Protocol::ws, Protocol::wss, Protocol::rpc, Protocol::http}) {
    if (lowered == name_of(protocol)) return protocol;
  }
  return std::nullopt;
}

/// One item of a service list: protocol://[host][:port], or the bare word rpc.
Result<Service> parse_service(std::string_view item) {
  std::string_view protocol_text = item;
  std::string_view address;
  if (const std::size_t mark = item.find("://"); mark != std::string_view::npos) {
    protocol_text = item.substr(0, mark);
    address = item.substr(mark + 3);
  } else if (lower_case(item) != "rpc") {
    return refusal(item, "expected PROTOCOL://[HOST]:PORT");
  }
  const auto protocol = protocol_of(protocol_text);
  if (!protocol || *protocol == Protocol::http)
    return refusal(item, "unknown protocol; known are " + std::string(protocol_list));
  const bool is_rpc = *protocol == Protocol::rpc;
  const auto split = split_host_port(address);
  if (!split) return refusal(item, "bad host or port; the port is 1 to 65535, IPv6 goes in brackets");
  Service service{*protocol, std::string(split->host),
                  split->port.value_or(is_rpc ? rpc_port_default : std::uint16_t{0})};
  if (service.port == 0) return refusal(item, "missing port");
  if (service.host.empty() && is_rpc) service.host = "localhost";
  if (!service.host.empty() && !is_host(service.host)) return refusal(item, "bad host name");
  service.host = lower_case(service.host);
  return service;
}

Result<std::vector<Service>> parse_list(std::string_view text) {
  std::vector<Service> services;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (item.empty()) continue;
    auto service = parse_service(item);
    if (!service) return std::move(service).error();
    for (const Service& other : services) {
      if (other.host == service.value().host && other.port == service.value().port) {
        return Error{ErrorKind::config, "address " + show_host_port(other.host, other.port) + " has multiple services"};
      }
    }
    services.push_back(std::move(service).value());
  }
  return services;
}

}  // namespace

std::string_view name_of(Protocol protocol) noexcept {
  static constexpr std::array<std::string_view, 6> names{"tcp", "ssl", "ws", "wss", "rpc", "http"};
  return names[static_cast<std::size_t>(protocol)];
}

std::string show_host_port(std::string_view host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  std::string shown = is_ipv6 ? "[" + std::string(host) + "]" : std::string(host);
  return shown + ":" + std::to_string(port);
}

std::string show(const Service& service) {
  return std::string(name_of(service.protocol)) + "://" + show_host_port(service.host, service.port);
}

Result<std::vector<Service>> parse_services(std::string_view text) {
  auto services = parse_list(text);
  if (!services) return services;
  for (const Service& service : services.value()) {
    if (service.host.ends_with(".onion")) return refusal(show(service), "an onion host cannot be listened on");
    if (service.protocol == Protocol::rpc && !is_loopback(service.host)) {
      return refusal(show(service), "rpc is for localhost only");
    }
  }
  return services;
}

Result<std::vector<Service>> parse_report_services(std::string_view text) {
  auto services = parse_list(text);
  if (!services) return services;
  for (const Service& service : services.value()) {
    if (service.protocol == Protocol::rpc) return refusal(show(service), "rpc is not advertised");
    if (service.host.empty()) return refusal(show(service), "needs a host");
    if (service.host == "localhost") return refusal(show(service), "localhost cannot be advertised");
    if (is_multicast_or_unspecified(service.host)) return refusal(show(service), "no such address can be advertised");
  }
  return services;
}

Result<std::optional<HostPort>> parse_address(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::optional<HostPort>{};
  const auto split = split_host_port(text);
  if (!split || !split->port || (!split->host.empty() && !is_host(split->host)))
    return refusal(text, "expected HOST:PORT, or nothing for off");
  return std::optional<HostPort>{HostPort{lower_case(split->host), *split->port}};
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint endpoint;
  std::string_view rest = text;
  if (const std::size_t mark = text.find("://"); mark != std::string_view::npos) {
    const auto protocol = protocol_of(text.substr(0, mark));
    if (!protocol) return refusal(text, "unknown protocol; known are " + std::string(protocol_list) + " http");
    endpoint.protocol = *protocol;
    rest = text.substr(mark + 3);
  }
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const bool has_path =
        endpoint.protocol == Protocol::ws || endpoint.protocol == Protocol::wss || endpoint.protocol == Protocol::http;
    const std::string_view path = rest.substr(slash);
    if (path != "/" && !has_path) return refusal(text, "only ws, wss and http have a path");
    if (std::any_of(path.begin(), path.end(), [](char c) { return c <= ' ' || c == '\x7f'; }))
      return refusal(text, "bad path");
    endpoint.path = path;
    rest = rest.substr(0, slash);
  }
  const auto split = split_host_port(rest);
  if (!split || split->host.empty() || !is_host(split->host)) {
    return refusal(text, "expected [tcp|ssl|ws|wss|rpc|http]://HOST:PORT; IPv6 goes in brackets");
  }
  endpoint.host = lower_case(split->host);
  if (!split->port && endpoint.protocol != Protocol::rpc) return refusal(text, "missing port");
  endpoint.port = split->port.value_or(rpc_port_default);
  return endpoint;
}

}  // namespace sluice::config
