#include "peers/peer_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "peers/peer_host.h"

namespace sluice::peers {
namespace {

constexpr std::size_t name_bytes_max = 1000;
constexpr std::size_t version_bytes_max = 16;

/// All of text as a decimal number up to `most`.
std::optional<std::uint32_t> number_of(std::string_view text, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

/// False if it is no port.
bool take_port(std::string_view text, std::uint16_t usual, std::uint16_t& port) {
  const auto number = text.empty() ? std::optional<std::uint32_t>(usual) : number_of(text, 65535);
  if (!number || *number == 0) return false;
  port = static_cast<std::uint16_t>(*number);
  return true;
}

std::string_view next_word(std::string_view& text) {
  constexpr std::string_view blanks = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

Ports usual_ports(const chain::Network& network) noexcept {
  return network.name == "mainnet" ? Ports{50001, 50002} : Ports{51001, 51002};
}

std::string checked_version(std::string_view text) {
  const bool is_good = text.size() <= version_bytes_max &&
                       std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return is_good ? std::string(text) : std::string();
}

Result<PeerName> parse_real_name(std::string_view text, Ports usual) {
  if (text.size() > name_bytes_max) return Error{ErrorKind::config, "a peer's name of more than 1000 bytes"};
  auto host = checked_host(next_word(text));
  if (!host) return Error{ErrorKind::config, "a peer needs a host and ports, as in 'example.org s50002 t50001'"};
  PeerName name;
  name.host = std::move(*host);
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    const std::string_view rest = word.substr(1);
    bool is_good = true;
    switch (word.front()) {
      case 's': is_good = take_port(rest, usual.ssl, name.ports.ssl); break;
      case 't': is_good = take_port(rest, usual.tcp, name.ports.tcp); break;
      case 'v':
        if (auto version = checked_version(rest); !version.empty()) name.protocol_max = std::move(version);
        break;
      case 'p': name.pruning = number_of(rest, UINT32_MAX); break;
      default: break;
    }
    if (!is_good) return Error{ErrorKind::config, fmt::format("peer {}: a port is 1 to 65535", name.host)};
  }
  if (name.ports == Ports{})
    return Error{ErrorKind::config, fmt::format("peer {}: no port, as in '{} s50002 t50001'", name.host, name.host)};
  return name;
}

Result<std::vector<PeerName>> parse_real_names(std::string_view text, Ports usual) {
  std::vector<PeerName> names;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (part.find_first_not_of(" \t") == std::string_view::npos) continue;
    auto name = parse_real_name(part, usual);
    if (!name) return std::move(name).error();
    names.push_back(std::move(name).value());
  }
  return names;
}

std::vector<std::string> details_of(const PeerName& name, Ports usual) {
  std::vector<std::string> details{"v" + name.protocol_max};
  if (name.pruning) details.push_back(fmt::format("p{}", *name.pruning));
  const auto add = [&](char letter, std::uint16_t port, std::uint16_t usual_port) {
    if (port == 0) return;
    details.push_back(port == usual_port ? std::string(1, letter) : fmt::format("{}{}", letter, port));
  };
  add('s', name.ports.ssl, usual.ssl);
  add('t', name.ports.tcp, usual.tcp);
  return details;
}

std::string real_name(const PeerName& name, Ports usual) {
  std::string text = name.host;
  for (const std::string& detail : details_of(name, usual)) text += " " + detail;
  return text;
}

}  // namespace sluice::peers
