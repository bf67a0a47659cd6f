// Settings to typed configs. What one option cannot say alone is checked here: a coin with its
// network, TLS services with their certificate, limits with what the machine allows.
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "config/config.h"
#include "config/text.h"

namespace sluice::config {

namespace {

Error refusal(std::string message) { return {ErrorKind::config, std::move(message)}; }

std::string text_of(const Settings& settings, Option option) {
  std::string text;
  settings.read(option, text);
  return text;
}

/// Every option that the command requires is there and not empty.
Status check_required(const Settings& settings) {
  for (const OptionSpec& spec : option_table()) {
    if (!contains(spec.required, settings.command())) continue;
    const bool is_empty = settings.is_set(spec.option) &&
                          (spec.kind == ValueKind::text || spec.kind == ValueKind::path) &&
                          trimmed(text_of(settings, spec.option)).empty();
    if (settings.is_set(spec.option) && !is_empty) continue;
    const std::string variable =
        spec.environment.empty() ? "" : fmt::format(" (or environment {})", spec.environment.front().name);
    return refusal(fmt::format("--{}{} is required{}", spec.name, variable, is_empty ? ", but empty" : ""));
  }
  return {};
}

Result<const chain::Network*> network_of(const Settings& settings) {
  const std::string coin = text_of(settings, Option::coin);
  const std::string net = text_of(settings, Option::net);
  if (const chain::Network* network = chain::find_network(coin, net)) return network;
  std::string known;
  for (const chain::Network& network : chain::all_networks()) {
    known += fmt::format("{}{}/{}", known.empty() ? "" : " ", network.coin_name, network.name);
  }
  return refusal(
      fmt::format("unknown coin {} and network {} combination; allowed: {}", in_quotes(coin), in_quotes(net), known));
}

/// Says for each setting that was given, but that nothing reads yet, that it has no effect.
void note_pending(Settings& settings) {
  for (const OptionSpec& spec : option_table()) {
    if (spec.pending.empty() || !contains(spec.commands, settings.command())) continue;
    const Origin origin = settings[spec.option].origin;
    if (origin.source < Source::profile) continue;
    settings.notes().push_back(
        {Note::Kind::info, fmt::format("{}: accepted, no effect yet: {} is not built", show(origin), spec.pending)});
  }
}

CommonConfig common_of(Settings& settings) {
  note_pending(settings);
  CommonConfig common;
  settings.read(Option::log_level, common.log_level);
  settings.read(Option::log_format, common.log_format);
  auto levels = parse_log_levels(text_of(settings, Option::log_levels));
  if (levels) common.log_levels = std::move(levels).value();  // a text that cannot be read was never put in
  common.notes = settings.notes();
  return common;
}

PipelineTuning tuning_of(const Settings& settings, const HostFacts& facts) {
  PipelineTuning tuning;
  fill(settings, tuning);
  if (tuning.threads == 0) tuning.threads = std::max<std::uint32_t>(1, facts.cores);
  return tuning;
}

/// It becomes a field of HTTP as it is. Empty: nobody's.
bool is_origin(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

SwapOptions swap_of(const Settings& settings) {
  SwapOptions swap;
  fill(settings, swap);
  if (swap.minimal_mode) swap.swap_index = swap.mempool_swap_index = false;
  if (!swap.swap_index) swap.mempool_swap_index = false;
  return swap;
}

/// Bounds: swap as swap_of() made it.
Status check_swaps(const SwapOptions& swap, const chain::Network& network) {
  if (!swap.swap_only) return {};
  constexpr std::string_view name = "--swap-only (or environment SWAP_ONLY)";
  if (network.coin != chain::Coin::radiant) return refusal(fmt::format("{}: {} has no swaps", name, network.coin_name));
  if (!swap.swap_index)
    return refusal(fmt::format("{}: needs the swap index, which SWAP_INDEX or MINIMAL_MODE switches off", name));
  return {};
}

Status check_services(Settings& settings, const ServerOptions& server, const PeerOptions& peers) {
  for (const Service& service : server.services) {
    const bool is_tls = service.protocol == Protocol::ssl || service.protocol == Protocol::wss;
    if (is_tls && (server.ssl_certfile.empty() || server.ssl_keyfile.empty())) {
      return refusal(fmt::format(
          "{}: needs --ssl-certfile and --ssl-keyfile (or environment SSL_CERTFILE and SSL_KEYFILE)", show(service)));
    }
  }
  for (const Service& service : server.report_services) {
    if (peers.peer_announce && is_private_address(service.host)) {
      return refusal(
          fmt::format("--report-services (or environment REPORT_SERVICES): {} is a private address; set PEER_ANNOUNCE= "
                      "(empty) to keep it",
                      show(service)));
    }
  }
  if (server.services.empty())
    settings.warn("no services: nothing is listened on; see --services (or environment SERVICES)");
  return {};
}

/// As root an offline server is only warned: it reads files and answers, nothing else.
Status check_root(Settings& settings, const HostFacts& facts, bool offline) {
  bool is_allowed = false;
  settings.read(Option::allow_root, is_allowed);
  if (!facts.is_root || is_allowed) return {};
  if (!offline)
    return refusal("running as root is refused; set --allow-root (or environment ALLOW_ROOT=1) if it is meant");
  settings.warn("running as root; an ordinary user is enough");
  return {};
}

void fit_limits(Settings& settings, const HostFacts& facts, SessionLimits& limits) {
  const bool has_room = facts.open_files_max > files_besides_sessions;
  const std::uint64_t fitting = has_room ? facts.open_files_max - files_besides_sessions : 1;
  if (limits.max_sessions > fitting) {
    settings.warn(fmt::format("max-sessions: {} lowered to {}: only {} files may be open", limits.max_sessions, fitting,
                              facts.open_files_max));
    limits.max_sessions = fitting;
  }
  if (limits.cost_hard_limit != 0 && limits.cost_hard_limit < limits.cost_soft_limit) {
    settings.warn(
        fmt::format("cost-hard-limit: {} is below cost-soft-limit {}", limits.cost_hard_limit, limits.cost_soft_limit));
  }
}

}  // namespace

HostFacts host_facts() noexcept {
  HostFacts facts;
  facts.is_root = geteuid() == 0;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) facts.open_files_max = files.rlim_max;
  facts.cores = std::max(1u, std::thread::hardware_concurrency());
  return facts;
}

std::uint32_t reorg_limit_of(const Settings& settings, const chain::Network& network) {
  std::uint32_t limit = 0;
  settings.read(Option::reorg_limit, limit);
  return std::max(limit, network.default_reorg_limit);
}

RocksDbSettings rocksdb_settings(const Settings& settings, Mode mode) {
  RocksDbOptions raw;
  fill(settings, raw);
  const bool is_sync = mode == Mode::sync;
  const auto open_files = is_sync ? raw.rocksdb_max_open_files_sync : raw.rocksdb_max_open_files_serving;
  const auto use_fsync = is_sync ? raw.rocksdb_use_fsync_sync : raw.rocksdb_use_fsync_serving;
  const bool is_production = lower_case(trimmed(raw.electrumx_env)) == "prod";
  RocksDbSettings resolved;
  resolved.max_open_files = open_files.value_or(raw.rocksdb_max_open_files.value_or(is_sync ? 512 : 256));
  resolved.use_fsync = use_fsync.value_or(raw.rocksdb_use_fsync.value_or(is_production));
  resolved.target_file_size_base = raw.rocksdb_target_file_size_base;
  resolved.write_buffer_size = raw.rocksdb_write_buffer_size;
  resolved.max_write_buffer_number = static_cast<std::uint32_t>(raw.rocksdb_max_write_buffer_number);
  resolved.min_write_buffer_number_to_merge = static_cast<std::uint32_t>(raw.rocksdb_min_write_buffer_number_to_merge);
  resolved.max_background_compactions = static_cast<std::uint32_t>(raw.rocksdb_max_background_compactions);
  resolved.max_background_flushes = static_cast<std::uint32_t>(raw.rocksdb_max_background_flushes);
  resolved.bloom_bits_per_key = static_cast<std::uint32_t>(raw.rocksdb_bloom_bits_per_key);
  resolved.block_size = raw.rocksdb_block_size;
  resolved.block_cache_bytes = raw.rocksdb_block_cache;
  resolved.compression = raw.rocksdb_compression;
  resolved.level_compaction_dynamic_level_bytes = raw.rocksdb_level_compaction_dynamic_level_bytes;
  return resolved;
}

Result<SyncConfig> build_sync(Settings& settings, const HostFacts& facts) {
  if (Status status = check_required(settings); !status) return std::move(status).error();
  auto network = network_of(settings);
  if (!network) return std::move(network).error();
  SyncConfig config;
  config.network = network.value();
  settings.read(Option::db_dir, config.db_dir);
  settings.read(Option::blocks_dir, config.blocks_dir);
  settings.read(Option::parity, config.parity);
  settings.read(Option::stop_height, config.stop_height);
  settings.read(Option::resolve, config.resolve);
  settings.read(Option::report, config.report);
  config.reorg_limit = reorg_limit_of(settings, *config.network);
  config.tuning = tuning_of(settings, facts);
  config.rocksdb = rocksdb_settings(settings, Mode::sync);
  config.swap = swap_of(settings);
  if (Status status = check_swaps(config.swap, *config.network); !status) return std::move(status).error();
  config.common = common_of(settings);
  return config;
}

Result<ServeConfig> build_serve(Settings& settings, const Settings& catch_up, const HostFacts& facts) {
  if (Status status = check_required(settings); !status) return std::move(status).error();
  auto network = network_of(settings);
  if (!network) return std::move(network).error();
  ServeConfig config;
  config.network = network.value();
  settings.read(Option::db_dir, config.db_dir);
  settings.read(Option::blocks_dir, config.blocks_dir);
  settings.read(Option::parity, config.parity);
  settings.read(Option::offline, config.offline);
  settings.read(Option::serve_while_syncing, config.serve_while_syncing);
  fill(settings, config.server);
  config.http_is_chosen = settings[Option::http].origin.source != Source::builtin_default;
  if (!is_origin(config.server.http_origin)) {
    return refusal("--http-origin (or environment HTTP_ORIGIN): " + in_quotes(config.server.http_origin) +
                   " is no origin: give one as https://wallet.example, or *");
  }
  fill(settings, config.limits);
  fill(settings, config.address);
  fill(settings, config.peers);
  const bool discovery_is_chosen = settings[Option::peer_discovery].origin.source != Source::builtin_default;
  // A chain of one's own has no other servers, and an offline server speaks to nobody, unless it is asked to.
  // Nor is one that answers no wallet's questions a peer of those that do.
  const bool has_no_peers = config.offline || config.network->name == "regtest" || swap_of(settings).swap_only;
  if (!discovery_is_chosen && has_no_peers) config.peers.peer_discovery = PeerDiscovery::off;
  if (!config.offline && config.server.daemon_url.empty()) {
    return refusal("--daemon-url (or environment DAEMON_URL) is required, unless --offline");
  }
  for (DaemonUrl& url : config.server.daemon_url) {
    // Not shown: without an '@', what was taken for the host may be a user.
    if (!url.has_credentials() && config.server.daemon_cookie.empty()) {
      return refusal(
          "invalid daemon URL: no user and password; expected [http[s]://]user:pass@host[:port][/], "
          "or --daemon-cookie (environment DAEMON_COOKIE)");
    }
    if (url.port == 0) url.port = config.network->rpc_port;
  }
  if (Status status = check_services(settings, config.server, config.peers); !status) return std::move(status).error();
  if (Status status = check_root(settings, facts, config.offline); !status) return std::move(status).error();
  if (config.server.tor_banner_file.empty()) config.server.tor_banner_file = config.server.banner_file;
  fit_limits(settings, facts, config.limits);
  if (!config.address.ip_cost_decay_per_sec)
    config.address.ip_cost_decay_per_sec = static_cast<double>(config.address.ip_cost_hard_limit) / 10000;
  config.reorg_limit = reorg_limit_of(settings, *config.network);
  config.tuning = tuning_of(settings, facts);
  config.rocksdb = rocksdb_settings(settings, Mode::serving);
  config.tuning_catch_up = tuning_of(catch_up, facts);
  config.rocksdb_catch_up = rocksdb_settings(catch_up, Mode::sync);
  config.swap = swap_of(settings);
  if (Status status = check_swaps(config.swap, *config.network); !status) return std::move(status).error();
  config.common = common_of(settings);
  return config;
}

Result<VerifyConfig> build_verify(Settings& settings, const HostFacts& facts) {
  if (Status status = check_required(settings); !status) return std::move(status).error();
  VerifyConfig config;
  if (settings.is_set(Option::coin)) {
    auto network = network_of(settings);
    if (!network) return std::move(network).error();
    config.network = network.value();
  }
  settings.read(Option::db_dir, config.db_dir);
  settings.read(Option::blocks_dir, config.blocks_dir);
  settings.read(Option::parity, config.parity);
  settings.read(Option::deep, config.deep);
  settings.read(Option::report, config.report);
  if (config.deep && config.blocks_dir.empty())
    return refusal("--deep needs --blocks-dir (or environment BLOCKS_DIRECTORY)");
  config.tuning = tuning_of(settings, facts);
  config.rocksdb = rocksdb_settings(settings, Mode::serving);
  config.common = common_of(settings);
  return config;
}

Result<DevnetConfig> build_devnet(Settings& settings, const HostFacts&) {
  if (Status status = check_required(settings); !status) return std::move(status).error();
  auto network = network_of(settings);
  if (!network) return std::move(network).error();
  DevnetConfig config;
  config.network = network.value();
  if (config.network->name != "regtest") {
    return refusal(fmt::format("--net (or environment NET): {} is not allowed here; a made-up chain is regtest",
                               in_quotes(config.network->name)));
  }
  fill(settings, config.chain);
  fill(settings, config.stand_in);
  settings.read(Option::blocks_dir, config.blocks_dir);
  if (config.stand_in.rpc_user.empty() != config.stand_in.rpc_password.empty())
    return refusal("--rpc-user and --rpc-password: give both or neither");
  config.common = common_of(settings);
  return config;
}

Result<TuneConfig> build_tune(Settings& settings, const HostFacts& facts) {
  if (Status status = check_required(settings); !status) return std::move(status).error();
  TuneConfig config;
  if (settings.is_set(Option::coin)) {
    auto network = network_of(settings);
    if (!network) return std::move(network).error();
    config.network = network.value();
  }
  settings.read(Option::blocks_dir, config.blocks_dir);
  settings.read(Option::out, config.out);
  settings.read(Option::report, config.report);
  settings.read(Option::parity, config.parity);
  settings.read(Option::resolve, config.resolve);
  config.tuning = tuning_of(settings, facts);
  config.rocksdb = rocksdb_settings(settings, Mode::sync);
  config.common = common_of(settings);
  return config;
}

Result<CallConfig> build_call(Settings& settings, const std::vector<std::string>& positionals) {
  if (positionals.size() < 2)
    return refusal("call: expected [PROTOCOL://]HOST:PORT METHOD [PARAMS...]; see sluice call --help");
  auto endpoint = parse_endpoint(positionals[0]);
  if (!endpoint) return std::move(endpoint).error();
  CallConfig config;
  fill(settings, config.options);
  config.endpoint = std::move(endpoint).value();
  config.method = positionals[1];
  config.params.assign(positionals.begin() + 2, positionals.end());
  config.common = common_of(settings);
  return config;
}

}  // namespace sluice::config
