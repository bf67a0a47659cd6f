#include "peers/verification.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "serve/json_text.h"

namespace sluice::peers {
namespace {

using serve::JsonKind;
using serve::JsonValue;

Error bad(std::string why) { return {ErrorKind::corrupt, std::move(why)}; }

Status check_chain(const OurSide& ours, PeerLine& line) {
  const auto tip = line.ask("blockchain.headers.subscribe", "[]");
  if (!tip) return tip.error();
  const auto theirs = read_height(tip.value());
  if (!theirs) return theirs.error();
  const std::uint32_t their_height = theirs.value();
  const std::uint32_t our_height = ours.view->tip_height();
  const std::uint32_t common = std::min(our_height, their_height);
  if (std::max(our_height, their_height) - common > height_distance_max)
    return bad(fmt::format("its height is {}, ours {}", their_height, our_height));
  const auto header = ours.view->header(common);
  // Our own trouble, not the peer's.
  if (!header) return Error{ErrorKind::io, header.error().message};
  const auto answer = line.ask("blockchain.block.header", fmt::format("[{}]", common));
  if (!answer) return answer.error();
  if (!answer.value().is(JsonKind::string) || !answer.value().equals(to_hex(header.value())))
    return bad(fmt::format("its block {} is another one", common));
  return {};
}

}  // namespace

Result<VerifyResult> verify(const PeerName& name, const OurSide& ours, PeerLine& line) {
  VerifyResult result;
  std::string params = "[";
  serve::append_json_string(params, ours.software);
  params += "," + ours.protocols + "]";
  const auto version = line.ask("server.version", params);
  if (!version) return version.error();
  if (version.value().is(JsonKind::array) && version.value().size() > 0)
    result.verified.server_version = plain_text(version.value().first(), 40);
  if (Status status = check_chain(ours, line); !status) return std::move(status).error();

  const auto said = line.ask("server.features", "[]");
  if (!said) return said.error();
  auto features = read_features(said.value());
  if (!features) return std::move(features).error();
  if (features.value().genesis_hash != ours.network->genesis_hash) return bad("its chain has another genesis block");
  const auto& hosts = features.value().hosts;
  const auto own =
      std::find_if(hosts.begin(), hosts.end(), [&](const PeerName& host) { return host.host == name.host; });
  if (own == hosts.end()) return bad("it does not list itself in its features");
  result.verified.ports = own->ports;
  result.verified.protocol_max = own->protocol_max;
  result.verified.pruning = own->pruning;
  result.verified.protocol_min = features.value().protocol_min;
  if (result.verified.server_version.empty()) result.verified.server_version = features.value().server_version;

  const auto listed = line.ask("server.peers.subscribe", "[]");
  if (!listed) return listed.error();
  auto peers = read_peers(listed.value(), usual_ports(*ours.network));
  if (!peers) return std::move(peers).error();
  result.peers = std::move(peers).value();
  const auto is_ours = [&](const PeerName& peer) {
    return std::find(ours.hosts.begin(), ours.hosts.end(), peer.host) != ours.hosts.end();
  };
  const bool lists_us = std::erase_if(result.peers, is_ours) > 0;
  if (!ours.announcement.empty() && !lists_us) {
    // It may refuse, and be no worse a peer for it.
    const auto added = line.ask("server.add_peer", "[" + ours.announcement + "]");
    result.was_told = added.ok() && added.value().is(JsonKind::boolean_true);
  }
  return result;
}

}  // namespace sluice::peers
