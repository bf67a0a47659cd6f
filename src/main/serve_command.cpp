#include <fmt/format.h>
#include <semaphore.h>

#include <atomic>
#include <bit>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "main/commands.h"
#include "main/transport_wiring.h"
#include "main/wiring.h"
#include "net/electrum_endpoint.h"
#include "net/tcp_server.h"
#include "observe/log.h"
#include "observe/progress.h"
#include "serve/merkle_cache.h"
#include "sluice/exit_status.h"
#include "source/block_files.h"
#include "store/chain_view.h"

namespace sluice {
namespace {

constexpr std::string_view area = "serve";

sem_t stop_semaphore;
void post_stop() noexcept { sem_post(&stop_semaphore); }

serve::ServeOptions serve_options(const config::ServeConfig& config) {
  serve::ServeOptions options;
  options.network = config.network;
  options.parity = config.parity;
  options.max_send = config.limits.max_send;
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
    if (const auto transport = transport_of(service.protocol)) {
      options.listen.push_back({service.host, service.port, *transport});
      continue;
    }
    observe::log_warning(area, fmt::format("{}://{}:{}: offline serving has no admin port, this service is not opened",
                                           config::name_of(service.protocol), service.host, service.port));
  }
  if (options.listen.empty())
    return Error{ErrorKind::config, "--services: no service to listen on: give one as tcp://127.0.0.1:50010"};
  options.loops = static_cast<unsigned>(config.tuning.threads);
  options.loop.idle_timeout_ms = static_cast<std::uint64_t>(config.limits.session_timeout.count());
  options.loop.sessions_max = static_cast<unsigned>(config.limits.max_sessions);
  return options;
}

Status check_index(const config::ServeConfig& config, const store::State& state) {
  if (state.coin == config.network->coin_name && state.net == config.network->name && state.parity == config.parity)
    return {};
  return Error{ErrorKind::config,
               fmt::format("{}: this index is of {} {}{}: start with the same --coin, --net and --parity",
                           config.db_dir.string(), state.coin, state.net, state.parity ? " with parity" : "")};
}

Status serve_offline(const config::ServeConfig& config) {
  store::StoreOptions options_of_store = store_options(config.rocksdb);
  options_of_store.on_unreadable = [](const std::string& text) { observe::log_error(area, text); };
  auto database = store::Database::open(config.db_dir.string(), store::OpenMode::read_only, options_of_store);
  if (!database) return std::move(database).error();
  if (Status status = check_index(config, *database.value()->state()); !status) return status;
  auto files = source::list_block_files(config.blocks_dir.string());
  if (!files) return std::move(files).error();
  source::RangeReader reader(config.blocks_dir.string(), files.value().key);
  auto view = store::ChainView::open(*database.value(), reader);
  if (!view) return std::move(view).error();

  const serve::ServeOptions options = serve_options(config);
  serve::MerkleCaches merkle(config.network->coin);
  // So that no client waits for the first proof.
  if (Status status = merkle.headers.warm(*view.value()); !status) return status;
  serve::ServerContext context;
  context.view = view.value().get();
  context.options = &options;
  context.merkle = &merkle;
  context.banner = [path = config.server.banner_file] { return read_text(path); };
  context.on_failure = [failures = std::make_shared<std::atomic<std::uint64_t>>(0)](const Error& error) {
    log_thinned_out(*failures, error);
  };
  auto listen = server_options(config);
  if (!listen) return std::move(listen).error();
  auto transports = make_transports(config);
  if (!transports) return std::move(transports).error();
  raise_open_files_limit(config.limits.max_sessions);
  session::SessionLimits limits;
  limits.max_recv = config.limits.max_recv;
  net::ElectrumEndpoint endpoint(context, limits, listen.value().loops);

  sem_init(&stop_semaphore, 0, 0);
  on_stop(post_stop);
  const auto& stop = stop_requested();
  auto server =
      net::TcpServer::start(listen.value(), net::over_transports(endpoint.factory(), transports.value().options));
  if (!server) return std::move(server).error();
  if (!server.value()->backend_note().empty()) observe::log_info(area, server.value()->backend_note());
  for (const Error& error : server.value()->not_opened()) observe::log_error(area, error.message);
  for (std::size_t i = 0; i < listen.value().listen.size(); ++i) {
    if (server.value()->ports()[i] == 0) continue;
    observe::log_info(
        area, fmt::format("listening on {}://{}:{} ({}), height {}", net::name_of(listen.value().listen[i].transport),
                          listen.value().listen[i].host, server.value()->ports()[i], server.value()->backend(),
                          observe::with_separators(view.value()->tip_height())));
  }
  const CertificateWatch certificate_watch(transports.value().tls);
  while (!stop.load(std::memory_order_relaxed)) sem_wait(&stop_semaphore);
  observe::log_info(area, "stopping");
  server.value()->stop();
  on_stop(nullptr);
  return {};
}

}  // namespace

int run_serve_command(const config::ServeConfig& config) {
  start_logging(config.common);
  if (!config.offline) {
    return report_error(
        area, {ErrorKind::config,
               "this version serves a finished index only: add --offline; following a node is not in it yet"});
  }
  if (config.blocks_dir.empty())
    return report_error(area,
                        {ErrorKind::config, "--blocks-dir is needed: raw transactions are read from the block files"});
  if (Status status = serve_offline(config); !status) return report_error(area, status.error());
  return exit_success;
}

}  // namespace sluice
