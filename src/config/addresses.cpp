// Nodes to call (DAEMON_URL) and networks to trust (TRUSTED_PROXIES).
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "config/endpoints.h"
#include "config/host.h"
#include "config/text.h"

namespace sluice::config {

namespace {

/// Percent escapes decoded, as the peers' HTTP library does; a stray percent sign stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool take_prefix(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// The message shows only what follows the last '@': passwords stay out of logs. Without one, any part of the entry may
/// be a password, as when it has a comma in it.
Error bad_url(std::string_view item) {
  const std::size_t at = item.rfind('@');
  const std::string shown =
      at == std::string_view::npos ? "(not shown: no '@')" : in_quotes("...@" + std::string(item.substr(at + 1)));
  return {ErrorKind::config, "invalid daemon URL: " + shown + "; expected [http[s]://]user:pass@host[:port][/]"};
}

Result<DaemonUrl> parse_daemon_url(std::string_view item) {
  std::string_view rest = trimmed(item);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  DaemonUrl url;
  if (take_prefix(rest, "https://")) url.tls = true;
  else take_prefix(rest, "http://");
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view credentials = rest.substr(0, at);
    const std::size_t colon = credentials.find(':');
    if (colon == std::string_view::npos) return bad_url(item);
    url.user = percent_decoded(credentials.substr(0, colon));
    url.password = percent_decoded(credentials.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  const auto split = split_host_port(rest);
  if (!split || !is_host(split->host)) return bad_url(item);
  url.host = lower_case(split->host);
  url.port = split->port.value_or(std::uint16_t{0});
  return url;
}

std::optional<AddressRange> parse_range(std::string_view item) noexcept {
  const std::size_t slash = item.find('/');
  const auto literal = parse_literal(item.substr(0, slash));
  if (!literal) return std::nullopt;
  const unsigned bits_max = literal->is_ipv6 ? 128 : 32;
  unsigned bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view text = item.substr(slash + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || bits > bits_max)
      return std::nullopt;
  }
  AddressRange range{literal->bytes, literal->is_ipv6, static_cast<std::uint8_t>(bits)};
  clear_host_bits(range.address, bits);
  return range;
}

}  // namespace

std::string DaemonUrl::logged() const { return show_host_port(host, port) + "/"; }

Result<std::vector<DaemonUrl>> parse_daemon_urls(std::string_view text) {
  std::vector<DaemonUrl> urls;
  for (;;) {
    const std::size_t comma = text.find(',');
    auto url = parse_daemon_url(text.substr(0, comma));
    if (!url) return std::move(url).error();
    urls.push_back(std::move(url).value());
    if (comma == std::string_view::npos) return urls;
    text.remove_prefix(comma + 1);
  }
}

Result<std::vector<AddressRange>> parse_address_ranges(std::string_view text) {
  constexpr std::string_view separators = ", \t\r\n";
  std::vector<AddressRange> ranges;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    const auto range = parse_range(item);
    if (!range)
      return Error{ErrorKind::config, in_quotes(item) + " is not a network; expected ADDRESS or ADDRESS/BITS"};
    ranges.push_back(*range);
  }
  return ranges;
}

std::string show(const AddressRange& range) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(range.is_ipv6 ? AF_INET6 : AF_INET, range.address.data(), text.data(), text.size());
  return std::string(text.data()) + "/" + std::to_string(range.prefix_bits);
}

}  // namespace sluice::config
