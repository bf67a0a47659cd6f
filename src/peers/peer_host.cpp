#include "peers/peer_host.h"

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "config/endpoints.h"

namespace sluice::peers {
namespace {

/// Special-use names of RFC 6761, 6762, 8375 and 9476, and what routers and firms call their networks.
constexpr std::array<std::string_view, 9> names_never_public{"localhost", "local", "internal", "lan",    "home",
                                                             "home.arpa", "corp",  "test",     "invalid"};

bool is_below(std::string_view host, std::string_view domain) noexcept {
  return host == domain ||
         (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

/// Could the resolver take the last label for a number, and the name for an address written in an old form?
bool ends_like_a_number(std::string_view host) noexcept {
  const std::string_view label = host.substr(host.rfind('.') + 1);
  return !label.empty() && label.front() >= '0' && label.front() <= '9';
}

unsigned byte_at(const config::AddressBytes& address, std::size_t index) noexcept {
  return static_cast<unsigned>(address.bytes[index]);
}

std::string network_of(const config::AddressBytes& address) {
  return to_hex(std::span(address.bytes).first(address.is_ipv6 ? 4 : 2));
}

}  // namespace

std::optional<std::string> checked_host(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  // is_host() allows a dot at the end as well.
  if (text.ends_with('.') || !config::is_host(text)) return std::nullopt;
  std::string host(text);
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return host;
}

bool is_onion(std::string_view host) noexcept { return host.ends_with(".onion"); }

bool is_public_address(const config::AddressBytes& address) noexcept {
  if (!address.is_ipv6) {
    const unsigned a = byte_at(address, 0), b = byte_at(address, 1), c = byte_at(address, 2);
    const bool is_private = a == 0 || a == 10 || a == 127 || (a == 100 && (b & 0xc0) == 64) || (a == 169 && b == 254) ||
                            (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168);
    const bool is_for_documents = (a == 192 && b == 0 && (c == 0 || c == 2)) || (a == 198 && b == 51 && c == 100) ||
                                  (a == 203 && b == 0 && c == 113);
    const bool is_for_benchmarks = a == 198 && (b & 0xfe) == 18;
    return !is_private && !is_for_documents && !is_for_benchmarks && a < 224;
  }
  // 2000::/3 without Teredo and the other protocols of 2001::/23, 6to4, documentation: the others are not routed, or
  // carry an IPv4 address.
  const unsigned first = byte_at(address, 0) << 8 | byte_at(address, 1);
  const unsigned second = byte_at(address, 2) << 8 | byte_at(address, 3);
  const bool is_protocol = first == 0x2001 && (second < 0x200 || second == 0xdb8);
  return (first & 0xe000) == 0x2000 && first != 0x2002 && !is_protocol;
}

bool is_public_host(std::string_view host) noexcept {
  if (const auto address = config::parse_literal(host)) return is_public_address(*address);
  if (host.find('.') == std::string_view::npos || ends_like_a_number(host)) return false;
  return std::none_of(names_never_public.begin(), names_never_public.end(),
                      [&](std::string_view domain) { return is_below(host, domain); });
}

std::string bucket_of(std::string_view host, std::string_view address) {
  if (is_onion(host)) return "onion";
  if (const auto known = config::parse_literal(address)) return network_of(*known);
  return domain_of(host);
}

std::string domain_of(std::string_view host) {
  if (const auto literal = config::parse_literal(host)) return network_of(*literal);
  const std::size_t last = host.rfind('.');
  if (last == std::string_view::npos || last == 0) return std::string(host);
  return std::string(host.substr(host.rfind('.', last - 1) + 1));
}

}  // namespace sluice::peers
