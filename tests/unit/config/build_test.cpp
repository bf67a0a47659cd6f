// What several settings say together: coins and networks, RocksDB by mode, limits of the machine, root, TLS.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "harness.h"

namespace sluice::config {
namespace {

TEST(Build, coins_and_networks_by_both_naming_styles) {
  struct Case {
    std::string coin, net, name;
    std::uint16_t rpc_port;
  };
  const std::vector<Case> cases{{"Radiant", "mainnet", "mainnet", 7332},
                                {" radiant ", "MAINNET", "mainnet", 7332},
                                {"RadiantTestnet", "testnet", "testnet", 27332},
                                {"Radiant", "testnet", "testnet", 27332},
                                {"RadiantScalingTestnet", "scalingtest", "scalingtest", 37332},
                                {"Radiant", "scalenet", "scalingtest", 37332},
                                {"RadiantRegtest", "regtest", "regtest", 17443},
                                {"Bitcoin", "signet", "signet", 38332},
                                {"BitcoinCash", "mainnet", "mainnet", 8332}};
  for (const Case& c : cases) {
    const auto config = accepted<ServeConfig>(
        {"serve"}, {{"COIN", c.coin}, {"NET", c.net}, {"DB_DIRECTORY", "d"}, {"DAEMON_URL", "u:p@h"}});
    if (config.network == nullptr) continue;
    EXPECT_EQ(config.network->name, c.name);
    EXPECT_EQ(config.server.daemon_url.at(0).port, c.rpc_port) << c.coin << ' ' << c.net;
  }
}

TEST(Build, reorg_limit_is_a_minimum) {
  const auto low = accepted<SyncConfig>(sync_words(), {{"REORG_LIMIT", "6"}});
  EXPECT_GE(low.reorg_limit, 100u);
  EXPECT_TRUE(
      has_note(low.common, Note::Kind::warning, "environment REORG_LIMIT: \"6\" is below 100, which is used instead"));
  EXPECT_EQ(accepted<SyncConfig>(sync_words(), {{"REORG_LIMIT", "500000"}}).reorg_limit, 500000u);
  const auto plain = accepted<SyncConfig>(sync_words());
  EXPECT_EQ(plain.reorg_limit, std::max(100u, plain.network->default_reorg_limit));
}

TEST(Build, rocksdb_settings_by_mode) {
  const auto both = [](Variables variables) {
    const auto config = accepted<ServeConfig>(serve_words(), std::move(variables));
    return std::pair(config.rocksdb_catch_up, config.rocksdb);
  };
  auto [sync, serving] = both({});
  EXPECT_EQ(sync.max_open_files, 512);
  EXPECT_EQ(serving.max_open_files, 256);
  EXPECT_FALSE(sync.use_fsync || serving.use_fsync);
  std::tie(sync, serving) = both({{"ROCKSDB_MAX_OPEN_FILES", "100"}, {"ROCKSDB_MAX_OPEN_FILES_SYNC", "-1"}});
  EXPECT_EQ(sync.max_open_files, -1);
  EXPECT_EQ(serving.max_open_files, 100);
  std::tie(sync, serving) = both({{"ROCKSDB_MAX_OPEN_FILES_SERVING", "77"}});
  EXPECT_EQ(sync.max_open_files, 512);
  EXPECT_EQ(serving.max_open_files, 77);
  std::tie(sync, serving) = both({{"ELECTRUMX_ENV", "prod"}});
  EXPECT_TRUE(sync.use_fsync && serving.use_fsync);
  std::tie(sync, serving) =
      both({{"ELECTRUMX_ENV", "prod"}, {"ROCKSDB_USE_FSYNC", "0"}, {"ROCKSDB_USE_FSYNC_SERVING", "1"}});
  EXPECT_FALSE(sync.use_fsync);
  EXPECT_TRUE(serving.use_fsync);
  std::tie(sync, serving) = both({{"ROCKSDB_COMPRESSION", "ZSTD"},
                                  {"ROCKSDB_BLOCK_CACHE_MB", "7"},
                                  {"ROCKSDB_WRITE_BUFFER_SIZE", "1048576"},
                                  {"ROCKSDB_BLOOM_BITS_PER_KEY", "0"},
                                  {"ROCKSDB_LEVEL_COMPACTION_DYNAMIC_LEVEL_BYTES", "yes"},
                                  {"ROCKSDB_BLOCK_SIZE", "8192"},
                                  {"ROCKSDB_TARGET_FILE_SIZE_BASE", "65536"},
                                  {"ROCKSDB_MAX_WRITE_BUFFER_NUMBER", "3"},
                                  {"ROCKSDB_MIN_WRITE_BUFFER_NUMBER_TO_MERGE", "2"},
                                  {"ROCKSDB_MAX_BACKGROUND_COMPACTIONS", "6"},
                                  {"ROCKSDB_MAX_BACKGROUND_FLUSHES", "5"}});
  EXPECT_EQ(serving.compression, Compression::zstd);
  EXPECT_EQ(serving.block_cache_bytes, 7u << 20);
  EXPECT_EQ(serving.write_buffer_size, 1u << 20);
  EXPECT_EQ(serving.bloom_bits_per_key, 0u);
  EXPECT_TRUE(serving.level_compaction_dynamic_level_bytes);
  EXPECT_EQ(serving.block_size, 8192u);
  EXPECT_EQ(serving.target_file_size_base, 65536u);
  EXPECT_EQ(serving.max_write_buffer_number, 3u);
  EXPECT_EQ(serving.min_write_buffer_number_to_merge, 2u);
  EXPECT_EQ(serving.max_background_compactions, 6u);
  EXPECT_EQ(serving.max_background_flushes, 5u);
}

TEST(Build, rocksdb_texts_that_cannot_be_read_fall_back_as_in_rxindexer) {
  const auto config = accepted<ServeConfig>(serve_words(), {{"ROCKSDB_COMPRESSION", "brotli"},
                                                            {"ROCKSDB_MAX_OPEN_FILES", "many"},
                                                            {"ROCKSDB_BLOCK_CACHE_MB", "1e3"},
                                                            {"ROCKSDB_BLOCK_SIZE", "1"}});
  EXPECT_EQ(config.rocksdb.compression, Compression::lz4);
  EXPECT_EQ(config.rocksdb.max_open_files, 256);
  EXPECT_EQ(config.rocksdb.block_size, 4096u);
  EXPECT_TRUE(
      has_note(config.common, Note::Kind::warning,
               "environment ROCKSDB_COMPRESSION: \"brotli\" is not allowed; allowed: none, snappy, lz4, zstd or "
               "zlib; taken as not set"));
  for (const char* name : {"ROCKSDB_MAX_OPEN_FILES", "ROCKSDB_BLOCK_CACHE_MB", "ROCKSDB_BLOCK_SIZE"})
    EXPECT_TRUE(has_note(config.common, Note::Kind::warning, name)) << name;
  auto words = serve_words();
  words.insert(words.end(), {"--rocksdb-compression", "brotli"});
  EXPECT_TRUE(mentions(refused(words), "--rocksdb-compression: \"brotli\" is not allowed")) << "a flag is ours";
}

TEST(Build, root_needs_leave_for_the_live_server_only) {
  constexpr HostFacts as_root{.is_root = true, .open_files_max = 100000, .cores = 1};
  const std::vector<std::string> live{"serve", "--coin", "Radiant", "--db-dir", "d", "--daemon-url", "u:p@h"};
  EXPECT_TRUE(mentions(refused(live, {}, as_root),
                       "running as root is refused; set --allow-root (or environment ALLOW_ROOT=1)"));
  accepted<ServeConfig>(live, {{"ALLOW_ROOT", "1"}}, as_root);
  accepted<ServeConfig>(live);
  EXPECT_TRUE(
      has_note(accepted<ServeConfig>(serve_words(), {}, as_root).common, Note::Kind::warning, "running as root"));
  accepted<SyncConfig>(sync_words(), {}, as_root);
  accepted<DevnetConfig>({"devnet", "--dir", "d"}, {}, as_root);
}

TEST(Build, the_live_server_needs_a_node) {
  EXPECT_TRUE(mentions(refused({"serve", "--coin", "Radiant", "--db-dir", "d"}),
                       "--daemon-url (or environment DAEMON_URL) is required, unless --offline"));
}

TEST(Build, a_node_needs_credentials_or_a_cookie_file) {
  const std::vector<std::string> live{"serve", "--coin", "Radiant", "--db-dir", "d"};
  for (const char* url : {"secret", "u:p@host,secret:1"}) {
    const std::string message = refused(live, {{"DAEMON_URL", url}});
    EXPECT_TRUE(mentions(message, "invalid daemon URL: no user and password")) << message;
    EXPECT_FALSE(mentions(message, "secret")) << message;
    const auto config = accepted<ServeConfig>(live, {{"DAEMON_URL", url}, {"DAEMON_COOKIE", "/node/.cookie"}});
    EXPECT_EQ(config.server.daemon_cookie, "/node/.cookie");
    EXPECT_EQ(config.server.daemon_url.back().host, "secret");
  }
}

TEST(Build, tls_services_need_a_certificate) {
  for (const char* service : {"ssl://:50012", "wss://:50011"}) {
    const Variables variables{{"SERVICES", service}};
    std::vector<std::string> words{"serve", "--offline", "--coin", "Radiant", "--db-dir", "d"};
    EXPECT_TRUE(mentions(refused(words, variables), "needs --ssl-certfile and --ssl-keyfile"));
    words.insert(words.end(), {"--ssl-certfile", "c.pem", "--ssl-keyfile", "k.pem"});
    EXPECT_EQ(accepted<ServeConfig>(words, variables).server.ssl_certfile, "c.pem");
  }
}

TEST(Build, private_report_services_depend_on_announcing) {
  EXPECT_TRUE(mentions(refused(serve_words({"--report-services", "tcp://10.0.0.1:1"})), "private address"));
  EXPECT_EQ(accepted<ServeConfig>(serve_words({"--report-services", "tcp://10.0.0.1:1"}), {{"PEER_ANNOUNCE", ""}})
                .server.report_services.size(),
            1u);
}

TEST(Build, peers_are_looked_for_only_where_there_can_be_some) {
  const auto discovery = [](const std::string& net, std::vector<std::string> more, const Variables& variables = {}) {
    std::vector<std::string> words{"serve",    "--coin", "Radiant",    "--net",   net,
                                   "--db-dir", "db",     "--services", "tcp://:1"};
    words.insert(words.end(), {"--daemon-url", "u:p@localhost"});
    words.insert(words.end(), more.begin(), more.end());
    return accepted<ServeConfig>(words, variables).peers.peer_discovery;
  };
  EXPECT_EQ(discovery("mainnet", {}), PeerDiscovery::on);
  EXPECT_EQ(discovery("mainnet", {"--offline"}), PeerDiscovery::off);
  EXPECT_EQ(discovery("regtest", {}), PeerDiscovery::off);
  EXPECT_EQ(discovery("regtest", {}, {{"PEER_DISCOVERY", "self"}}), PeerDiscovery::self);
  EXPECT_EQ(discovery("mainnet", {"--offline", "--peer-discovery", "on"}), PeerDiscovery::on);
}

TEST(Build, sessions_fit_the_open_files) {
  const auto config = accepted<ServeConfig>(serve_words({"--max-sessions", "5000"}), {},
                                            {.is_root = false, .open_files_max = 1024, .cores = 1});
  EXPECT_EQ(config.limits.max_sessions, 674u);
  EXPECT_TRUE(has_note(config.common, Note::Kind::warning, "max-sessions: 5000 lowered to 674"));
  EXPECT_EQ(accepted<ServeConfig>(serve_words(), {}, {.is_root = false, .open_files_max = 100, .cores = 1})
                .limits.max_sessions,
            1u);
}

TEST(Build, floors_and_derived_defaults) {
  const auto config = accepted<ServeConfig>(
      serve_words({"--max-send", "1000", "--banner-file", "b.txt", "--ip-cost-hard-limit", "50000"}));
  EXPECT_EQ(config.limits.max_send, 350000u);
  EXPECT_TRUE(has_note(config.common, Note::Kind::warning, "--max-send: \"1000\" is below 350000"));
  EXPECT_EQ(history_entries_max(10000000), 101010u);
  EXPECT_EQ(config.server.tor_banner_file, "b.txt");
  EXPECT_DOUBLE_EQ(config.address.ip_cost_decay_per_sec.value(), 5.0);
  EXPECT_EQ(config.address.trusted_proxies.size(), 5u);
  EXPECT_EQ(accepted<ServeConfig>(serve_words(), {{"TRUSTED_PROXIES", ""}}).address.trusted_proxies.size(), 5u);
  EXPECT_TRUE(has_note(accepted<ServeConfig>(serve_words(), {{"COST_HARD_LIMIT", "5"}}).common, Note::Kind::warning,
                       "is below cost-soft-limit"));
  EXPECT_TRUE(mentions(refused(serve_words(), {{"BANDWIDTH_UNIT_COST", "0"}}),
                       "environment BANDWIDTH_UNIT_COST: \"0\" is out of range"));
}

TEST(Build, minimal_mode_switches_the_optional_indexes_off) {
  EXPECT_TRUE(accepted<SyncConfig>(sync_words()).swap.swap_index);
  const auto config = accepted<SyncConfig>(sync_words(), {{"MINIMAL_MODE", "0"}});  // ElectrumX rule: "0" is true
  EXPECT_FALSE(config.swap.swap_index);
  EXPECT_FALSE(config.swap.mempool_swap_index);
}

TEST(Build, an_http_origin_is_one_word) {
  EXPECT_EQ(accepted<ServeConfig>(serve_words()).server.http_origin, "*");
  EXPECT_EQ(accepted<ServeConfig>(serve_words({"--http-origin", ""})).server.http_origin, "");
  for (const char* text : {"https://a.example\r\nX: y", "https://a, https://b", "a b"})
    EXPECT_TRUE(mentions(refused(serve_words({"--http-origin", text})), "--http-origin")) << text;
}

TEST(Build, an_http_address_that_was_asked_for_is_told_from_the_default) {
  const auto config = accepted<ServeConfig>(serve_words());
  EXPECT_EQ(config.server.http, (HostPort{"127.0.0.1", 8080}));
  EXPECT_FALSE(config.http_is_chosen);
  EXPECT_TRUE(accepted<ServeConfig>(serve_words({"--http", "127.0.0.1:8080"})).http_is_chosen);
  EXPECT_TRUE(accepted<ServeConfig>(serve_words(), {{"HTTP_SERVICE", "127.0.0.1:8080"}}).http_is_chosen);
  EXPECT_FALSE(accepted<ServeConfig>(serve_words({"--http", ""})).server.http);
}

TEST(Build, settings_without_effect_yet_say_so) {
  const auto config = accepted<ServeConfig>(serve_words({"--tor-banner-file", "x"}), {{"MAX_SUBS_PER_IP", "1"}});
  EXPECT_TRUE(has_note(config.common, Note::Kind::info, "flag --tor-banner-file: accepted, no effect yet"));
  EXPECT_TRUE(has_note(config.common, Note::Kind::info, "environment MAX_SUBS_PER_IP: accepted, no effect yet"));
  EXPECT_TRUE(accepted<ServeConfig>(serve_words()).common.notes.empty());
}

TEST(Build, log_levels_of_python) {
  const std::vector<std::pair<std::string, LogLevel>> cases{{"debug", LogLevel::debug},  {"INFO", LogLevel::info},
                                                            {"Warn", LogLevel::warning}, {"WARNING", LogLevel::warning},
                                                            {"error", LogLevel::error},  {"FATAL", LogLevel::critical}};
  for (const auto& [text, level] : cases)
    EXPECT_EQ(accepted<SyncConfig>(sync_words(), {{"LOG_LEVEL", text}}).common.log_level, level);
}

TEST(Build, catching_up_starts_from_the_profile_of_sync) {
  const auto config = accepted<ServeConfig>(serve_words());
  EXPECT_EQ(config.tuning.batch_blocks, 64u);
  EXPECT_EQ(config.rocksdb.block_cache_bytes, 32u << 20);
  EXPECT_EQ(config.tuning_catch_up.batch_blocks, 65536u);
  EXPECT_EQ(config.rocksdb_catch_up.block_cache_bytes, 8u << 20);
  const auto set = accepted<ServeConfig>(serve_words({"--batch-blocks", "7"}),
                                         {{"CACHE_MB", "300"}, {"ROCKSDB_BLOCK_CACHE_MB", "256"}});
  EXPECT_EQ(set.tuning.batch_blocks, 7u);
  EXPECT_EQ(set.tuning_catch_up.batch_blocks, 7u);
  EXPECT_EQ(set.tuning_catch_up.memory_budget, std::uint64_t{300} << 20);
  EXPECT_EQ(set.tuning_catch_up.threads, ordinary_host.cores);
  EXPECT_EQ(set.rocksdb_catch_up.block_cache_bytes, 256u << 20);
}

TEST(Build, log_levels_of_modules) {
  const auto config = accepted<ServeConfig>(serve_words({"--log-levels", " Follow=debug ,,net=WARN,net = error"}));
  ASSERT_EQ(config.common.log_levels.size(), 3u);
  EXPECT_EQ(config.common.log_levels[0].module, "follow");
  EXPECT_EQ(config.common.log_levels[0].level, LogLevel::debug);
  EXPECT_EQ(config.common.log_levels[2].module, "net");
  EXPECT_EQ(config.common.log_levels[2].level, LogLevel::error);
  EXPECT_TRUE(
      mentions(refused(serve_words({"--log-levels", "folow=debug"})), "--log-levels: \"folow=debug\": no such"));
  EXPECT_TRUE(mentions(refused(serve_words({"--log-levels", "net=loud"})), "\"loud\" is not allowed; allowed: debug"));
  EXPECT_TRUE(mentions(refused(serve_words({"--log-levels", "net"})), "MODULE=LEVEL"));
}

TEST(Build, the_log_format_has_a_name_of_its_own) {
  const auto config =
      accepted<ServeConfig>(serve_words(), {{"SLUICE_LOG_FORMAT", "json"}, {"LOG_FORMAT", "%(levelname)s"}});
  EXPECT_EQ(config.common.log_format, LogFormat::json);
  EXPECT_TRUE(has_note(config.common, Note::Kind::info, "environment LOG_FORMAT: ignored: a format of Python's"));
}

TEST(Build, this_machine_has_a_core) {
  const HostFacts facts = host_facts();
  EXPECT_GE(facts.cores, 1u);
  EXPECT_GE(facts.open_files_max, 1u);
}

}  // namespace
}  // namespace sluice::config
