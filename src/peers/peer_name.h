// A peer as it is known to others, and the form operators write it in:
//
//   electrum.example.org v1.4.2 p1000 s50002 t
//
// host, then in any order the newest protocol version, what is pruned, the ports of TLS and TCP; a port without a
// number is the network's usual one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chain/coin.h"

namespace sluice::peers {

/// 0: not served.
struct Ports {
  std::uint16_t tcp = 0;
  std::uint16_t ssl = 0;
  friend bool operator==(const Ports&, const Ports&) = default;
};

/// The ports that are written without a number. Source: ElectrumX' PEER_DEFAULT_PORTS.
[[nodiscard]] Ports usual_ports(const chain::Network& network) noexcept;

struct PeerName {
  std::string host;  ///< as checked_host() gives it
  Ports ports;       ///< at least one of them
  std::string protocol_max = "1.4";
  std::optional<std::uint32_t> pruning;
  friend bool operator==(const PeerName&, const PeerName&) = default;
};

/// Digits and dots, at most 16 characters; "" for any other text.
[[nodiscard]] std::string checked_version(std::string_view text);

/// Words that are not known are passed over, as newer servers may have more.
/// Bounds: text up to 1000 bytes. Errors: config, naming the host: no host, a port out of range, no port at all.
[[nodiscard]] Result<PeerName> parse_real_name(std::string_view text, Ports usual);
/// Several, separated by commas; empty ones are passed over. Errors: the first that cannot be read.
[[nodiscard]] Result<std::vector<PeerName>> parse_real_names(std::string_view text, Ports usual);

/// What follows the host: v, p, s, t.
[[nodiscard]] std::vector<std::string> details_of(const PeerName& name, Ports usual);
[[nodiscard]] std::string real_name(const PeerName& name, Ports usual);

}  // namespace sluice::peers
