// IP addresses and networks as values: whose word about the real client is believed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

struct IpAddress {
  std::array<std::byte, 16> bytes{};  ///< IPv4: the first four, the rest is zero
  bool is_ipv6 = false;               ///< never for IPv4 written as IPv6 (::ffff:a.b.c.d)
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

struct IpNetwork {
  IpAddress address;
  std::uint8_t prefix_bits = 0;  ///< at most 32 resp. 128
};

/// nullopt unless all of `text` is a numeric address.
[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text);
/// `size` bytes in network order, 4 or 16.
[[nodiscard]] IpAddress ip_address_from(const std::byte* bytes, std::size_t size) noexcept;
[[nodiscard]] std::string to_text(const IpAddress& address);
/// With all bits behind the first `bits` cleared.
[[nodiscard]] IpAddress first_bits(IpAddress address, unsigned bits) noexcept;
/// What stands for one client: the address, of IPv6 the /64 that a customer is given.
[[nodiscard]] std::string customer_of(const IpAddress& address);
[[nodiscard]] bool contains(const IpNetwork& network, const IpAddress& address) noexcept;
/// False for a text that is no address.
[[nodiscard]] bool any_contains(const std::vector<IpNetwork>& networks, std::string_view address);

}  // namespace sluice::net
