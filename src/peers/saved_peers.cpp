#include "peers/saved_peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "config/host.h"

namespace sluice::peers {
namespace {

constexpr std::string_view first_line = "sluice peers 1";
constexpr std::size_t file_bytes_max = std::size_t{4} << 20;
/// No port is a usual one: all are written out and must be there.
constexpr Ports no_usual_ports{};

std::string_view next_part(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

std::optional<SavedPeer> read_line(std::string_view line) {
  SavedPeer peer;
  const std::string_view time = next_part(line, ' ');
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), peer.last_good);
  if (error != std::errc{} || end != time.data() + time.size() || peer.last_good < 0) return std::nullopt;
  const std::string_view address = next_part(line, ' ');
  if (address != "-") {
    if (!config::parse_literal(address)) return std::nullopt;
    peer.address = address;
  }
  auto name = parse_real_name(line, no_usual_ports);
  if (!name) return std::nullopt;
  peer.name = std::move(name).value();
  return peer;
}

}  // namespace

std::string show_saved(const PeerTable& table) {
  std::string text = fmt::format("{}\n", first_line);
  for (const auto& [host, peer] : table.peers()) {
    if (peer.last_good == 0 || peer.is_bad || peer.is_own()) continue;
    text += fmt::format("{} {} {}\n", peer.last_good, peer.address.empty() ? "-" : peer.address,
                        real_name(peer.name, no_usual_ports));
  }
  return text;
}

Result<std::vector<SavedPeer>> read_saved(std::string_view text) {
  if (next_part(text, '\n') != first_line)
    return Error{ErrorKind::unsupported, fmt::format("line 1 is not '{}'", first_line)};
  std::vector<SavedPeer> peers;
  for (std::size_t number = 2; !text.empty(); ++number) {
    auto peer = read_line(next_part(text, '\n'));
    if (!peer) return Error{ErrorKind::corrupt, fmt::format("line {} is no saved peer", number)};
    peers.push_back(std::move(*peer));
  }
  return peers;
}

Result<std::vector<SavedPeer>> load_peers(const std::filesystem::path& file) {
  std::error_code code;
  if (!std::filesystem::exists(file, code)) return std::vector<SavedPeer>();
  const auto bytes = std::filesystem::file_size(file, code);
  if (code) return Error{ErrorKind::io, fmt::format("{}: {}", file.string(), code.message())};
  if (bytes > file_bytes_max)
    return Error{ErrorKind::limit, fmt::format("{}: larger than {} bytes", file.string(), file_bytes_max)};
  std::ifstream source(file, std::ios::binary);
  std::ostringstream text;
  text << source.rdbuf();
  if (!source) return Error{ErrorKind::io, fmt::format("{}: cannot be read", file.string())};
  auto peers = read_saved(text.view());
  if (!peers) return Error{peers.error().kind, fmt::format("{}: {}", file.string(), peers.error().message)};
  return peers;
}

}  // namespace sluice::peers
