#include "main/peer_wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "peers/peer_host.h"
#include "serve/server_features.h"

namespace sluice {
namespace {

std::vector<peers::PeerName> own_names(const config::ServeConfig& config, const std::string& protocol_max) {
  std::vector<peers::PeerName> names;
  for (const config::Service& service : config.server.report_services) {
    auto place = std::find_if(names.begin(), names.end(),
                              [&](const peers::PeerName& name) { return name.host == service.host; });
    if (place == names.end()) {
      place = names.emplace(names.end());
      place->host = service.host;
      place->protocol_max = protocol_max;
    }
    if (service.protocol == config::Protocol::tcp) place->ports.tcp = service.port;
    if (service.protocol == config::Protocol::ssl) place->ports.ssl = service.port;
  }
  // Peers speak neither ws nor wss.
  std::erase_if(names, [](const peers::PeerName& name) { return name.ports == peers::Ports{}; });
  return names;
}

/// The features with the hosts of one kind; empty if there is none that others can reach.
std::string announcement(const serve::ServeOptions& serve, bool is_onion, bool has_node) {
  serve::ServeOptions part = serve;
  std::erase_if(part.services, [&](const serve::ReportedService& service) {
    return !peers::is_public_host(service.host) || peers::is_onion(service.host) != is_onion;
  });
  std::string text;
  if (!part.services.empty()) serve::append_features(text, part, has_node);
  return text;
}

}  // namespace

Result<peers::PeerServiceOptions> peer_options(const config::ServeConfig& config, const serve::ServeOptions& serve) {
  peers::PeerServiceOptions options;
  options.network = config.network;
  options.takes_others = config.peers.peer_discovery == config::PeerDiscovery::on;
  options.force_proxy = config.peers.force_proxy;
  options.proxy.host = config.peers.tor_proxy_host;
  // The ports of the Tor service, of the Tor browser, and of SOCKS.
  options.proxy.ports = {9050, 9150, 1080};
  if (config.peers.tor_proxy_port) options.proxy.ports = {static_cast<std::uint16_t>(*config.peers.tor_proxy_port)};
  const serve::VersionRange versions = serve.versions();
  options.own = own_names(config, versions.most_text);
  auto given = peers::parse_real_names(config.peers.peers, peers::usual_ports(*config.network));
  if (!given) return Error{ErrorKind::config, "--peers: " + given.error().message};
  options.given = std::move(given).value();
  options.file = config.db_dir / "peers";
  options.software = serve.software();
  options.protocols =
      fmt::format(R"(["{}","{}"])", serve::version_text(versions.least), serve::version_text(versions.most));
  if (config.peers.peer_announce && options.takes_others) {
    options.announcement = announcement(serve, false, !config.offline);
    options.onion_announcement = announcement(serve, true, !config.offline);
  }
  return options;
}

}  // namespace sluice
