#include "net/cost_places.h"

namespace sluice::net {
namespace {

/// Loopback, RFC 1918, link local; ::1, fc00::/7, fe80::/10.
const std::vector<IpNetwork>& private_networks() {
  static const std::vector<IpNetwork> networks = [] {
    std::vector<IpNetwork> made;
    const auto add = [&](std::string_view text, std::uint8_t bits) { made.push_back({*parse_ip_address(text), bits}); };
    add("127.0.0.0", 8);
    add("10.0.0.0", 8);
    add("172.16.0.0", 12);
    add("192.168.0.0", 16);
    add("169.254.0.0", 16);
    add("::1", 128);
    add("fc00::", 7);
    add("fe80::", 10);
    return made;
  }();
  return networks;
}

}  // namespace

session::CostPlaces cost_places(const CostGroups& groups, std::string_view peer_address) {
  const auto address = parse_ip_address(peer_address);
  if (!address) return {{}, "unknown_addr"};
  if (any_contains(private_networks(), peer_address) || any_contains(groups.exempt, peer_address)) return {};
  const unsigned subnet_bits = address->is_ipv6 ? groups.ipv6_bits : groups.ipv4_bits;
  return {customer_of(*address), to_text(first_bits(*address, subnet_bits)) + '/' + std::to_string(subnet_bits)};
}

}  // namespace sluice::net
