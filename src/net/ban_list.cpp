#include "net/ban_list.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace sluice::net {
namespace {

std::string key_of(const IpAddress& address, unsigned bits) {
  const IpAddress first = first_bits(address, bits);
  return {reinterpret_cast<const char*>(first.bytes.data()), first.bytes.size()};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::optional<IpNetwork> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ip_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned bits_max = address->is_ipv6 ? 128 : 32;
  unsigned bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits > bits_max) return std::nullopt;
  }
  return IpNetwork{*address, static_cast<std::uint8_t>(bits)};
}

}  // namespace

void NetworkSet::add(const IpNetwork& network) {
  auto& networks = by_prefix_[{network.address.is_ipv6, network.prefix_bits}];
  if (networks.insert(key_of(network.address, network.prefix_bits)).second) ++size_;
}

bool NetworkSet::contains(const IpAddress& address) const {
  for (const auto& [prefix, networks] : by_prefix_) {
    if (prefix.first == address.is_ipv6 && networks.contains(key_of(address, prefix.second))) return true;
  }
  return false;
}

Result<NetworkSet> parse_ban_list(std::string_view text) {
  NetworkSet networks;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), whole.size() + 1));
    const std::string_view entry = trimmed(whole.substr(0, whole.find('#')));
    if (entry.empty()) continue;
    const auto network = parse_network(entry);
    if (!network) {
      return Error{ErrorKind::config, "line " + std::to_string(number) +
                                          " is no address and no network: write one a line, as 203.0.113.7 or "
                                          "2001:db8::/32"};
    }
    networks.add(*network);
  }
  return networks;
}

Status BanList::load() {
  std::ifstream file(path_, std::ios::binary);
  if (!file) return Error{ErrorKind::io, "--ban-file: " + path_.string() + ": " + std::strerror(errno)};
  std::error_code unknown;
  const std::uintmax_t bytes = std::filesystem::file_size(path_, unknown);
  if (unknown || bytes > file_bytes_max)
    return Error{ErrorKind::config, "--ban-file: " + path_.string() + ": no file of at most 16 MiB"};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto networks = parse_ban_list(text);
  if (!networks) return Error{ErrorKind::config, "--ban-file: " + path_.string() + ": " + networks.error().message};
  auto next = std::make_shared<const NetworkSet>(std::move(networks).value());
  const std::lock_guard lock(mutex_);
  networks_.swap(next);
  return {};
}

bool BanList::contains(std::string_view address) const {
  const auto parsed = parse_ip_address(address);
  return parsed && current()->contains(*parsed);
}

HandlerFactory refused_to_banned(HandlerFactory inner, std::shared_ptr<BanList> list) {
  if (!list) return inner;
  return [inner = std::move(inner),
          list = std::move(list)](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
    if (!list->contains(info.peer_address)) return inner(info);
    list->count_refused();
    return nullptr;
  };
}

}  // namespace sluice::net
