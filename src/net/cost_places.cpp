#include "net/cost_places.h"

#include <algorithm>

namespace sluice::net {
namespace {

constexpr unsigned customer_bits_v6 = 64;

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

IpAddress masked(IpAddress address, unsigned bits) {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const unsigned kept = std::min(8u, bits - std::min(bits, static_cast<unsigned>(8 * i)));
    address.bytes[i] &= static_cast<std::byte>(0xff00u >> kept);
  }
  return address;
}

}  // namespace

session::CostPlaces cost_places(const CostGroups& groups, std::string_view peer_address) {
  const auto address = parse_ip_address(peer_address);
  if (!address) return {{}, "unknown_addr"};
  if (any_contains(private_networks(), peer_address) || any_contains(groups.exempt, peer_address)) return {};
  const unsigned subnet_bits = address->is_ipv6 ? groups.ipv6_bits : groups.ipv4_bits;
  return {to_text(address->is_ipv6 ? masked(*address, customer_bits_v6) : *address),
          to_text(masked(*address, subnet_bits)) + '/' + std::to_string(subnet_bits)};
}

}  // namespace sluice::net
