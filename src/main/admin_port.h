// The admin port (services rpc://): the operator's methods, and the list of sessions in the log.
#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "follow/follower.h"
#include "main/interval_thread.h"
#include "main/serving.h"
#include "net/tcp_server.h"
#include "node/rpc_client.h"
#include "serve/admin_gate.h"

namespace sluice {

/// What is spoken of. All outlive the port.
struct AdminSources {
  Serving* serving = nullptr;  ///< never null
  /// None, or what follows a node, and that node's clients; the first is the one that follows.
  follow::Follower* follower = nullptr;
  std::vector<node::RpcClient*> clients;
};

class AdminPort final : public serve::AdminGate {
 public:
  /// Opens the rpc:// services, if there are any, and begins to log sessions, if that is wanted.
  /// Errors: config, io: an address cannot be had.
  [[nodiscard]] static Result<std::unique_ptr<AdminPort>> open(const config::ServeConfig& config,
                                                               const AdminSources& sources);
  ~AdminPort() override;

  /// Takes no more calls and logs no more sessions.
  void stop_services();
  /// `query` answers from this from now on. Any thread.
  void publish(const serve::Snapshot& snapshot);

  [[nodiscard]] serve::AdminFigures figures() override;
  [[nodiscard]] Result<std::vector<serve::SessionRow>> sessions() override;
  void act(serve::SessionDeed deed, std::vector<std::uint64_t> ids) override;
  void log_new_sessions(bool wanted) override;
  [[nodiscard]] bool logs_new_sessions() const override;
  void stop() override;
  [[nodiscard]] Result<std::string> use_daemon(std::string_view url) override;
  Status reorg(std::uint32_t count) override;
  [[nodiscard]] serve::PeerGate* peers() const override { return sources_.serving->peers(); }

 private:
  AdminPort(const config::ServeConfig& config, const AdminSources& sources);
  Status open_services();
  void log_sessions();

  const config::ServeConfig& config_;
  const AdminSources sources_;
  serve::ServeOptions options_;
  session::SessionLimits limits_;
  std::unique_ptr<net::ElectrumEndpoint> endpoint_;
  std::unique_ptr<net::TcpServer> server_;
  std::unique_ptr<IntervalThread> session_log_;  // ends first
};

}  // namespace sluice
