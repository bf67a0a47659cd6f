// Every name of the ElectrumX configuration reference, with the treatment that the reference asks for. The list
// is written out here once more, apart from the option table, so that a row lost there is found.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "config/environment.h"
#include "config/explain.h"
#include "harness.h"

namespace sluice::config {
namespace {

enum class Treatment { use, log, extension, obsolete, warned, silent };

struct Row {
  const char* name;
  const char* sample;  ///< a value the peers take
  Treatment treatment;
};

using enum Treatment;
const std::vector<Row> reference_rows{
    // Core
    {"DB_DIRECTORY", "/root/electrumdb", use},
    {"DAEMON_URL", "http://user:pass@localhost:7332/", use},
    {"COIN", "Radiant", use},
    {"NET", "mainnet", use},
    {"SERVICES", "tcp://0.0.0.0:50010,rpc://127.0.0.1:8000", use},
    {"REPORT_SERVICES", "tcp://example.org:50010", use},
    {"SSL_CERTFILE", "server.crt", use},
    {"SSL_KEYFILE", "server.key", use},
    {"DB_ENGINE", "rocksdb", log},
    {"CACHE_MB", "10000", use},
    {"REORG_LIMIT", "200", use},
    {"ALLOW_ROOT", "true", use},
    {"EVENT_LOOP_POLICY", "uvloop", log},
    {"LOG_LEVEL", "INFO", use},
    {"LOG_FORMAT", "%(message)s", log},
    {"LOG_SESSIONS", "0", use},
    {"ANON_LOGS", "1", use},
    {"BANNER_FILE", "banner", use},
    {"TOR_BANNER_FILE", "banner", use},
    {"DONATION_ADDRESS", "1abc", use},
    {"DROP_CLIENT", "3\\.0", use},
    {"BLACKLIST_URL", "https://a/", log},
    {"DAEMON_POLL_INTERVAL_BLOCKS", "5000", use},
    {"DAEMON_POLL_INTERVAL_MEMPOOL", "5000", use},
    {"MEMPOOL_REFRESH_SECS", "2.0", use},
    {"USERNAME", "electrumx", log},
    {"ELECTRUMX", "/usr/bin/electrumx_server", log},
    {"PYTHONPATH", "/x", silent},
    {"LD_PRELOAD", "", silent},
    {"MALLOC_CONF", "x", silent},
    {"RPC_USER", "u", silent},
    {"RPC_PASS", "p", silent},
    {"ELECTRUMX_ENV", "prod", use},
    {"ENV", "prod", log},
    // Peer discovery
    {"PEER_DISCOVERY", "self", use},
    {"PEER_ANNOUNCE", "", use},
    {"FORCE_PROXY", "1", use},
    {"TOR_PROXY_HOST", "localhost", use},
    {"TOR_PROXY_PORT", "9050", use},
    // Limits
    {"MAX_SEND", "10000000", use},
    {"MAX_RECV", "10000000", use},
    {"MAX_SESSIONS", "10000", use},
    {"COST_SOFT_LIMIT", "10000", use},
    {"COST_HARD_LIMIT", "100000", use},
    {"BANDWIDTH_UNIT_COST", "5000", use},
    {"INITIAL_CONCURRENT", "50", use},
    {"REQUEST_SLEEP", "500", use},
    {"REQUEST_TIMEOUT", "60", use},
    {"SESSION_TIMEOUT", "600", use},
    {"SESSION_GROUP_BY_SUBNET_IPV4", "24", use},
    {"SESSION_GROUP_BY_SUBNET_IPV6", "48", use},
    // Obsolete
    {"MAX_SUBSCRIPTIONS", "1", obsolete},
    {"MAX_SUBS", "1", obsolete},
    {"MAX_SESSION_SUBS", "1", obsolete},
    {"BANDWIDTH_LIMIT", "1", obsolete},
    {"HOST", "myhost", warned},
    {"TCP_PORT", "1", obsolete},
    {"SSL_PORT", "1", obsolete},
    {"RPC_HOST", "1", obsolete},
    {"RPC_PORT", "8000", warned},
    {"REPORT_HOST", "1", obsolete},
    {"REPORT_TCP_PORT", "1", obsolete},
    {"REPORT_SSL_PORT", "1", obsolete},
    {"REPORT_HOST_TOR", "1", obsolete},
    {"REPORT_TCP_PORT_TOR", "1", obsolete},
    {"REPORT_SSL_PORT_TOR", "1", obsolete},
    // RXinDexer: indexing
    {"MINIMAL_MODE", "1", use},
    {"SWAP_INDEX", "1", use},
    {"MEMPOOL_SWAP_INDEX", "0", use},
    {"SWAP_HISTORY_BLOCKS", "10000", use},
    {"SWAP_CACHE_MB", "10", use},
    {"SWAP_VERIFY_SIGNATURES", "1", use},
    {"GLYPH_INDEX", "1", extension},
    {"MEMPOOL_GLYPH_INDEX", "1", extension},
    {"GLYPH_SUBSCRIPTIONS", "1", extension},
    {"WAVE_INDEX", "1", extension},
    {"WAVE_GENESIS_REF", "115e62d96f44402c448bf76d4ca403188733b902ab0b7703d9f36333178afda4_0", extension},
    {"WAVE_HOT_NAMES", "10000", extension},
    {"REALM_INDEX", "1", extension},
    {"PREDICT_INDEX", "1", extension},
    {"ROYALTY_INDEX", "", extension},
    {"ANALYTICS_INDEX", "1", extension},
    {"DMINT_CONTRACTS_FILE", "data/contracts.json", extension},
    {"DMINT_DENYLIST", "", extension},
    {"TX_HASH_CACHE_SIZE", "50000", log},
    {"BALANCE_CACHE_SIZE", "100000", log},
    {"UTXO_LIST_CACHE_SIZE", "10000", log},
    {"REST_API", "1", log},
    // RXinDexer: addresses and proxies
    {"RATE_LIMIT_ENABLED", "1", use},
    {"MAX_SESSIONS_PER_IP", "200", use},
    {"MAX_SUBS_PER_IP", "50000", use},
    {"MAX_SUBS_PER_CLIENT", "10000", use},
    {"IP_COST_HARD_LIMIT", "1000000", use},
    {"IP_COST_DECAY_PER_SEC", "100.0", use},
    {"RATE_BLOCK_DURATION", "300", use},
    {"IP_STATE_TTL", "3600", use},
    {"TRUST_PROXY", "1", use},
    {"TRUST_PROXY_HOPS", "1", use},
    {"TRUSTED_PROXIES", "10.0.0.0/8 127.0.0.1", use},
    // RXinDexer: REST
    {"REST_API_ENABLED", "0", extension},
    {"REST_API_HOST", "0.0.0.0", extension},
    {"REST_API_PORT", "8000", extension},
    {"REST_LOG_LEVEL", "info", log},
    {"ALLOWED_ORIGINS", "*", extension},
    {"REST_API_KEY", "k", extension},
    {"REST_REQUIRE_API_KEY_IN_PROD", "1", extension},
    {"REST_RATE_LIMIT_PER_MIN", "600", extension},
    {"REST_RATE_LIMIT_BURST", "600", extension},
    {"REST_CACHE_MAX_ENTRIES", "500", log},
    {"ANALYTICS_TOP_MAX_OFFSET", "10000", extension},
    {"ANALYTICS_TOP_SCAN_TTL", "120", log},
    {"ANALYTICS_BACKFILL_CHUNK_SIZE", "10000", log},
    // RocksDB
    {"ROCKSDB_MAX_OPEN_FILES", "512", use},
    {"ROCKSDB_MAX_OPEN_FILES_SYNC", "512", use},
    {"ROCKSDB_MAX_OPEN_FILES_SERVING", "256", use},
    {"ROCKSDB_USE_FSYNC", "true", use},
    {"ROCKSDB_USE_FSYNC_SYNC", "no", use},
    {"ROCKSDB_USE_FSYNC_SERVING", "1", use},
    {"ROCKSDB_TARGET_FILE_SIZE_BASE", "33554432", use},
    {"ROCKSDB_WRITE_BUFFER_SIZE", "134217728", use},
    {"ROCKSDB_MAX_WRITE_BUFFER_NUMBER", "4", use},
    {"ROCKSDB_MIN_WRITE_BUFFER_NUMBER_TO_MERGE", "1", use},
    {"ROCKSDB_MAX_BACKGROUND_COMPACTIONS", "4", use},
    {"ROCKSDB_MAX_BACKGROUND_FLUSHES", "2", use},
    {"ROCKSDB_BLOOM_BITS_PER_KEY", "10", use},
    {"ROCKSDB_BLOCK_SIZE", "4096", use},
    {"ROCKSDB_BLOCK_CACHE_MB", "256", use},
    {"ROCKSDB_COMPRESSION", "lz4", use},
    {"ROCKSDB_LEVEL_COMPACTION_DYNAMIC_LEVEL_BYTES", "1", use},
    // Our own, by the rulings
    {"PARITY", "1", use},
    {"HTTP_SERVICE", "127.0.0.1:8080", use},
    {"DAEMON_COOKIE", "/node/.cookie", use},
    {"DAEMON_ZMQ", "tcp://127.0.0.1:28332", use},
};

Variables base_environment() {
  return {{"COIN", "Radiant"},
          {"NET", "mainnet"},
          {"DB_DIRECTORY", "/db"},
          {"DAEMON_URL", "u:p@localhost"},
          {"SERVICES", "tcp://127.0.0.1:50010"}};
}

bool has_any_note(const CommonConfig& common, const std::string& name) {
  return has_note(common, Note::Kind::info, "environment " + name + ":") ||
         has_note(common, Note::Kind::warning, "environment " + name + ":");
}

class ReferenceRow : public testing::TestWithParam<Row> {};

TEST_P(ReferenceRow, is_treated_as_the_reference_asks) {
  const Row row = GetParam();
  Variables variables = base_environment();
  variables[row.name] = row.sample;
  if (row.treatment == obsolete) {
    EXPECT_TRUE(
        mentions(refused({"serve"}, variables), fmt::format("remove obsolete environment variables: {} ", row.name)));
    variables[row.name] = "";
    accepted<ServeConfig>({"serve"}, variables);
    return;
  }
  const auto config = accepted<ServeConfig>({"serve"}, variables);
  switch (row.treatment) {
    case use: {
      const auto printed = parse({"serve", "--print-config"}, variables);
      ASSERT_TRUE(printed.ok()) << printed.error().message;
      EXPECT_TRUE(mentions(std::get<PrintConfig>(printed.value()).text, fmt::format("# environment {}\n", row.name)));
      break;
    }
    case log:
      EXPECT_TRUE(has_note(config.common, Note::Kind::info, fmt::format("environment {}: ignored: ", row.name)));
      break;
    case extension:
      EXPECT_TRUE(has_note(config.common, Note::Kind::info,
                           fmt::format("environment {}: ignored: the extension is not built", row.name)));
      break;
    case warned:
      EXPECT_TRUE(has_note(config.common, Note::Kind::warning, fmt::format("environment {}: obsolete", row.name)));
      break;
    case silent: EXPECT_FALSE(has_any_note(config.common, row.name)); break;
    case obsolete: break;
  }
}

INSTANTIATE_TEST_SUITE_P(Reference, ReferenceRow, testing::ValuesIn(reference_rows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Environment, the_reference_and_the_table_name_the_same_variables) {
  std::vector<std::string_view> own{"HTTP_ORIGIN",           "MEMORY_BUDGET",     "BAN_FILE",
                                    "SESSION_SUBSCRIPTIONS", "MEMPOOL_BUDGET",    "STATUS_CACHE",
                                    "BLOCKS_DIRECTORY",      "SLUICE_THREADS",    "SLUICE_PROFILE",
                                    "SLUICE_LOG_FORMAT",     "SLUICE_LOG_LEVELS", "SERVE_WHILE_SYNCING",
                                    "SWAP_OP_NUMBER_INDEX",  "SWAP_ONLY"};
  const auto is_listed = [&](std::string_view name) {
    for (const Row& row : reference_rows) {
      if (row.name == name) return true;
    }
    for (const std::string_view mine : own) {
      if (mine == name) return true;
    }
    return false;
  };
  for (const OptionSpec& spec : option_table()) {
    for (const EnvironmentName& name : spec.environment) EXPECT_TRUE(is_listed(name.name)) << name.name;
  }
  for (const OtherName& other : other_names()) EXPECT_TRUE(is_listed(other.name)) << other.name;
}

TEST(Environment, every_obsolete_name_is_in_one_message) {
  Variables variables = base_environment();
  variables["TCP_PORT"] = "1";
  variables["MAX_SUBS"] = "1";
  const std::string message = refused({"serve"}, variables);
  EXPECT_TRUE(mentions(message, "TCP_PORT") && mentions(message, "MAX_SUBS")) << message;
  // Commands that no ElectrumX environment file starts do not care.
  accepted<VerifyConfig>({"verify"}, variables);
}

TEST(Environment, electrumx_booleans_keep_their_rule_and_warn) {
  for (const char* text : {"0", "false", "no", "OFF"}) {
    Variables variables = base_environment();
    variables["ANON_LOGS"] = text;
    const auto config = accepted<ServeConfig>({"serve"}, variables);
    EXPECT_TRUE(config.server.anon_logs) << text;
    EXPECT_TRUE(has_note(config.common, Note::Kind::warning, "environment ANON_LOGS: ")) << text;
  }
  for (const char* text : {"1", "true", "anything"}) {
    Variables variables = base_environment();
    variables["ANON_LOGS"] = text;
    const auto config = accepted<ServeConfig>({"serve"}, variables);
    EXPECT_TRUE(config.server.anon_logs) << text;
    EXPECT_FALSE(has_any_note(config.common, "ANON_LOGS")) << text;
  }
  for (const char* text : {"", "  "}) {
    Variables variables = base_environment();
    variables["PEER_ANNOUNCE"] = text;
    EXPECT_FALSE(accepted<ServeConfig>({"serve"}, variables).peers.peer_announce);
  }
}

TEST(Environment, our_own_booleans_are_strict) {
  for (const char* name : {"SWAP_INDEX", "MEMPOOL_SWAP_INDEX", "ROCKSDB_USE_FSYNC",
                           "ROCKSDB_LEVEL_COMPACTION_DYNAMIC_LEVEL_BYTES", "PARITY"}) {
    Variables variables = base_environment();
    variables[name] = "maybe";
    EXPECT_TRUE(mentions(
        refused({"serve"}, variables),
        fmt::format("environment {}: \"maybe\" is not allowed; allowed: 1 true yes on, or 0 false no off", name)));
    variables[name] = "off";
    accepted<ServeConfig>({"serve"}, variables);
    variables[name] = "";
    accepted<ServeConfig>({"serve"}, variables);
  }
  Variables variables = base_environment();
  variables["SWAP_INDEX"] = "";
  const auto config = accepted<ServeConfig>({"serve"}, variables);
  EXPECT_FALSE(config.swap.swap_index);
  EXPECT_FALSE(config.swap.mempool_swap_index);
}

TEST(Environment, empty_numbers_count_as_not_set_with_a_warning) {
  for (const char* name : {"MAX_SEND", "CACHE_MB", "SESSION_TIMEOUT", "IP_COST_DECAY_PER_SEC", "LOG_LEVEL"}) {
    Variables variables = base_environment();
    variables[name] = " ";
    const auto config = accepted<ServeConfig>({"serve"}, variables);
    EXPECT_TRUE(has_note(config.common, Note::Kind::warning, fmt::format("environment {}: is set but empty", name)));
    EXPECT_EQ(config.limits.max_send, 10000000u);
  }
}

TEST(Environment, integers_are_pythons) {
  Variables variables = base_environment();
  variables["MAX_SEND"] = " +1_000_000 ";
  EXPECT_EQ(accepted<ServeConfig>({"serve"}, variables).limits.max_send, 1000000u);
  for (const char* text : {"0x10", "1e6", "10MB", "1__0", "ten"}) {
    variables["MAX_SEND"] = text;
    EXPECT_TRUE(
        mentions(refused({"serve"}, variables), fmt::format("environment MAX_SEND: \"{}\" is not an integer", text)));
  }
}

TEST(Environment, peer_discovery_words) {
  using enum PeerDiscovery;
  const std::vector<std::pair<std::string, PeerDiscovery>> cases{
      {"off", off}, {" OFF ", off}, {"", off}, {"self", self}, {"on", on}, {"0", on}, {"no", on}};
  for (const auto& [text, expected] : cases) {
    Variables variables = base_environment();
    variables["PEER_DISCOVERY"] = text;
    EXPECT_EQ(accepted<ServeConfig>({"serve"}, variables).peers.peer_discovery, expected) << text;
  }
  EXPECT_EQ(accepted<ServeConfig>({"serve"}, base_environment()).peers.peer_discovery, on);
}

TEST(Environment, the_own_name_wins_over_the_peers_name) {
  Variables variables = base_environment();
  variables["CACHE_MB"] = "2000";
  EXPECT_EQ(accepted<ServeConfig>({"serve"}, variables).tuning.memory_budget, 2000ull << 20);
  variables["MEMORY_BUDGET"] = "256MiB";
  const auto config = accepted<ServeConfig>({"serve"}, variables);
  EXPECT_EQ(config.tuning.memory_budget, 256ull << 20);
  EXPECT_TRUE(
      has_note(config.common, Note::Kind::warning, "environment CACHE_MB: ignored, because MEMORY_BUDGET is set"));
}

// What the docker images of the two Radiant servers set, as it is.
TEST(Environment, the_files_of_typical_operators_start_the_server) {
  const Variables radiant{
      {"DAEMON_URL", "http://user:pass@localhost:7332/"},
      {"COIN", "Radiant"},
      {"NET", "mainnet"},
      {"DB_DIRECTORY", "/root/electrumdb"},
      {"DB_ENGINE", "rocksdb"},
      {"SERVICES", "tcp://0.0.0.0:50010,ssl://0.0.0.0:50012,wss://0.0.0.0:50011,rpc://127.0.0.1:8000"},
      {"SSL_CERTFILE", "/root/electrumdb/server.crt"},
      {"SSL_KEYFILE", "/root/electrumdb/server.key"},
      {"REQUEST_TIMEOUT", "60"},
      {"ALLOW_ROOT", "true"},
      {"CACHE_MB", "10000"},
      {"MAX_SESSIONS", "10000"},
      {"MAX_SEND", "10000000"},
      {"MAX_RECV", "10000000"},
      {"COST_SOFT_LIMIT", "1000"},
      {"COST_HARD_LIMIT", "10000"},
      {"ELECTRUMX_ENV", "prod"},
      {"PYTHONPATH", "/x"}};
  const auto config =
      accepted<ServeConfig>({"serve"}, radiant, {.is_root = true, .open_files_max = 1 << 20, .cores = 4});
  EXPECT_EQ(config.network->name, "mainnet");
  EXPECT_EQ(config.server.services.size(), 4u);
  EXPECT_EQ(config.server.daemon_url.at(0).port, 7332);
  EXPECT_EQ(config.tuning.memory_budget, 10000ull << 20);
  EXPECT_EQ(config.limits.max_sessions, 10000u);
  EXPECT_EQ(config.limits.request_timeout, std::chrono::seconds(60));
  EXPECT_TRUE(config.rocksdb.use_fsync);
  EXPECT_EQ(config.tuning.threads, 4u);

  Variables indexer = radiant;
  indexer["SERVICES"] = "tcp://0.0.0.0:50010,ssl://0.0.0.0:50012,wss://0.0.0.0:50011,rpc://127.0.0.1:8001";
  indexer.erase("ALLOW_ROOT");
  for (const auto& [name, value] : Variables{{"INITIAL_CONCURRENT", "50"},
                                             {"REQUEST_SLEEP", "500"},
                                             {"COST_SOFT_LIMIT", "10000"},
                                             {"COST_HARD_LIMIT", "100000"},
                                             {"GLYPH_INDEX", "1"},
                                             {"WAVE_INDEX", "1"},
                                             {"SWAP_INDEX", "1"},
                                             {"REST_API_ENABLED", "1"},
                                             {"ROCKSDB_BLOCK_CACHE_MB", "256"},
                                             {"ROCKSDB_COMPRESSION", "lz4"},
                                             {"ROCKSDB_MAX_OPEN_FILES", "512"},
                                             {"MALLOC_CONF", "x"}}) {
    indexer[name] = value;
  }
  const auto second = accepted<ServeConfig>({"serve"}, indexer);
  EXPECT_EQ(second.rocksdb.block_cache_bytes, 256ull << 20);
  EXPECT_EQ(second.rocksdb.max_open_files, 512);
  EXPECT_EQ(second.rocksdb_catch_up.max_open_files, 512);
  EXPECT_TRUE(has_note(second.common, Note::Kind::info, "environment GLYPH_INDEX: ignored"));
}

}  // namespace
}  // namespace sluice::config
