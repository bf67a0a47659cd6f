#include "main/admin_port.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "net/loopback_only.h"
#include "observe/log.h"
#include "observe/progress.h"
#include "serve/admin_methods.h"
#include "serve/envelope.h"
#include "serve/method_table.h"

namespace sluice {
namespace {

constexpr std::string_view area = "admin";
constexpr std::string_view refusal_text = "RPC is restricted to loopback connections";
constexpr unsigned operators_max = 100;

std::string refusal_line() {
  std::string line;
  serve::append_error(line, serve::Dialect::loose, serve::bad_request(std::string(refusal_text)), "null");
  return line;
}

/// Fills in what the settings' own check of DAEMON_URL does.
Result<std::vector<config::DaemonUrl>> daemon_urls(std::string_view text, const config::ServeConfig& config) {
  if (text.empty()) return config.server.daemon_url;
  auto urls = config::parse_daemon_urls(text);
  if (!urls) return urls;
  for (config::DaemonUrl& url : urls.value()) {
    if (!url.has_credentials() && config.server.daemon_cookie.empty())
      return Error{ErrorKind::config, "no user and password, and no --daemon-cookie in the settings"};
    if (url.port == 0) url.port = config.network->rpc_port;
  }
  return urls;
}

}  // namespace

AdminPort::AdminPort(const config::ServeConfig& config, const AdminSources& sources)
    : config_(config), sources_(sources), options_(sources.serving->options()) {
  options_.max_send = 0;
  limits_.max_recv = config.limits.max_recv;
  limits_.cost.hard = 0;  // the operator is not limited
}

AdminPort::~AdminPort() { stop_services(); }

void AdminPort::stop_services() {
  session_log_.reset();
  if (server_) server_->stop();
}

Result<std::unique_ptr<AdminPort>> AdminPort::open(const config::ServeConfig& config, const AdminSources& sources) {
  std::unique_ptr<AdminPort> port(new AdminPort(config, sources));
  if (Status status = port->open_services(); !status) return std::move(status).error();
  if (const auto interval = config.server.log_sessions; interval.count() > 0)
    port->session_log_ = std::make_unique<IntervalThread>(interval, [port = port.get()] { port->log_sessions(); });
  return port;
}

Status AdminPort::open_services() {
  serve::ServerContext context;
  context.options = &options_;
  context.methods = serve::admin_methods();
  context.admin = this;
  context.on_failure = [](const Error& error) { observe::log_error(area, error.message); };
  endpoint_ =
      std::make_unique<net::ElectrumEndpoint>(context, limits_, 1,
                                              net::SessionNaming{.registry = sources_.serving->registry(),
                                                                 .transport = config::name_of(config::Protocol::rpc),
                                                                 .addresses_hidden = config_.server.anon_logs});
  net::TcpServerOptions options;
  for (const config::Service& service : config_.server.services) {
    if (service.protocol == config::Protocol::rpc) options.listen.push_back({service.host, service.port});
  }
  if (options.listen.empty()) return {};
  const auto backend = net::io_backend_from_environment();
  if (!backend) return backend.error();
  options.backend = backend.value();
  options.loop.sessions_max = operators_max;
  auto started = net::TcpServer::start(options, net::loopback_only(endpoint_->factory(), refusal_line()));
  if (!started) return std::move(started).error();
  server_ = std::move(started).value();
  if (!server_->not_opened().empty()) return server_->not_opened().front();
  for (std::size_t i = 0; i < options.listen.size(); ++i) {
    observe::log_info(area, fmt::format("listening on rpc://{}",
                                        config::show_host_port(options.listen[i].host, server_->ports()[i])));
  }
  return {};
}

void AdminPort::publish(const serve::Snapshot& snapshot) { (void)endpoint_->publish(snapshot, {}); }

serve::AdminFigures AdminPort::figures() {
  serve::AdminFigures figures;
  const net::EndpointFigures requests = sources_.serving->requests();
  figures.height = sources_.serving->figures().height;
  if (sources_.follower != nullptr) {
    const follow::FollowCounters& counters = sources_.follower->counters();
    figures.daemon = sources_.clients.front()->url();
    figures.daemon_height = counters.node_height.load(std::memory_order_relaxed);
    figures.commits = counters.commits.load(std::memory_order_relaxed);
  }
  const std::span<const serve::Method> methods = serve::all_methods();
  for (std::size_t i = 0; i < requests.requests.methods.size(); ++i) {
    if (const std::uint64_t count = requests.requests.methods[i].count(); count > 0)
      figures.requests.emplace_back(methods[i].name, count);
  }
  figures.process_id = ::getpid();
  figures.transactions_sent = requests.transactions_sent;
  const auto uptime = net::SessionRegistry::Clock::now() - sources_.serving->registry()->begin();
  figures.uptime_s = static_cast<std::uint64_t>(uptime / std::chrono::seconds(1));
  return figures;
}

/// Called on the one loop of this port only, whose sessions can be looked at without asking them.
Result<std::vector<serve::SessionRow>> AdminPort::sessions() {
  auto rows = sources_.serving->sessions();
  if (!rows) return rows;
  for (serve::SessionRow& row : endpoint_->rows_of_loop(0)) rows.value().push_back(std::move(row));
  std::ranges::sort(rows.value(), {}, &serve::SessionRow::id);
  return rows;
}

void AdminPort::act(serve::SessionDeed deed, std::vector<std::uint64_t> ids) {
  server_->post(std::make_shared<net::SessionOrder>(deed, ids));
  sources_.serving->order(deed, std::move(ids));
}

void AdminPort::log_new_sessions(bool wanted) { sources_.serving->registry()->log_new(wanted); }

bool AdminPort::logs_new_sessions() const { return sources_.serving->registry()->logs_new(); }

void AdminPort::stop() {
  observe::log_info(area, "the operator stops the server");
  (void)std::raise(SIGTERM);
}

Result<std::string> AdminPort::use_daemon(std::string_view url) {
  if (sources_.follower == nullptr) return Error{ErrorKind::unsupported, "this server runs offline and has no node"};
  auto urls = daemon_urls(url, config_);
  if (!urls) return std::move(urls).error();
  for (node::RpcClient* client : sources_.clients) client->use(urls.value());
  const std::string now = sources_.clients.front()->url();
  observe::log_info(area, "the operator chose another node: " + now);
  sources_.follower->wake();
  return now;
}

Status AdminPort::reorg(std::uint32_t count) {
  if (sources_.follower == nullptr) return Error{ErrorKind::unsupported, "this server runs offline and has no node"};
  if (count > config_.reorg_limit) {
    return Error{ErrorKind::limit,
                 fmt::format("a reorg of more than {} blocks cannot be done (REORG_LIMIT)", config_.reorg_limit)};
  }
  return sources_.follower->schedule_reorg(count);
}

void AdminPort::log_sessions() {
  const auto rows = sources_.serving->sessions();
  if (!rows) return observe::log_error(area, rows.error().message);
  for (const serve::SessionRow& row : rows.value()) {
    observe::log_info(
        area, fmt::format("session {} {} {} client {} protocol {} cost {:.0f} pending {} subs {} in {} lines {} "
                          "bytes out {} lines {} bytes for {}",
                          row.id, row.flags(), config_.server.anon_logs ? std::string(serve::hidden_peer) : row.peer(),
                          row.client, row.protocol, row.cost, row.load.pending, row.load.subscriptions,
                          row.load.receive_lines, row.load.receive_bytes, row.load.send_lines, row.load.send_bytes,
                          observe::clock_time(std::chrono::seconds(row.connected_s))));
  }
  std::string info;
  serve::append_admin_info(info, *this, rows.value(), options_);
  observe::log_info(area, info);
}

}  // namespace sluice
