// --check-config: what can be checked of the settings without writing, listening or asking the node.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "main/commands.h"
#include "main/serving.h"
#include "main/sync_wiring.h"
#include "main/wiring.h"
#include "pipeline/index_blocks.h"
#include "pipeline/memory_plan.h"
#include "sluice/exit_status.h"
#include "source/block_files.h"

namespace sluice {
namespace {

class Findings {
 public:
  void problem(std::string_view text) { problems_ += fmt::format("problem: {}\n", text), ++count_; }
  void warning(std::string_view text) { warnings_ += fmt::format("warning: {}\n", text); }
  void require(const Status& status) {
    if (!status) problem(status.error().message);
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::string text() const { return problems_ + warnings_; }

 private:
  std::string problems_;
  std::string warnings_;
  std::size_t count_ = 0;
};

Status may_write(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error))
    return Error{ErrorKind::config, fmt::format("--db-dir: {}: no such directory", directory.string())};
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) == 0) return {};
  return Error{ErrorKind::config, "--db-dir: " + source::with_errno(directory.string(), errno)};
}

/// The directory is there and may be written to, or can be made.
Status check_place_of_index(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory, error)) return may_write(directory);
  const std::filesystem::path absolute = std::filesystem::absolute(directory, error);
  return may_write(absolute.has_filename() ? absolute.parent_path() : absolute.parent_path().parent_path());
}

void check_index(const pipeline::SyncOptions& options, bool is_built_here, Findings& findings) {
  const auto database = store::Database::open(options.db_directory, store::OpenMode::read_only, options.store);
  if (database) return findings.require(pipeline::check_same_index(options, *database.value()));
  switch (database.error().kind) {
    case ErrorKind::not_found:
      if (!is_built_here) findings.problem(database.error().message);
      return;
    case ErrorKind::config:  // in use, by the server that is to be restarted perhaps
      return findings.warning(database.error().message + "; the index was not looked into");
    default: return findings.problem(database.error().message);
  }
}

void check_memory(const pipeline::SyncOptions& options, Findings& findings) {
  pipeline::MemoryRequest request;
  request.budget_bytes = options.memory_budget;
  request.threads = options.threads;
  request.way = options.way;
  request.batch_bytes = options.batch_bytes;
  request.slots = options.slots;
  request.partitions = options.partitions;
  request.segment_bytes = options.segment_bytes;
  if (const auto plan = pipeline::plan_memory(request); !plan) findings.problem(plan.error().message);
}

void check_blocks(const std::filesystem::path& directory, Findings& findings) {
  if (const auto files = source::list_block_files(directory.string()); !files)
    findings.problem("--blocks-dir: " + files.error().message);
}

void check_readable(std::string_view setting, const std::filesystem::path& file, Findings& findings) {
  if (!file.empty() && ::access(file.c_str(), R_OK) != 0)
    findings.warning(fmt::format("--{}: {}", setting, source::with_errno(file.string(), errno)));
}

const config::CommonConfig& check(const config::SyncConfig& config, Findings& findings) {
  const pipeline::SyncOptions options = sync_options(config);
  findings.require(check_place_of_index(config.db_dir));
  check_index(options, true, findings);
  check_memory(options, findings);
  check_blocks(config.blocks_dir, findings);
  return config.common;
}

const config::CommonConfig& check(const config::ServeConfig& config, Findings& findings) {
  pipeline::SyncOptions options;
  options.network = config.network;
  options.db_directory = config.db_dir.string();
  options.parity = config.parity;
  options.store = store_options(config.rocksdb);
  apply_tuning(config.blocks_dir.empty() ? config.tuning : config.tuning_catch_up, options);
  if (!config.offline) {
    findings.require(check_place_of_index(config.db_dir));
    check_memory(options, findings);
  } else if (config.blocks_dir.empty()) {
    findings.problem(offline_needs_blocks);
  }
  check_index(options, !config.offline, findings);
  if (!config.blocks_dir.empty()) check_blocks(config.blocks_dir, findings);
  if (const auto serving = Serving::prepare(config); !serving) findings.problem(serving.error().message);
  check_readable("daemon-cookie", config.server.daemon_cookie, findings);
  check_readable("banner-file", config.server.banner_file, findings);
  if (config.server.tor_banner_file != config.server.banner_file)
    check_readable("tor-banner-file", config.server.tor_banner_file, findings);
  return config.common;
}

}  // namespace

int run_check(const config::CheckConfig& wanted) {
  Findings findings;
  const config::CommonConfig& common =
      std::visit([&findings](const auto& config) -> const config::CommonConfig& { return check(config, findings); },
                 wanted.config);
  for (const config::Note& note : common.notes)
    if (note.kind == config::Note::Kind::warning) findings.warning(note.text);
  const std::string text = fmt::format("{}{} {} found\n\n{}", findings.text(), findings.count(),
                                       findings.count() == 1 ? "problem" : "problems", wanted.effective);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return findings.count() == 0 ? exit_success : exit_usage;
}

}  // namespace sluice
