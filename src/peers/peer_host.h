// Hosts of peers: which may be listed and connected to, and which stand together.
//
// What strangers say decides whom we connect to, so an address inside our own network must never follow from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/host.h"

namespace sluice::peers {

/// Lower case, without a dot at its end; nullopt for what is no host name and no address.
[[nodiscard]] std::optional<std::string> checked_host(std::string_view text);

[[nodiscard]] bool is_onion(std::string_view host) noexcept;
/// An address of the open internet: not private, loopback, link-local, multicast or reserved, also not as an IPv4
/// address inside an IPv6 one.
[[nodiscard]] bool is_public_address(const config::AddressBytes& address) noexcept;
/// A public address, or a name that could have one: with a dot, and none of the names that never leave a network.
[[nodiscard]] bool is_public_host(std::string_view host) noexcept;

/// Peers of one bucket are likely run by one operator: of an IPv4 /16, an IPv6 /32, all of Tor, or, with no address
/// known, one domain. address: numeric, or empty.
[[nodiscard]] std::string bucket_of(std::string_view host, std::string_view address);
/// Those who share it share the rate of server.add_peer: the last two labels of a name, the network of an address.
[[nodiscard]] std::string domain_of(std::string_view host);

}  // namespace sluice::peers
