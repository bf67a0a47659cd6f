#include "main/catch_up.h"

#include <fmt/format.h>

#include <chrono>

#include "main/sync_wiring.h"
#include "main/wiring.h"
#include "observe/log.h"
#include "observe/progress.h"

namespace sluice {
namespace {

constexpr std::string_view area = "serve";

pipeline::SyncOptions catch_up_options(const config::ServeConfig& config, pipeline::SwapFigures& swap_figures) {
  pipeline::SyncOptions options;
  options.network = config.network;
  options.db_directory = config.db_dir.string();
  options.blocks_directory = config.blocks_dir.string();
  options.parity = config.parity;
  options.reorg_limit = config.reorg_limit;
  options.store = store_options(config.rocksdb_catch_up);
  options.stop = &stop_requested();
  apply_tuning(config.tuning_catch_up, options);
  apply_swaps(config.swap, options);
  options.swap_figures = &swap_figures;
  return options;
}

}  // namespace

bool is_far_behind(const std::vector<std::uint64_t>& record_ends, const source::BlockFiles& files) {
  if (record_ends.empty()) return true;
  std::uint64_t behind = 0;
  for (std::size_t file = 0; file < files.sizes.size(); ++file) {
    const bool is_read = file < record_ends.size();
    // 0: none of the latest blocks is in that file, for they are all in later ones.
    const std::uint64_t end = !is_read ? 0 : record_ends[file] > 0 ? record_ends[file] : files.sizes[file];
    if (files.sizes[file] > end) behind += files.sizes[file] - end;
  }
  return behind >= far_behind_bytes;
}

Status catch_up_from_files(const config::ServeConfig& config, CatchUpFigures& figures,
                           pipeline::SwapFigures& swap_figures) {
  observe::log_info(area, "the index is far behind the block files: catching up as sync does; the services open then");
  observe::ProgressStyle style;
  style.line_interval = std::chrono::seconds(10);
  observe::ProgressLine line("catching up", style, progress_to_log, observe::steady_now());
  pipeline::SyncReport report;
  std::unique_ptr<pipeline::Counters> counters;
  const Status status =
      run_sync(catch_up_options(config, swap_figures), report, counters,
               [&](const pipeline::Counters& counted, const pipeline::SyncReport& scanned) {
                 figures.height.store(counted.height.load(std::memory_order_relaxed), std::memory_order_relaxed);
                 if (scanned.chain_blocks > 0)
                   figures.target.store(scanned.chain_blocks - 1, std::memory_order_relaxed);
                 line.update(progress_of(counted, scanned), observe::steady_now());
               });
  if (status) {
    log_sync_outcome(report);
    return {};
  }
  const ErrorKind kind = status.error().kind;
  if (kind == ErrorKind::stopped || kind == ErrorKind::config || kind == ErrorKind::limit) return status.error();
  observe::log_error(area, status.error().message + "; the node is followed from where the index is");
  return {};
}

}  // namespace sluice
