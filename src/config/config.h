// What each command was asked to do: plain typed fields, checked and resolved, nothing left to parse.
// The structs PipelineTuning, ServerOptions, SessionLimits, ... come from the option table
// (config/settings.h, made from tuning/options.toml).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "chain/coin.h"
#include "config/log_levels.h"
#include "config/settings_set.h"

namespace sluice::config {

enum class Mode : std::uint8_t { sync, serving };

/// What RocksDB is opened with in one mode.
struct RocksDbSettings {
  std::int64_t max_open_files = 256;  ///< -1 is all
  bool use_fsync = false;
  std::uint64_t target_file_size_base = 0;
  std::uint64_t write_buffer_size = 0;
  std::uint32_t max_write_buffer_number = 1;
  std::uint32_t min_write_buffer_number_to_merge = 1;
  std::uint32_t max_background_compactions = 1;
  std::uint32_t max_background_flushes = 1;
  std::uint32_t bloom_bits_per_key = 0;  ///< 0 is no filter
  std::uint64_t block_size = 4096;
  std::uint64_t block_cache_bytes = 0;
  Compression compression = Compression::lz4;
  bool level_compaction_dynamic_level_bytes = false;
};

/// What every command has.
struct CommonConfig {
  LogLevel log_level = LogLevel::info;
  std::vector<ModuleLevel> log_levels;  ///< of modules with one of their own
  LogFormat log_format = LogFormat::text;
  std::vector<Note> notes;  ///< for the start-up log, in order
};

struct SyncConfig {
  CommonConfig common;
  const chain::Network* network = nullptr;  ///< never null
  std::filesystem::path db_dir;
  std::filesystem::path blocks_dir;
  bool parity = false;
  std::uint32_t reorg_limit = 100;  ///< at least 100 and at least the coin's own
  std::optional<std::uint32_t> stop_height;
  ResolveWay resolve = ResolveWay::auto_;
  std::filesystem::path report;  ///< empty: none
  PipelineTuning tuning;         ///< threads is resolved, never 0
  RocksDbSettings rocksdb;
  SwapOptions swap;
};

struct ServeConfig {
  CommonConfig common;
  const chain::Network* network = nullptr;  ///< never null
  std::filesystem::path db_dir;
  std::filesystem::path blocks_dir;  ///< may be empty
  bool parity = false;
  bool offline = false;
  std::uint32_t reorg_limit = 100;
  ServerOptions server;         ///< daemon_url has its ports put in
  bool http_is_chosen = false;  ///< server.http was asked for; else it is the default
  SessionLimits limits;         ///< max_sessions is within the limit of open files
  AddressLimits address;
  PeerOptions peers;
  bool serve_while_syncing = false;
  PipelineTuning tuning;
  RocksDbSettings rocksdb;
  PipelineTuning tuning_catch_up;  ///< as the sync mode has it, profile and all; as the following
  RocksDbSettings rocksdb_catch_up;
  SwapOptions swap;
};

struct VerifyConfig {
  CommonConfig common;
  const chain::Network* network = nullptr;  ///< null: take the one of the index
  std::filesystem::path db_dir;
  std::filesystem::path blocks_dir;  ///< may be empty, never with deep
  bool parity = false;
  bool deep = false;
  std::filesystem::path report;
  PipelineTuning tuning;
  RocksDbSettings rocksdb;
};

struct DevnetConfig {
  CommonConfig common;
  const chain::Network* network = nullptr;  ///< never null
  DevnetOptions chain;
  StandInOptions stand_in;
  std::filesystem::path blocks_dir;  ///< block files to begin with; may be empty
};

struct TuneConfig {
  CommonConfig common;
  const chain::Network* network = nullptr;  ///< null: what the first block in the files says
  std::filesystem::path blocks_dir;
  std::filesystem::path out;
  std::filesystem::path report;
  bool parity = false;
  ResolveWay resolve = ResolveWay::auto_;
  PipelineTuning tuning;
  RocksDbSettings rocksdb;
};

struct CallConfig {
  CommonConfig common;
  CallOptions options;
  Endpoint endpoint;
  std::string method;
  std::vector<std::string> params;  ///< JSON, or plain text where it is not JSON
};

/// Files that a server needs for other things than sessions: the store, the node. As ElectrumX has it.
constexpr std::uint64_t files_besides_sessions = 350;

/// What the builders need to know of the machine; passed in so that tests can choose.
struct HostFacts {
  bool is_root = false;
  std::uint64_t open_files_max = 1024;  ///< RLIMIT_NOFILE, hard: a server raises the soft one to what it needs
  std::uint32_t cores = 1;
};
[[nodiscard]] HostFacts host_facts() noexcept;

/// Settings to configs. Errors: something required is missing, or settings contradict each other.
[[nodiscard]] Result<SyncConfig> build_sync(Settings& settings, const HostFacts& facts);
/// catch_up: the same settings over the profile of the sync mode.
[[nodiscard]] Result<ServeConfig> build_serve(Settings& settings, const Settings& catch_up, const HostFacts& facts);
[[nodiscard]] Result<VerifyConfig> build_verify(Settings& settings, const HostFacts& facts);
[[nodiscard]] Result<DevnetConfig> build_devnet(Settings& settings, const HostFacts& facts);
[[nodiscard]] Result<TuneConfig> build_tune(Settings& settings, const HostFacts& facts);
[[nodiscard]] Result<CallConfig> build_call(Settings& settings, const std::vector<std::string>& positionals);

/// Blocks of undo kept: the setting, but never less than what the network needs.
[[nodiscard]] std::uint32_t reorg_limit_of(const Settings& settings, const chain::Network& network);

/// The RocksDB settings of a mode, with the _SYNC and _SERVING forms and ELECTRUMX_ENV applied.
[[nodiscard]] RocksDbSettings rocksdb_settings(const Settings& settings, Mode mode);

/// ElectrumX: history entries that fit a reply, MAX_SEND // 99.
[[nodiscard]] constexpr std::uint64_t history_entries_max(std::uint64_t max_send) noexcept { return max_send / 99; }

}  // namespace sluice::config
