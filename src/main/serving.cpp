#include "main/serving.h"

#include <fmt/format.h>
#include <semaphore.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <regex>
#include <sstream>

#include "main/peer_wiring.h"
#include "main/sync_wiring.h"
#include "main/wiring.h"
#include "observe/log.h"
#include "observe/progress.h"

namespace sluice {
namespace {

constexpr std::string_view area = "serve";
/// A loop goes over its events many times a second; one that takes so long is at its end.
constexpr std::chrono::seconds roster_patience{10};

serve::ServeOptions serve_options(const config::ServeConfig& config) {
  serve::ServeOptions options;
  options.network = config.network;
  options.parity = config.parity;
  options.max_send = config.limits.max_send;
  options.max_subscriptions = static_cast<std::size_t>(config.limits.max_subscriptions);
  options.has_swaps = keeps_swaps(config.swap, *config.network);
  options.verify_offers = config.swap.swap_verify_signatures;
  options.swap_only = config.swap.swap_only;
  options.op_number_index = config.swap.swap_op_number_index;
  options.donation_address = config.server.donation_address;
  for (const auto& service : config.server.report_services) {
    options.services.push_back({std::string(config::name_of(service.protocol)), service.host, service.port});
  }
  return options;
}

/// Logs the first, second, fourth, eighth ... failure: a disk that is gone fails every request.
void log_thinned_out(std::atomic<std::uint64_t>& failures, const Error& error) {
  const std::uint64_t count = failures.fetch_add(1, std::memory_order_relaxed) + 1;
  if (std::has_single_bit(count))
    observe::log_error(area, fmt::format("{} ({} requests failed so far)", error.message, count));
}

std::optional<std::string> read_text(const std::filesystem::path& path) {
  if (path.empty()) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Result<net::TcpServerOptions> server_options(const config::ServeConfig& config) {
  net::TcpServerOptions options;
  const auto backend = net::io_backend_from_environment();
  if (!backend) return backend.error();
  options.backend = backend.value();
  for (const auto& service : config.server.services) {
    if (const auto transport = transport_of(service.protocol))
      options.listen.push_back({service.host, service.port, *transport});
  }
  if (options.listen.empty())
    return Error{ErrorKind::config, "--services: no service to listen on: give one as tcp://127.0.0.1:50010"};
  options.loops = static_cast<unsigned>(config.tuning.threads);
  options.loop.idle_timeout_ms = static_cast<std::uint64_t>(config.limits.session_timeout.count());
  options.loop.sessions_max = static_cast<unsigned>(config.limits.max_sessions);
  return options;
}

}  // namespace

Serving::Serving(const config::ServeConfig& config)
    : config_(config),
      options_(serve_options(config)),
      merkle_(config.network->coin),
      statuses_(config.server.status_cache) {
  const config::SessionLimits& limits = config.limits;
  limits_.max_recv = limits.max_recv;
  limits_.cost = {.soft = static_cast<double>(limits.cost_soft_limit),
                  .hard = static_cast<double>(limits.cost_hard_limit),
                  .bandwidth_unit_bytes = static_cast<double>(limits.bandwidth_unit_cost),
                  .initial_concurrent = static_cast<unsigned>(limits.initial_concurrent),
                  .request_sleep_ms = static_cast<unsigned>(limits.request_sleep.count())};
  limits_.request_timeout_ms = static_cast<std::uint64_t>(limits.request_timeout.count());
}

Serving::~Serving() { stop(); }

Result<std::unique_ptr<Serving>> Serving::prepare(const config::ServeConfig& config, serve::NodeGate* node) {
  std::unique_ptr<Serving> serving(new Serving(config));
  auto listen = server_options(config);
  if (!listen) return std::move(listen).error();
  serving->listen_ = std::move(listen).value();
  auto transports = make_transports(config);
  if (!transports) return std::move(transports).error();
  serving->transports_ = std::move(transports).value();
  if (Status status = serving->prepare_peers(); !status) return std::move(status).error();
  serve::ServerContext context;
  context.options = &serving->options_;
  context.merkle = &serving->merkle_;
  context.statuses = &serving->statuses_;
  context.node = node;
  context.peers = serving->peers_.get();
  if (!config.server.drop_client.empty()) {
    context.drops_client = [pattern = std::regex(config.server.drop_client)](const std::string& name) {
      try {
        return std::regex_search(name, pattern, std::regex_constants::match_continuous);
      } catch (const std::regex_error&) {  // too much work for the library: not what the operator means
        return false;
      }
    };
  }
  context.banner = [path = config.server.banner_file] { return read_text(path); };
  context.on_failure = [&failures = serving->failures_](const Error& error) { log_thinned_out(failures, error); };
  serving->endpoint_ = std::make_unique<net::ElectrumEndpoint>(
      context, serving->limits_, serving->listen_.loops,
      net::SessionNaming{.registry = serving->registry_, .transport = {}, .addresses_hidden = config.server.anon_logs},
      cost_groups(config));
  return serving;
}

Status Serving::prepare_peers() {
  if (config_.peers.peer_discovery == config::PeerDiscovery::off) return {};
  auto options = peer_options(config_, options_);
  if (!options) return std::move(options).error();
  options.value().view = [this] { return snapshot().view; };
  options.value().on_answer = [this] { node_answered(); };
  peers_ = std::make_unique<peers::PeerService>(std::move(options).value());
  return {};
}

void Serving::publish(const serve::Snapshot& snapshot, serve::Changes changes) {
  const std::lock_guard lock(mutex_);
  serve::Snapshot before;
  {
    const std::lock_guard snapshot_lock(snapshot_mutex_);
    before = std::exchange(snapshot_, snapshot);
  }
  {
    const std::lock_guard figures_lock(figures_mutex_);
    const std::uint32_t height = snapshot.view->tip_height();
    index_figures_.height = height;
    index_figures_.transactions = snapshot.view->block_first_tx(height) + snapshot.view->block_tx_count(height);
  }
  auto news = serve::swap_news(before, snapshot, changes);
  if (!news) log_thinned_out(failures_, news.error());
  changes.swaps = news ? std::move(news).value() : serve::SwapNewsList{{}, true};
  before = {};  // a reorg waits until its view is gone
  const auto event = endpoint_->publish(snapshot, std::move(changes));
  if (server_) server_->post(event);
}

void Serving::node_answered() {
  const std::lock_guard lock(mutex_);
  if (server_) server_->post(net::ElectrumEndpoint::node_answered());
}

Status Serving::listen() {
  const std::lock_guard lock(mutex_);
  if (Status status = merkle_.headers.warm(*snapshot_.view); !status) return status;
  raise_open_files_limit(config_.limits.max_sessions);
  auto started = net::TcpServer::start(listen_, net::over_transports(endpoint_->factory(), transports_.options));
  if (!started) return std::move(started).error();
  server_ = std::move(started).value();
  if (!server_->backend_note().empty()) observe::log_info(area, server_->backend_note());
  for (const Error& error : server_->not_opened()) observe::log_error(area, error.message);
  for (std::size_t i = 0; i < listen_.listen.size(); ++i) {
    if (server_->ports()[i] == 0) continue;
    observe::log_info(area,
                      fmt::format("listening on {}://{}:{} ({}), height {}", net::name_of(listen_.listen[i].transport),
                                  listen_.listen[i].host, server_->ports()[i], server_->backend(),
                                  observe::with_separators(snapshot_.view->tip_height())));
  }
  certificate_watch_ = std::make_unique<CertificateWatch>(transports_.tls, transports_.options.bans);
  if (peers_) peers_->start();
  const std::lock_guard figures_lock(figures_mutex_);
  open_server_ = server_.get();
  return {};
}

void Serving::stop() {
  if (peers_) peers_->stop();
  net::TcpServer* server = nullptr;
  {
    const std::lock_guard lock(mutex_);
    server = server_.get();
    const std::lock_guard figures_lock(figures_mutex_);
    open_server_ = nullptr;
  }
  if (server == nullptr) return;
  server->stop();  // meanwhile answers of the node are still posted to it
  const std::lock_guard lock(mutex_);
  server_.reset();
}

ServingFigures Serving::figures() const {
  const std::lock_guard lock(figures_mutex_);
  ServingFigures figures = index_figures_;
  figures.failures = failures_.load(std::memory_order_relaxed);
  if (open_server_ == nullptr) return figures;
  const net::ServerCounters& counters = open_server_->counters();
  figures.is_listening = true;
  figures.sessions = counters.sessions.load(std::memory_order_relaxed);
  figures.accepted = counters.accepted.load(std::memory_order_relaxed);
  figures.refused = counters.refused.load(std::memory_order_relaxed);
  figures.stalled = counters.stalled.load(std::memory_order_relaxed);
  figures.idled = counters.idled.load(std::memory_order_relaxed);
  session::ClientCosts& costs = endpoint_->costs();
  const session::LimitCounters& limited = costs.counters();
  figures.delayed = limited.delayed.load(std::memory_order_relaxed);
  figures.delay_ms = limited.delay_ms.load(std::memory_order_relaxed);
  figures.excessive = limited.excessive.load(std::memory_order_relaxed);
  figures.blocked = limited.blocked.load(std::memory_order_relaxed);
  figures.timed_out = limited.timed_out.load(std::memory_order_relaxed);
  figures.cost = costs.total();
  if (transports_.options.bans) figures.banned = transports_.options.bans->refused();
  return figures;
}

serve::Snapshot Serving::snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

serve::ServerContext Serving::context_of(const serve::Snapshot& snapshot) const {
  serve::ServerContext context;
  context.view = snapshot.view.get();
  context.mempool = snapshot.mempool.get();
  context.swaps = snapshot.swaps.get();
  context.options = &options_;
  context.on_failure = [&failures = failures_](const Error& error) { log_thinned_out(failures, error); };
  return context;
}

void Serving::post(const std::shared_ptr<const net::Event>& event) {
  const std::lock_guard lock(figures_mutex_);
  if (open_server_ != nullptr) open_server_->post(event);
}

Result<std::vector<serve::SessionRow>> Serving::sessions() {
  net::SessionRoster roster(listen_.loops);
  post(roster.take_event());
  auto rows = roster.wait(roster_patience);
  if (!rows) return Error{ErrorKind::io, "the sessions cannot be listed: a loop does not answer"};
  return std::move(*rows);
}

void Serving::order(serve::SessionDeed deed, std::vector<std::uint64_t> ids) {
  post(std::make_shared<net::SessionOrder>(deed, std::move(ids)));
}

namespace {

sem_t stop_semaphore;
void post_stop() noexcept { sem_post(&stop_semaphore); }

}  // namespace

void wait_for_stop() {
  sem_init(&stop_semaphore, 0, 0);
  on_stop(post_stop);
  const auto& stop = stop_requested();
  while (!stop.load(std::memory_order_relaxed)) sem_wait(&stop_semaphore);
  on_stop(nullptr);
}

}  // namespace sluice
