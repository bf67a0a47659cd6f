#include "main/transport_wiring.h"

#include <fmt/format.h>
#include <semaphore.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "observe/log.h"
#include "observe/progress.h"
#include "observe/service_manager.h"

namespace sluice {
namespace {

constexpr std::string_view area = "serve";
constexpr std::time_t look_seconds = 5;  // a renewal every few weeks can wait so long

sem_t watch_semaphore;
std::atomic<bool> hangup{false};
std::atomic<bool> watch_ends{false};

extern "C" void handle_hangup(int) {
  // relaxed: the semaphore orders it.
  hangup.store(true, std::memory_order_relaxed);
  sem_post(&watch_semaphore);
}

void set_hangup_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGHUP, &action, nullptr);
}

std::vector<net::IpNetwork> networks_of(const std::vector<config::AddressRange>& ranges) {
  std::vector<net::IpNetwork> networks;
  for (const config::AddressRange& range : ranges)
    networks.push_back({net::ip_address_from(range.address.data(), range.is_ipv6 ? 16 : 4), range.prefix_bits});
  return networks;
}

}  // namespace

std::optional<net::Transport> transport_of(config::Protocol protocol) noexcept {
  switch (protocol) {
    case config::Protocol::tcp: return net::Transport::tcp;
    case config::Protocol::ssl: return net::Transport::ssl;
    case config::Protocol::ws: return net::Transport::ws;
    case config::Protocol::wss: return net::Transport::wss;
    case config::Protocol::rpc:
    case config::Protocol::http: break;
  }
  return std::nullopt;
}

Result<Transports> make_transports(const config::ServeConfig& config) {
  Transports transports;
  net::TransportOptions& options = transports.options;
  const auto& services = config.server.services;
  const bool wants_tls = std::any_of(services.begin(), services.end(), [](const config::Service& service) {
    return service.protocol == config::Protocol::ssl || service.protocol == config::Protocol::wss;
  });
  if (wants_tls) {
    auto tls = net::TlsContext::load(config.server.ssl_certfile, config.server.ssl_keyfile);
    if (!tls) return std::move(tls).error();
    options.tls = transports.tls = std::move(tls).value();
  }
  options.websocket.message_bytes_max = config.limits.max_recv;
  options.websocket.idle_timeout_ms = static_cast<std::uint64_t>(config.limits.session_timeout.count());
  if (config.address.trust_proxy) options.websocket.forwarded_by.trusted = networks_of(config.address.trusted_proxies);
  options.websocket.forwarded_by.hops = static_cast<unsigned>(config.address.trust_proxy_hops);
  if (config.address.rate_limit_enabled)
    options.address_limit.sessions_max = static_cast<unsigned>(config.address.max_sessions_per_ip);
  options.address_limit.exempt = networks_of(config.address.trusted_proxies);
  options.proxy_protocol_from = networks_of(config.address.proxy_protocol);
  if (!config.address.ban_file.empty()) {
    options.bans = std::make_shared<net::BanList>(config.address.ban_file);
    if (Status loaded = options.bans->load(); !loaded) return std::move(loaded).error();
  }
  return transports;
}

net::CostGroups cost_groups(const config::ServeConfig& config) {
  const config::AddressLimits& address = config.address;
  net::CostGroups groups;
  groups.ipv4_bits = static_cast<unsigned>(config.limits.session_group_by_subnet_ipv4);
  groups.ipv6_bits = static_cast<unsigned>(config.limits.session_group_by_subnet_ipv6);
  groups.exempt = networks_of(address.trusted_proxies);
  if (!address.rate_limit_enabled) return groups;
  groups.address.hard = static_cast<double>(address.ip_cost_hard_limit);
  groups.address.decay_per_second = address.ip_cost_decay_per_sec.value_or(groups.address.hard / 10'000);
  groups.address.block_ms = static_cast<std::uint64_t>(address.rate_block_duration.count());
  groups.address.state_ttl_ms = static_cast<std::uint64_t>(address.ip_state_ttl.count());
  return groups;
}

void raise_open_files_limit(std::uint64_t sessions_max) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  const std::uint64_t wanted = sessions_max + config::files_besides_sessions;
  if (files.rlim_cur >= wanted) return;
  const std::uint64_t before = files.rlim_cur;
  files.rlim_cur = std::min<rlim_t>(wanted, files.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) {
    observe::log_warning(area,
                         fmt::format("open files: the limit stays at {} although {} sessions need {} ({}): clients "
                                     "beyond it wait; raise it before the start or lower --max-sessions",
                                     before, sessions_max, wanted, std::strerror(errno)));
    return;
  }
  if (files.rlim_cur > before)
    observe::log_info(area, fmt::format("open files: limit raised from {} to {} for {} sessions", before,
                                        static_cast<std::uint64_t>(files.rlim_cur), sessions_max));
}

CertificateWatch::CertificateWatch(std::shared_ptr<net::TlsContext> tls, std::shared_ptr<net::BanList> bans)
    : tls_(std::move(tls)), bans_(std::move(bans)) {
  sem_init(&watch_semaphore, 0, 0);
  watch_ends.store(false, std::memory_order_relaxed);
  set_hangup_handler(handle_hangup);
  thread_ = std::thread([this] { run(); });
}

CertificateWatch::~CertificateWatch() {
  watch_ends.store(true, std::memory_order_relaxed);
  sem_post(&watch_semaphore);
  thread_.join();
  set_hangup_handler(SIG_IGN);
}

void CertificateWatch::renew(bool asked) const {
  Result<bool> reloaded = false;
  if (!asked) {
    reloaded = tls_->reload_if_changed();
  } else if (Status status = tls_->reload(); status) {
    reloaded = true;
  } else {
    reloaded = std::move(status).error();
  }
  if (!reloaded) observe::log_error(area, fmt::format("{}: the certificate in use stays", reloaded.error().message));
  else if (reloaded.value()) observe::log_info(area, "the certificate was reloaded, new connections get it");
}

void CertificateWatch::reload_bans() const {
  if (const Status loaded = bans_->load(); !loaded)
    observe::log_error(area, fmt::format("{}: the bans in use stay", loaded.error().message));
  else
    observe::log_info(area, fmt::format("the list of bans was read again: {} addresses and networks", bans_->size()));
}

void CertificateWatch::run() const {
  while (true) {
    timespec until{};
    ::clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += look_seconds;
    while (::sem_timedwait(&watch_semaphore, &until) != 0 && errno == EINTR) {}
    if (watch_ends.load(std::memory_order_relaxed)) return;
    const bool asked = hangup.exchange(false, std::memory_order_relaxed);
    if (asked) observe::notify_reloading();
    if (asked && bans_) reload_bans();
    if (tls_) renew(asked);
    if (asked) observe::notify_ready();
  }
}

}  // namespace sluice
