// What the operator's methods need of the running server.
//
// serve declares it and turns it into answers; main implements it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "serve/peer_gate.h"
#include "serve/session_row.h"

namespace sluice::serve {

struct CacheFigures {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t entries = 0;
};

/// Of the running server; sums since its start.
struct AdminFigures {
  std::string daemon;  ///< "host:port/", without user and password; empty without a node
  std::uint32_t daemon_height = 0;
  std::optional<std::uint32_t> height;  ///< clients see the chain up to it
  std::uint64_t commits = 0;            ///< of the index
  CacheFigures history_cache;
  CacheFigures merkle_cache;
  CacheFigures tx_hashes_cache;
  std::int64_t process_id = 0;
  std::vector<std::pair<std::string_view, std::uint64_t>> requests;  ///< by method
  std::uint64_t transactions_sent = 0;
  std::uint64_t uptime_s = 0;
};

/// What is done to sessions.
enum class SessionDeed : std::uint8_t { disconnect, log, do_not_log };

/// Any thread but those of the clients' sessions: calls may wait for these.
class AdminGate {
 public:
  virtual ~AdminGate() = default;

  [[nodiscard]] virtual AdminFigures figures() = 0;
  /// All that are open, by the time they came. Errors: io: the server is stopping.
  [[nodiscard]] virtual Result<std::vector<SessionRow>> sessions() = 0;
  /// To the sessions with these ids that are still there.
  virtual void act(SessionDeed deed, std::vector<std::uint64_t> ids) = 0;
  /// Are sessions logged that come from now on?
  virtual void log_new_sessions(bool wanted) = 0;
  [[nodiscard]] virtual bool logs_new_sessions() const = 0;
  virtual void stop() = 0;

  /// Another node than that of the settings, or with an empty text that one again; what it is called now.
  /// Errors: config: it cannot be read; unsupported: offline.
  [[nodiscard]] virtual Result<std::string> use_daemon(std::string_view url) = 0;
  /// Errors: unsupported: the index is not at the node's tip; limit: too many blocks.
  virtual Status reorg(std::uint32_t count) = 0;

  /// nullptr: without peer discovery.
  [[nodiscard]] virtual PeerGate* peers() const = 0;
};

}  // namespace sluice::serve
