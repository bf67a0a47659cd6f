#include "net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace sluice::net {

IpAddress ip_address_from(const std::byte* bytes, std::size_t size) noexcept {
  constexpr std::array<std::byte, 12> mapped_prefix = {
      {{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, std::byte{0xff}, std::byte{0xff}}};
  IpAddress address;
  const bool mapped = size == 16 && std::memcmp(bytes, mapped_prefix.data(), mapped_prefix.size()) == 0;
  if (mapped) std::copy_n(bytes + 12, 4, address.bytes.begin());
  else std::copy_n(bytes, size, address.bytes.begin());
  address.is_ipv6 = size == 16 && !mapped;
  return address;
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  char copy[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof copy || text.find('\0') != std::string_view::npos) return std::nullopt;
  text.copy(copy, text.size());
  std::array<std::byte, 16> bytes{};
  if (::inet_pton(AF_INET, copy, bytes.data()) == 1) return ip_address_from(bytes.data(), 4);
  if (::inet_pton(AF_INET6, copy, bytes.data()) == 1) return ip_address_from(bytes.data(), 16);
  return std::nullopt;
}

std::string to_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(address.is_ipv6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  return text;
}

IpAddress first_bits(IpAddress address, unsigned bits) noexcept {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const unsigned kept = std::min(8u, bits - std::min(bits, static_cast<unsigned>(8 * i)));
    address.bytes[i] &= static_cast<std::byte>(0xff00u >> kept);
  }
  return address;
}

std::string customer_of(const IpAddress& address) {
  constexpr unsigned customer_bits_v6 = 64;
  return to_text(address.is_ipv6 ? first_bits(address, customer_bits_v6) : address);
}

bool contains(const IpNetwork& network, const IpAddress& address) noexcept {
  if (network.address.is_ipv6 != address.is_ipv6) return false;
  const std::size_t whole = network.prefix_bits / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  network.address.bytes.begin()))
    return false;
  const unsigned rest = network.prefix_bits % 8;
  return rest == 0 || ((address.bytes[whole] ^ network.address.bytes[whole]) >> (8 - rest)) == std::byte{0};
}

bool any_contains(const std::vector<IpNetwork>& networks, std::string_view address) {
  const auto parsed = parse_ip_address(address);
  return parsed && std::any_of(networks.begin(), networks.end(),
                               [&](const IpNetwork& network) { return contains(network, *parsed); });
}

}  // namespace sluice::net
