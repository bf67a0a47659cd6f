#include "peers/peer_answers.h"

#include <algorithm>
#include <charconv>

#include "peers/peer_host.h"

namespace sluice::peers {
namespace {

using serve::JsonKind;
using serve::JsonValue;

constexpr std::size_t host_bytes_max = 255;
constexpr std::size_t detail_bytes_max = 32;
constexpr std::uint32_t details_read_max = 10;

Error unreadable(const char* what) { return {ErrorKind::corrupt, what}; }

std::optional<std::uint32_t> number_of(const JsonValue& value) {
  if (!value || !value.is(JsonKind::integer)) return std::nullopt;
  const std::string_view token = value.token();
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return number;
}

/// 0 for what is no port, null among it.
std::uint16_t port_of(const JsonValue& value) {
  const auto number = number_of(value);
  return number && *number <= 65535 ? static_cast<std::uint16_t>(*number) : std::uint16_t{0};
}

/// The text of a short string; "" for any other value.
std::string short_text(const JsonValue& value, std::size_t bytes_max) {
  // Six bytes of an escape make one of text at the least.
  if (!value || !value.is(JsonKind::string) || value.token().size() > 6 * bytes_max + 2) return {};
  std::string text = value.text();
  return text.size() <= bytes_max ? text : std::string();
}

}  // namespace

std::string plain_text(const JsonValue& value, std::size_t bytes_max) {
  std::string text = short_text(value, bytes_max);
  std::erase_if(text, [](char c) { return c < ' ' || c > '~'; });
  return text;
}

Result<Features> read_features(const JsonValue& value) {
  if (!value.is(JsonKind::object)) return unreadable("its features are no object");
  const JsonValue hosts = value.member("hosts");
  if (!hosts || !hosts.is(JsonKind::object)) return unreadable("its features name no hosts");
  Features features;
  features.genesis_hash = plain_text(value.member("genesis_hash"), 64);
  features.server_version = plain_text(value.member("server_version"), 40);
  features.protocol_min = checked_version(short_text(value.member("protocol_min"), 16));
  const std::string protocol_max = checked_version(short_text(value.member("protocol_max"), 16));
  const auto pruning = number_of(value.member("pruning"));
  JsonValue key = hosts.first();
  for (std::uint32_t i = 0; i < std::min(hosts.size(), hosts_read_max); ++i) {
    const JsonValue ports = key.next();
    auto host = checked_host(short_text(key, host_bytes_max));
    key = ports.next();
    if (!host || !ports.is(JsonKind::object)) continue;
    PeerName name;
    name.host = std::move(*host);
    name.ports = {port_of(ports.member("tcp_port")), port_of(ports.member("ssl_port"))};
    if (!protocol_max.empty()) name.protocol_max = protocol_max;
    name.pruning = pruning;
    if (name.ports != Ports{}) features.hosts.push_back(std::move(name));
  }
  return features;
}

Result<std::vector<PeerName>> read_peers(const JsonValue& value, Ports usual) {
  if (!value.is(JsonKind::array)) return unreadable("its peers are no array");
  std::vector<PeerName> peers;
  JsonValue entry = value.first();
  for (std::uint32_t i = 0; i < std::min(value.size(), peers_read_max); ++i, entry = entry.next()) {
    if (!entry.is(JsonKind::array) || entry.size() < 3) continue;
    const JsonValue host = entry.first().next();
    const JsonValue details = host.next();
    if (!details.is(JsonKind::array)) continue;
    std::string text = short_text(host, host_bytes_max);
    if (text.empty()) continue;
    JsonValue detail = details.first();
    for (std::uint32_t k = 0; k < std::min(details.size(), details_read_max); ++k, detail = detail.next())
      text += " " + short_text(detail, detail_bytes_max);
    if (auto name = parse_real_name(text, usual)) peers.push_back(std::move(name).value());
  }
  return peers;
}

Result<std::uint32_t> read_height(const JsonValue& value) {
  const auto height = value.is(JsonKind::object) ? number_of(value.member("height")) : std::nullopt;
  if (!height) return unreadable("its newest block has no height");
  return *height;
}

}  // namespace sluice::peers
