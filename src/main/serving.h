// The parts that answer clients, put together: used by every way to serve.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "config/config.h"
#include "main/transport_wiring.h"
#include "net/electrum_endpoint.h"
#include "net/tcp_server.h"
#include "peers/peer_service.h"
#include "serve/merkle_cache.h"

namespace sluice {

/// What the clients' side is at; counts are sums since the start.
struct ServingFigures {
  bool is_listening = false;
  std::optional<std::uint32_t> height;  ///< sessions answer from it
  std::uint64_t transactions = 0;       ///< of the blocks up to it
  std::uint64_t failures = 0;           ///< requests that could not be answered: the index could not be read
  unsigned sessions = 0;                ///< now
  std::uint64_t accepted = 0;           ///< connections, as the following
  std::uint64_t refused = 0;
  std::uint64_t stalled = 0;
  std::uint64_t idled = 0;
  std::uint64_t delayed = 0;  ///< requests that waited for their cost's sake
  std::uint64_t delay_ms = 0;
  std::uint64_t excessive = 0;  ///< sessions ended at the hard limit
  std::uint64_t blocked = 0;    ///< sessions ended because of what their address cost
  std::uint64_t timed_out = 0;  ///< requests answered "server busy"
  double cost = 0;              ///< of all sessions, now
  std::uint64_t banned = 0;     ///< connections refused by the list of bans
};

class Serving {
 public:
  /// Opens nothing yet. node: null when offline. Errors: config. Lifetime: config and node outlive this.
  static Result<std::unique_ptr<Serving>> prepare(const config::ServeConfig& config, serve::NodeGate* node = nullptr);
  ~Serving();

  /// Sessions answer from this from now on, and those who asked are told of the changes. The first one must come before
  /// listen(). Any thread, one at a time.
  void publish(const serve::Snapshot& snapshot, serve::Changes changes);
  /// An answer of the node is ready. Any thread.
  void node_answered();
  /// Hashes what answers need, so that no client waits for it, and opens the services. Errors: config, io.
  Status listen();
  /// Takes no more connections, answers what was received, closes.
  void stop();

  /// Any thread, at any time; never waits for publish() or listen().
  [[nodiscard]] ServingFigures figures() const;
  /// What sessions answer from now; empty before the first one. As figures(). A reorganisation waits for who holds it.
  [[nodiscard]] serve::Snapshot snapshot() const;
  /// For answers outside of sessions, without a node. Lifetime: the snapshot's and this one's.
  [[nodiscard]] serve::ServerContext context_of(const serve::Snapshot& snapshot) const;
  [[nodiscard]] net::EndpointFigures requests() const { return endpoint_->figures(); }
  /// The open sessions by id. Any thread but those of sessions. Errors: io: a loop did not answer.
  [[nodiscard]] Result<std::vector<serve::SessionRow>> sessions();
  /// Any thread.
  void order(serve::SessionDeed deed, std::vector<std::uint64_t> ids);
  /// To be shared with what else has sessions.
  [[nodiscard]] const std::shared_ptr<net::SessionRegistry>& registry() const noexcept { return registry_; }
  /// Null without peer discovery.
  [[nodiscard]] serve::PeerGate* peers() const noexcept { return peers_.get(); }
  [[nodiscard]] const serve::ServeOptions& options() const noexcept { return options_; }

 private:
  explicit Serving(const config::ServeConfig& config);
  Status prepare_peers();
  void post(const std::shared_ptr<const net::Event>& event);

  const config::ServeConfig& config_;
  serve::ServeOptions options_;
  serve::MerkleCaches merkle_;
  serve::StatusCache statuses_;
  session::SessionLimits limits_;
  mutable std::atomic<std::uint64_t> failures_{0};
  net::TcpServerOptions listen_;
  Transports transports_;
  std::mutex mutex_;                   // held while something is published or the server comes and goes
  mutable std::mutex snapshot_mutex_;  // held for moments, and by publish() with mutex_
  serve::Snapshot snapshot_;
  mutable std::mutex figures_mutex_;  // held for moments: the figures of the index, and open_server_
  ServingFigures index_figures_;
  net::TcpServer* open_server_ = nullptr;
  std::unique_ptr<peers::PeerService> peers_;  ///< null: without peer discovery
  std::shared_ptr<net::SessionRegistry> registry_ = std::make_shared<net::SessionRegistry>();
  std::unique_ptr<net::ElectrumEndpoint> endpoint_;
  std::unique_ptr<net::TcpServer> server_;
  std::unique_ptr<CertificateWatch> certificate_watch_;
};

/// Waits for SIGINT or SIGTERM.
void wait_for_stop();

}  // namespace sluice
