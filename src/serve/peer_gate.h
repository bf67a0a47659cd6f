// The other servers of the network: what clients are told of them, and what servers and the operator tell of them.
//
// serve declares it; peers implements it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "serve/json_document.h"
#include "serve/node_gate.h"

namespace sluice::serve {

/// Peers by what the last checks said.
struct PeerCounts {
  std::size_t good = 0;   ///< within 3 h
  std::size_t stale = 0;  ///< longer ago
  std::size_t never = 0;  ///< not yet
  std::size_t bad = 0;    ///< of another chain, or not what it says it is
};

/// All calls: any thread, without waiting.
class PeerGate {
 public:
  virtual ~PeerGate() = default;

  /// Appends the answer of server.peers.subscribe, a JSON array.
  virtual void append_peers(std::string& reply, std::string_view client_address) = 0;
  /// server.add_peer: the answer is `true` or `false`; never null. Who waits is woken as for an answer of the node.
  [[nodiscard]] virtual std::shared_ptr<const NodeAnswer> ask_add(const JsonValue& features,
                                                                  std::string_view client_address) = 0;

  /// What the operator sees: a JSON array of {host, features, source, ip_addr, last_good, last_try, try_count, status}.
  virtual void append_rows(std::string& reply) const = 0;
  [[nodiscard]] virtual PeerCounts counts() const = 0;
  /// What the operator adds, as "host t50001 s50002". Errors: config, saying what cannot be read.
  virtual Status add(std::string_view real_name) = 0;
};

}  // namespace sluice::serve
