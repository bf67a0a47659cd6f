// What a peer answers, read with distrust: every count, length, number and host is checked. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "peers/peer_name.h"
#include "serve/json_document.h"

namespace sluice::peers {

/// Of a peer's hosts and of the peers that it lists, only so many are looked at.
inline constexpr std::uint32_t hosts_read_max = 8;
inline constexpr std::uint32_t peers_read_max = 1000;

/// server.features, and the parameter of server.add_peer.
struct Features {
  std::vector<PeerName> hosts;  ///< those with a port; at most hosts_read_max, in order
  std::string genesis_hash;     ///< as sent, at most 64 characters
  std::string server_version;   ///< printable ASCII, at most 40 characters
  std::string protocol_min;
};

/// Errors: corrupt, without the peer's name: not an object, no hosts.
[[nodiscard]] Result<Features> read_features(const serve::JsonValue& value);

/// server.peers.subscribe: [[address, host, [detail...]]...]. Entries that cannot be read are passed over.
/// Errors: corrupt: not an array.
[[nodiscard]] Result<std::vector<PeerName>> read_peers(const serve::JsonValue& value, Ports usual);

/// The height in an answer of headers.subscribe: {"height":n,...}. Errors: corrupt.
[[nodiscard]] Result<std::uint32_t> read_height(const serve::JsonValue& value);

/// Printable ASCII up to `bytes_max` bytes, other characters left out.
[[nodiscard]] std::string plain_text(const serve::JsonValue& value, std::size_t bytes_max);

}  // namespace sluice::peers
