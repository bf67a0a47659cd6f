// Is a peer what it says it is: a server of our chain, at our height, that lists itself? Over any line to it; no I/O
// of its own.
//
//   server.version -> headers.subscribe -> block.header at the lower of both heights -> server.features
//     -> server.peers.subscribe -> server.add_peer, if we want to be listed and are not
//
// Source: ElectrumX' peer manager.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chain/coin.h"
#include "peers/peer_answers.h"
#include "peers/peer_table.h"
#include "serve/read_view.h"

namespace sluice::peers {

/// One connection to a peer.
class PeerLine {
 public:
  virtual ~PeerLine() = default;
  /// The result of a call; params is JSON. Valid until the next call.
  /// Errors: io if nothing came in time, corrupt for what is no answer, unsupported for an error answer.
  virtual Result<serve::JsonValue> ask(std::string_view method, std::string_view params) = 0;
};

/// What a peer is compared with, and what it is told.
struct OurSide {
  const chain::Network* network = nullptr;
  const serve::ReadView* view = nullptr;
  std::string software;            ///< the name given in server.version
  std::string protocols;           ///< JSON, ["1.4","1.6"]
  std::vector<std::string> hosts;  ///< who of its peers are we
  std::string announcement;        ///< features to be listed with; empty: not announced
};

struct VerifyResult {
  Verified verified;
  std::vector<PeerName> peers;  ///< whom it lists
  bool was_told = false;        ///< it took our announcement
};

/// How far the heights may be apart: blocks spread within minutes.
inline constexpr std::uint32_t height_distance_max = 5;

/// Errors: corrupt or limit if it is a bad peer; io if it could not be asked, unsupported if it refuses to answer. The
/// text does not name the peer.
[[nodiscard]] Result<VerifyResult> verify(const PeerName& name, const OurSide& ours, PeerLine& line);

}  // namespace sluice::peers
