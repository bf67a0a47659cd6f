// Settings to transports: certificates, proxies, files for sockets.
#pragma once

#include <memory>
#include <optional>
#include <thread>

#include "base/error.h"
#include "config/config.h"
#include "net/cost_places.h"
#include "net/transports.h"

namespace sluice {

/// nullopt for rpc, which is no transport of wallets.
[[nodiscard]] std::optional<net::Transport> transport_of(config::Protocol protocol) noexcept;

/// Loads the certificate if a service needs one. Errors: config, naming the file.
struct Transports {
  net::TransportOptions options;
  std::shared_ptr<net::TlsContext> tls;  ///< null without ssl and wss services
};
[[nodiscard]] Result<Transports> make_transports(const config::ServeConfig& config);

/// Whose costs are added up together, and what an address may cost.
[[nodiscard]] net::CostGroups cost_groups(const config::ServeConfig& config);

/// Raises the soft limit of open files to what the sessions need, as far as the hard one allows; the
/// sessions were fitted to that one when the settings were read. Logs one line if it changes anything.
void raise_open_files_limit(std::uint64_t sessions_max);

/// Takes a new certificate and key on SIGHUP, and within seconds after a file changed; on SIGHUP the list of bans, too.
/// Logs what came of it.
/// Only one at a time: a process has one SIGHUP.
class CertificateWatch {
 public:
  /// tls, bans: null where there is none.
  CertificateWatch(std::shared_ptr<net::TlsContext> tls, std::shared_ptr<net::BanList> bans);
  ~CertificateWatch();
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

 private:
  void run() const;
  void renew(bool asked) const;
  void reload_bans() const;

  std::shared_ptr<net::TlsContext> tls_;
  std::shared_ptr<net::BanList> bans_;
  std::thread thread_;
};

}  // namespace sluice
