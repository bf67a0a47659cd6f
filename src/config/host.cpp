#include "config/host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "config/endpoints.h"

namespace sluice::config {

namespace {

constexpr std::size_t host_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;

bool is_label_end(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_label(std::string_view label) noexcept {
  if (label.empty() || label.size() > label_bytes_max) return false;
  if (!is_label_end(label.front()) || !is_label_end(label.back())) return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_label_end(c) || c == '-'; });
}

struct Range {
  std::string_view address;
  unsigned bits;
};

constexpr std::array<Range, 10> private_ranges{{{"0.0.0.0", 8},
                                                {"10.0.0.0", 8},
                                                {"100.64.0.0", 10},
                                                {"127.0.0.0", 8},
                                                {"169.254.0.0", 16},
                                                {"172.16.0.0", 12},
                                                {"192.168.0.0", 16},
                                                {"::1", 128},
                                                {"fc00::", 7},
                                                {"fe80::", 10}}};

bool in_range(const AddressBytes& address, const Range& range) noexcept {
  const auto base = parse_literal(range.address);
  return base && base->is_ipv6 == address.is_ipv6 && same_prefix(base->bytes, address.bytes, range.bits);
}

}  // namespace

std::optional<HostAndPort> split_host_port(std::string_view text) noexcept {
  HostAndPort parts;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    parts.host = text.substr(1, close - 1);
    if (const auto literal = parse_literal(parts.host); !literal || !literal->is_ipv6) return std::nullopt;
    text.remove_prefix(close + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    parts.host = text.substr(0, colon);
    text.remove_prefix(colon);
  }
  if (text.empty()) return parts;
  if (text.front() != ':') return std::nullopt;
  text.remove_prefix(1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || text.size() > 5 || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (port == 0 || port > 65535) return std::nullopt;
  parts.port = static_cast<std::uint16_t>(port);
  return parts;
}

std::optional<AddressBytes> parse_literal(std::string_view host) noexcept {
  // The longest literal has 45 characters; inet_pton wants a terminated copy.
  if (host.empty() || host.size() > 45 || host.find('\0') != std::string_view::npos) return std::nullopt;
  std::array<char, 46> text{};
  std::copy(host.begin(), host.end(), text.begin());
  AddressBytes address;
  if (inet_pton(AF_INET, text.data(), address.bytes.data()) == 1) return address;
  address.is_ipv6 = true;
  if (inet_pton(AF_INET6, text.data(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

bool is_host(std::string_view host) noexcept {
  if (parse_literal(host)) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > host_bytes_max) return false;
  std::string_view last;
  for (std::string_view rest = host;;) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    last = rest.substr(0, dot);
    if (!is_label(last)) return false;
    if (dot == rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
  // A last label of digits only would be a mistyped IPv4 address.
  return !std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_loopback(std::string_view host) noexcept {
  if (host == "localhost") return true;
  const auto address = parse_literal(host);
  return address && (in_range(*address, {"127.0.0.0", 8}) || in_range(*address, {"::1", 128}));
}

bool is_multicast_or_unspecified(std::string_view host) noexcept {
  const auto address = parse_literal(host);
  if (!address) return false;
  return in_range(*address, {"224.0.0.0", 4}) || in_range(*address, {"ff00::", 8}) ||
         in_range(*address, {"0.0.0.0", 32}) || in_range(*address, {"::", 128});
}

bool is_private_address(std::string_view host) noexcept {
  const auto address = parse_literal(host);
  return address && std::any_of(private_ranges.begin(), private_ranges.end(),
                                [&](const Range& range) { return in_range(*address, range); });
}

bool same_prefix(const std::array<std::byte, 16>& left, const std::array<std::byte, 16>& right,
                 unsigned prefix_bits) noexcept {
  auto left_prefix = left;
  auto right_prefix = right;
  clear_host_bits(left_prefix, prefix_bits);
  clear_host_bits(right_prefix, prefix_bits);
  return left_prefix == right_prefix;
}

void clear_host_bits(std::array<std::byte, 16>& address, unsigned prefix_bits) noexcept {
  for (unsigned index = 0; index < address.size(); ++index) {
    const unsigned kept = prefix_bits > index * 8 ? std::min(8u, prefix_bits - index * 8) : 0;
    address[index] &= static_cast<std::byte>((0xff00u >> kept) & 0xffu);
  }
}

}  // namespace sluice::config
