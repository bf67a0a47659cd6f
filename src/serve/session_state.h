// What the protocol remembers about one client between lines.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash256.h"
#include "serve/fault.h"
#include "serve/mempool_view.h"
#include "serve/node_gate.h"
#include "serve/protocol_version.h"
#include "serve/swap_topics.h"

namespace sluice::serve {

/// Form of requests and replies; fixed by the first message that can be classified.
enum class Dialect : std::uint8_t {
  undecided,  ///< replies in 2.0 form
  loose,      ///< 2.0, with or without the "jsonrpc" member
  strict,     ///< 2.0, every request must say so; with parity only, otherwise such clients are loose too
  node,       ///< the node's own: replies as v1, requests as loose, and one without an id is answered, too
  v1,         ///< "jsonrpc":"1.0": no batches, result and error both present in replies
};

/// Of an outpoint.
struct OutpointSubscription {
  std::string told;                      ///< the status it knows, as JSON
  std::optional<ScriptHash> scripthash;  ///< of its output; unknown: any change may be about it
  bool marked = false;                   ///< it is in marked_outpoints
};

/// Prices of the session cost model that are not a method's own.
struct CostTable {
  static constexpr double connection = 5.0;
  static constexpr double error = 100.0;
  static constexpr double unparseable = 1100.0;
};

struct SessionCounters {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t transactions_sent = 0;
};

/// Of a script. A client has one of each: named in another way, it is told in that way.
struct Subscription {
  std::string text;            ///< as the client wrote it: notifications echo it
  bool by_address = false;     ///< the text is its address
  std::optional<Digest> told;  ///< the status it knows
  bool marked = false;         ///< it is in marked_scripts
};

struct SessionState {
  Dialect dialect = Dialect::undecided;
  bool version_seen = false;       ///< server.version was called, successfully or not
  bool close_after_reply = false;  ///< the reply in hand is the last one
  bool headers_subscribed = false;
  ProtocolVersion version{1, 4};
  std::string client_address;  ///< numeric; empty if it has none
  std::string client_name;     ///< first 17 characters of what it calls itself
  double cost = CostTable::connection;
  Outcome refusal;  ///< requests are answered with it instead of being run
  SessionCounters counters;
  std::unordered_map<ScriptHash, Subscription, Hash32Hasher> scripts;

  std::map<Outpoint, OutpointSubscription> outpoints;
  std::unique_ptr<SwapSubscriptions> swaps;  ///< missing until it asks for one

  /// Of the request at hand, while it waits for the node and until it is answered.
  std::shared_ptr<const NodeAnswer> node_answer;
  /// Did its last run find no answer yet? Decided once a run: the answer may come at any moment in between.
  bool waits_for_node = false;
  [[nodiscard]] bool node_has_answered() const noexcept { return node_answer && node_answer->is_ready(); }

  // What the client is to be told (notifications.h).
  bool tip_marked = false;
  std::vector<ScriptHash> marked_scripts;  ///< each once; perhaps unsubscribed since
  std::vector<Outpoint> marked_outpoints;  ///< as the scripts

  void charge_error() noexcept {
    cost += CostTable::error;
    ++counters.errors;
  }
  [[nodiscard]] bool at_least(const ProtocolVersion& wanted) const { return version >= wanted; }
};

}  // namespace sluice::serve
