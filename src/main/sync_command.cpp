#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "main/commands.h"
#include "main/sync_wiring.h"
#include "main/wiring.h"
#include "observe/log.h"
#include "observe/progress.h"
#include "pipeline/memory_plan.h"
#include "sluice/exit_status.h"

namespace sluice {
namespace {

constexpr std::string_view area = "sync";

void to_standard_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

int run_sync_command(const config::SyncConfig& config) {
  start_logging(config.common);
  const auto& stop = stop_requested();
  pipeline::SyncOptions options = sync_options(config);
  options.stop = &stop;
  pipeline::SwapFigures swap_figures;
  options.swap_figures = &swap_figures;
  if (options.memory_budget < pipeline::small_budget_bytes) return_freed_memory_at_once();

  observe::ProgressStyle style;
  const bool is_for_people = config.common.log_format == config::LogFormat::text;
  style.redraws = is_for_people && observe::is_terminal(STDERR_FILENO);
  observe::ProgressLine line("sync", style, is_for_people ? to_standard_error : progress_to_log, observe::steady_now());
  bool io_said = false;
  const auto progress = [&](const pipeline::Counters& counters, const pipeline::SyncReport& report) {
    if (!std::exchange(io_said, true) && !report.io_note.empty()) observe::log_info(area, report.io_note);
    line.update(progress_of(counters, report), observe::steady_now());
  };
  const std::uint64_t begin = flow::now_ns();
  pipeline::SyncReport report;
  std::unique_ptr<pipeline::Counters> counters;
  const Status status = pipeline::run_sync(options, report, counters, progress);
  const double wall = static_cast<double>(flow::now_ns() - begin) / 1e9;
  line.clear();
  // A run that failed says why, not what was there before it.
  if (status.ok() || status.error().kind == ErrorKind::stopped) log_sync_outcome(report);
  if (!config.report.empty()) {
    if (Status written = write_sync_report(config, options, report, counters.get(), wall, status); !written)
      return report_error(area, written.error());
  }
  if (!status) {
    if (status.error().kind == ErrorKind::stopped) {
      observe::log_info(area, status.error().message);
      return exit_success;
    }
    return report_error(area, status.error());
  }
  if (report.unlinked_blocks > 0) {
    return report_error(
        area, {ErrorKind::corrupt,
               report.unlinked_text +
                   ": a block before it is damaged or missing; if the node is still downloading, run again later"});
  }
  return exit_success;
}

}  // namespace sluice
