// How many sessions one client may hold, so that one cannot take the places of all.
#pragma once

#include <vector>

#include "net/address.h"
#include "net/connection_handler.h"

namespace sluice::net {

struct AddressLimit {
  unsigned sessions_max = 0;      ///< of one IPv4 address, or one /64 of IPv6: what one customer gets; 0: no limit
  std::vector<IpNetwork> exempt;  ///< many clients behind one address: proxies
};

/// Handlers of `inner`, refused to an address that has as many as it may. To be put around the handler of
/// lines, where the client's own address is known. All loops count together.
[[nodiscard]] HandlerFactory limited_by_address(HandlerFactory inner, AddressLimit limit);

}  // namespace sluice::net
