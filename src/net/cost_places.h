// From a client's address to the places where its cost is added up.
#pragma once

#include <string_view>
#include <vector>

#include "net/address.h"
#include "session/client_costs.h"

namespace sluice::net {

/// Whose costs are added up together.
struct CostGroups {
  unsigned ipv4_bits = 24;  ///< clients whose addresses share so many bits share their cost
  unsigned ipv6_bits = 48;
  session::AddressCostLimits address;
  std::vector<IpNetwork> exempt;  ///< many clients behind one address: proxies
};

/// No place for loopback, private and exempt addresses; what is no address shares one subnet. An address is an IPv4
/// address, or the first 64 bits of an IPv6 one: what one customer gets.
[[nodiscard]] session::CostPlaces cost_places(const CostGroups& groups, std::string_view peer_address);

}  // namespace sluice::net
