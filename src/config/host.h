// Hosts: names, IPv4 and IPv6 literals, and what kind of address a literal is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::config {

struct HostAndPort {
  std::string_view host;  ///< without brackets; may be empty
  std::optional<std::uint16_t> port;
};

/// Splits "[host][:port]". nullopt for a port outside 1 to 65535, unbalanced brackets, bare IPv6.
[[nodiscard]] std::optional<HostAndPort> split_host_port(std::string_view text) noexcept;

/// An address literal as bytes: 4 or 16 of them.
struct AddressBytes {
  std::array<std::byte, 16> bytes{};
  bool is_ipv6 = false;
};
[[nodiscard]] std::optional<AddressBytes> parse_literal(std::string_view host) noexcept;

/// A host name (labels of letters, digits, dash and underscore) or an address literal.
[[nodiscard]] bool is_host(std::string_view host) noexcept;
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;
[[nodiscard]] bool is_multicast_or_unspecified(std::string_view host) noexcept;

/// Whether the first prefix_bits bits of both are equal. Bounds: prefix_bits <= 128.
[[nodiscard]] bool same_prefix(const std::array<std::byte, 16>& left, const std::array<std::byte, 16>& right,
                               unsigned prefix_bits) noexcept;
/// Clears every bit after the first prefix_bits.
void clear_host_bits(std::array<std::byte, 16>& address, unsigned prefix_bits) noexcept;

}  // namespace sluice::config
