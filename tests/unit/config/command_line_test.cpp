// The command line: words to flags, precedence, refusals that name setting, value and what is allowed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace sluice::config {
namespace {

/// A profile file that goes away with the test.
class ProfileFile {
 public:
  explicit ProfileFile(std::string_view text)
      : path_(std::filesystem::temp_directory_path() / fmt::format("sluice-profile-{}.toml", getpid())) {
    std::ofstream(path_) << text;
  }
  ~ProfileFile() { std::filesystem::remove(path_); }
  ProfileFile(const ProfileFile&) = delete;
  ProfileFile& operator=(const ProfileFile&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(CommandLine, help_and_version_come_in_every_form) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{}, {"--help"}, {"-h"}, {"help"}}) {
    EXPECT_TRUE(mentions(std::get<Help>(parse(words).value()).text, "usage: sluice COMMAND"));
  }
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"sync", "--help"}, {"sync", "-h"}, {"help", "sync"}, {"sync", "--coin", "x", "--help"}}) {
    EXPECT_TRUE(mentions(std::get<Help>(parse(words).value()).text, "usage: sluice sync"));
  }
  EXPECT_EQ(std::get<Version>(parse({"--version"}).value()).text, fmt::format("sluice {}\n", SLUICE_VERSION));
}

TEST(CommandLine, both_forms_of_a_flag_are_read) {
  const auto config = accepted<SyncConfig>(sync_words({"--memory-budget=256MiB", "--threads", "3", "--parity",
                                                       "--resolve", "JOIN", "--stop-height=0", "--report", "r.json"}));
  EXPECT_EQ(config.network->name, "regtest");
  EXPECT_EQ(config.db_dir, "db");
  EXPECT_EQ(config.blocks_dir, "blocks");
  EXPECT_EQ(config.tuning.memory_budget, 256ull << 20);
  EXPECT_EQ(config.tuning.threads, 3u);
  EXPECT_TRUE(config.parity);
  EXPECT_EQ(config.resolve, ResolveWay::join);
  EXPECT_EQ(config.stop_height, 0u);
  EXPECT_EQ(config.report, "r.json");
  EXPECT_FALSE(accepted<SyncConfig>(sync_words({"--parity=off"}), {{"PARITY", "1"}}).parity);
  EXPECT_FALSE(accepted<SyncConfig>(sync_words()).stop_height.has_value());
}

TEST(CommandLine, refusals_say_what_and_what_is_allowed) {
  struct Case {
    std::vector<std::string> words;
    std::string_view part;
  };
  const std::vector<Case> cases{
      {{"snyc"}, "unknown command \"snyc\"; did you mean sync?"},
      {{"frobnicate"}, "unknown command \"frobnicate\"; allowed: sync serve verify call devnet tune"},
      {{"help", "me"}, "unknown command \"me\""},
      {{"sync", "--memory-bugdet", "1GiB"}, "unknown flag \"--memory-bugdet\"; did you mean --memory-budget?"},
      {{"sync", "--zzzzzzzzzz"}, "unknown flag \"--zzzzzzzzzz\"; see sluice sync --help"},
      {{"sync", "--services", "x"}, "--services is not a flag of sync"},
      {{"sync", "-x"}, "unknown flag \"-x\""},
      {{"sync", "stray"}, "unexpected argument \"stray\""},
      {{"sync", "--", "--coin"}, "unexpected argument \"--coin\""},
      {{"sync", "--coin"}, "--coin needs a value"},
      {sync_words({"--memory-budget", "12MB"}),
       "--memory-budget: \"12MB\" is not a size such as 512MiB; allowed: 64MiB to 1TiB"},
      {sync_words({"--memory-budget", "1MiB"}), "--memory-budget: \"1MiB\" is out of range; allowed: 64MiB to 1TiB"},
      {sync_words({"--threads", "-1"}), "--threads: \"-1\" is out of range; allowed: 0 to 256 threads"},
      {sync_words({"--resolve", "magic"}), "--resolve: \"magic\" is not allowed; allowed: auto, join, lookup or table"},
      {sync_words({"--parity=maybe"}), "--parity: \"maybe\" is not allowed"},
      {sync_words({"--log-level", "loud"}),
       "--log-level: \"loud\" is not allowed; allowed: debug, info, warning, error or critical"},
      {{"sync", "--coin", "Radiant", "--blocks-dir", "b"}, "--db-dir (or environment DB_DIRECTORY) is required"},
      {{"sync", "--coin", "Radiant", "--db-dir", "", "--blocks-dir", "b"},
       "--db-dir (or environment DB_DIRECTORY) is required, but empty"},
      {{"sync", "--coin", "Dogecoin", "--db-dir", "d", "--blocks-dir", "b"},
       "unknown coin \"Dogecoin\" and network \"mainnet\" combination; allowed: "},
      {{"sync", "--coin", "Radiant", "--net", "signet", "--db-dir", "d", "--blocks-dir", "b"},
       "unknown coin \"Radiant\" and network \"signet\" combination"},
      {serve_words({"--drop-client", "("}), "--drop-client: \"(\" is not a regular expression"},
      {{"verify", "--db-dir", "d", "--deep"}, "--deep needs --blocks-dir"},
      {{"devnet", "--dir", "d", "--net", "mainnet"}, "a made-up chain is regtest"},
      {{"tune", "--blocks-dir", "b"}, "--out is required"},
      {{"call", "127.0.0.1:1"}, "call: expected [PROTOCOL://]HOST:PORT METHOD"},
      {{"call", "ftp://h:1", "m"}, "unknown protocol"},
      {{"call", "--timeout", "0s", "h:1", "m"}, "--timeout: \"0s\" is out of range"},
      {sync_words({"--profile", "/does/not/exist.toml"}), "profile /does/not/exist.toml: "},
  };
  for (const Case& c : cases) {
    const std::string message = refused(c.words);
    EXPECT_TRUE(mentions(message, c.part)) << message;
  }
}

TEST(CommandLine, stronger_places_win) {
  const ProfileFile profile("rocksdb_block_size = 1024\nthreads = 9\nmax_open = 1\n");
  EXPECT_TRUE(mentions(refused(sync_words({"--profile", profile.path()})), "unknown key \"max_open\""));
  const ProfileFile good("rocksdb_block_size = 1024\nmemory_budget = \"2GiB\"\nthreads = 9\n");
  const Variables variables{{"MEMORY_BUDGET", "3GiB"}, {"SLUICE_THREADS", "7"}};
  const auto config = accepted<SyncConfig>(sync_words({"--profile", good.path(), "--threads", "5"}), variables);
  EXPECT_EQ(config.tuning.threads, 5u);                // flag over environment over profile
  EXPECT_EQ(config.tuning.memory_budget, 3ull << 30);  // environment over profile
  EXPECT_EQ(config.rocksdb.block_size, 1024u);         // profile over built-in profile
  const auto by_variable = accepted<SyncConfig>(sync_words(), {{"SLUICE_PROFILE", good.path()}});
  EXPECT_EQ(by_variable.tuning.threads, 9u);

  const auto printed = parse(sync_words({"--profile", good.path(), "--threads", "5", "--print-config"}), variables);
  ASSERT_TRUE(printed.ok());
  const std::string& text = std::get<PrintConfig>(printed.value()).text;
  for (const std::string& line :
       {std::string("threads = 5  # flag --threads\n"),
        std::string("memory-budget = 3GiB  # environment MEMORY_BUDGET\n"),
        fmt::format("rocksdb-block-size = 1KiB  # profile {}\n", good.path()),
        std::string("  # built-in profile sync\n"), std::string("net = \"regtest\"  # flag --net\n"),
        std::string("resolve = auto  # default\n"), std::string("stop-height = (not set)  # not set\n"),
        std::string("rocksdb[sync].max_open_files = 512  # default of the mode\n")}) {
    EXPECT_TRUE(mentions(text, line)) << line << "in\n" << text;
  }
}

TEST(CommandLine, print_config_tells_the_network_that_the_names_mean) {
  const auto text_of = [](Variables variables) {
    const auto printed = parse({"serve", "--print-config"}, std::move(variables));
    return printed.ok() ? std::get<PrintConfig>(printed.value()).text : printed.error().message;
  };
  const std::string testnet = text_of({{"COIN", "radianttestnet"}, {"NET", " TESTNET "}});
  EXPECT_TRUE(mentions(testnet, "network = Radiant/testnet  # from coin and net\n")) << testnet;
  EXPECT_TRUE(mentions(testnet, "# least of the network\n")) << testnet;
  EXPECT_TRUE(mentions(text_of({{"COIN", "Radiant"}, {"NET", "scalenet"}, {"REORG_LIMIT", "900000"}}),
                       "network = Radiant/scalingtest  # from coin and net\n"
                       "undo_blocks = 900000  # from reorg-limit, environment REORG_LIMIT\n"));
  EXPECT_TRUE(mentions(text_of({{"COIN", "Bitcoin"}, {"NET", "scalenet"}}), "network = (unknown)  # no such coin"));
}

TEST(CommandLine, check_config_holds_the_config_and_what_is_in_effect) {
  const auto sync = accepted<CheckConfig>(sync_words({"--check-config", "--threads", "5"}));
  ASSERT_TRUE(std::holds_alternative<SyncConfig>(sync.config));
  EXPECT_EQ(std::get<SyncConfig>(sync.config).tuning.threads, 5u);
  EXPECT_TRUE(mentions(sync.effective, "threads = 5 threads  # flag --threads") ||
              mentions(sync.effective, "threads = 5  # flag --threads"))
      << sync.effective;
  const auto serve = accepted<CheckConfig>(serve_words({"--check-config"}));
  EXPECT_TRUE(std::holds_alternative<ServeConfig>(serve.config));
  EXPECT_FALSE(mentions(serve.effective, "check-config"));
  // What cannot be built cannot be looked into.
  EXPECT_TRUE(mentions(refused(serve_words({"--check-config", "--services", "ssl://:1"})), "--ssl-certfile"));
}

TEST(CommandLine, print_config_works_before_everything_required_is_there) {
  const auto printed = parse({"serve", "--print-config"}, {{"DAEMON_URL", "http://user:secret@node:7332/"}});
  ASSERT_TRUE(printed.ok()) << printed.error().message;
  const std::string& text = std::get<PrintConfig>(printed.value()).text;
  EXPECT_TRUE(mentions(text, "coin = (not set)  # not set, required\n"));
  EXPECT_TRUE(mentions(text, "daemon-url = node:7332/  # environment DAEMON_URL\n"));
  EXPECT_FALSE(mentions(text, "secret"));
}

TEST(CommandLine, modes_start_from_their_own_profile) {
  const auto sync = accepted<SyncConfig>(sync_words());
  const auto serve = accepted<ServeConfig>(serve_words());
  EXPECT_NE(serve.rocksdb.block_cache_bytes, sync.rocksdb.block_cache_bytes);
  const auto crossed = accepted<SyncConfig>(sync_words({"--profile", "serving"}));
  EXPECT_EQ(crossed.rocksdb.block_cache_bytes, serve.rocksdb.block_cache_bytes);
}

TEST(CommandLine, settings_of_other_commands_are_not_looked_at) {
  const Variables broken{{"CACHE_MB", "nonsense"}, {"SERVICES", "nonsense"}, {"MAX_SEND", "nonsense"}};
  accepted<CallConfig>({"call", "h:1", "m"}, broken);
  accepted<DevnetConfig>({"devnet", "--dir", "d"}, broken);
  EXPECT_TRUE(mentions(refused(sync_words(), broken), "environment CACHE_MB: \"nonsense\" is not an integer"));
}

TEST(CommandLine, call_takes_everything_after_the_method_as_parameters) {
  const auto config = accepted<CallConfig>(
      {"call", "--timeout", "5s", "--verify-tls", "ssl://h:50012", "blockchain.x", "-1", "--timeout", "{\"a\":1}"});
  EXPECT_EQ(config.endpoint, (Endpoint{Protocol::ssl, "h", 50012, "/"}));
  EXPECT_EQ(config.method, "blockchain.x");
  EXPECT_EQ(config.params, (std::vector<std::string>{"-1", "--timeout", "{\"a\":1}"}));
  EXPECT_EQ(config.options.timeout, std::chrono::seconds(5));
  EXPECT_TRUE(config.options.verify_tls);
}

TEST(CommandLine, devnet_and_tune_have_their_defaults) {
  const auto devnet =
      accepted<DevnetConfig>({"devnet", "--dir", "d", "--seed", "9223372036854775807", "--reorgs", "2"});
  EXPECT_EQ(devnet.network->coin_name, "Radiant");
  EXPECT_EQ(devnet.network->name, "regtest");
  EXPECT_EQ(devnet.chain.seed, 9223372036854775807u);
  EXPECT_EQ(devnet.chain.reorgs, 2u);
  EXPECT_EQ(devnet.chain.dir, "d");
  const auto tune = accepted<TuneConfig>({"tune", "--blocks-dir", "b", "--out", "p.toml"});
  EXPECT_EQ(tune.network, nullptr) << "the block files tell";
  EXPECT_EQ(accepted<TuneConfig>({"tune", "--blocks-dir", "b", "--out", "p", "--coin", "Radiant"}).network->name,
            "mainnet");
  EXPECT_EQ(tune.out, "p.toml");
}

TEST(CommandLine, verify_takes_the_coin_from_the_index) {
  EXPECT_EQ(accepted<VerifyConfig>({"verify", "--db-dir", "d"}).network, nullptr);
  const auto named =
      accepted<VerifyConfig>({"verify", "--db-dir", "d", "--blocks-dir", "b", "--deep"}, {{"COIN", "bitcoin"}});
  EXPECT_EQ(named.network->coin_name, "Bitcoin");
  EXPECT_TRUE(named.deep);
}

TEST(CommandLine, hostile_words_never_break_the_line) {
  const std::string message = refused({"sync", std::string("--\n\x1b[31m") + std::string(100000, 'x')});
  EXPECT_LT(message.size(), 300u);
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_FALSE(parse_command_line(0, nullptr, lookup_in({}), ordinary_host).value().valueless_by_exception());
}

}  // namespace
}  // namespace sluice::config
