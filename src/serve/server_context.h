// Everything a request may look at beside its own line and session.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chain/coin.h"
#include "serve/mempool_view.h"
#include "serve/merkle_cache.h"
#include "serve/node_gate.h"
#include "serve/peer_gate.h"
#include "serve/protocol_version.h"
#include "serve/read_view.h"
#include "serve/status_cache.h"
#include "serve/swap_view.h"

namespace sluice::serve {

class AdminGate;
class RequestObserver;
struct Method;
[[nodiscard]] std::span<const Method> all_methods() noexcept;

/// One `proto://host:port` that server.features reports.
struct ReportedService {
  std::string protocol;  ///< tcp, ssl, ws, wss
  std::string host;
  std::uint16_t port = 0;
};

struct ServeOptions {
  const chain::Network* network = nullptr;
  /// Mirror the peers' visible habits: their name and versions, their history limit.
  bool parity = false;
  /// Largest reply in bytes; 0: no limit.
  std::size_t max_send = 10'000'000;
  /// Scripts and outpoints that one session can be told of.
  std::size_t max_subscriptions = 100'000;
  bool has_swaps = false;  ///< there is a swap index, or will be when it is made
  bool swap_only = false;  ///< the index has nothing but swaps
  /// Signatures of swap offers are checked in this server's own calls, unless a call says otherwise.
  bool verify_offers = false;
  /// How OP_1..OP_16 were read as output index of an offer (classify::SwapOptions).
  bool op_number_index = false;
  std::string donation_address;
  std::vector<ReportedService> services;

  [[nodiscard]] std::string software() const { return parity ? "ElectrumX 1.4.1" : "sluice " SLUICE_VERSION; }
  [[nodiscard]] VersionRange versions() const {
    if (parity) return {{1, 4}, {1, 4, 2}, "1.4.2"};
    return {{1, 4}, {1, 6, 0}, "1.6"};
  }
};

/// Reads the operator's banner text; nullopt if there is none or it cannot be read.
/// Called per request, from several threads at once.
using BannerSource = std::function<std::optional<std::string>()>;

/// Is a client of this name unwelcome? The name is of client_name_characters_max characters at most.
/// Called per server.version, from several threads at once.
using ClientFilter = std::function<bool(const std::string& name)>;

/// Hears why a request failed here and not at the client: the client is told that it did, the log which file.
/// Called per failure, from several threads at once.
using FailureSink = std::function<void(const Error&)>;

/// Shared by all sessions of a thread. The views may be replaced between lines, never during one.
struct ServerContext {
  const ReadView* view = nullptr;  ///< never missing where clients are answered
  /// The unconfirmed transactions on top of `view`; nullptr: answers are of confirmed ones only.
  const MempoolView* mempool = nullptr;
  const SwapView* swaps = nullptr;  ///< of the same height as `view`; nullptr: no swap index
  const ServeOptions* options = nullptr;
  MerkleCaches* merkle = nullptr;
  StatusCache* statuses = nullptr;  ///< nullptr: every status is made from the whole history
  NodeGate* node = nullptr;         ///< nullptr: offline
  PeerGate* peers = nullptr;        ///< nullptr: without peer discovery
  BannerSource banner;
  ClientFilter drops_client;                        ///< may be empty: all are welcome
  FailureSink on_failure;                           ///< may be empty
  std::span<const Method> methods = all_methods();  ///< those that are answered
  AdminGate* admin = nullptr;                       ///< of the operator's methods only
  RequestObserver* observer = nullptr;              ///< of this thread; may be missing
};

}  // namespace sluice::serve
