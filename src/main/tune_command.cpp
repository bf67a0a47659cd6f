// Runs a sample of the chain through the pipeline at several settings and writes the best as a
// profile. Choice is by wall clock, the median of three runs each, all in one go; the stage counters
// of the winner stand in the profile as comments, so that a reader sees what holds it back.
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "config/settings.h"
#include "main/commands.h"
#include "main/sync_wiring.h"
#include "main/wiring.h"
#include "observe/log.h"
#include "sluice/exit_status.h"
#include "source/block_source.h"
#include "source/detect_network.h"

namespace sluice {
namespace {

constexpr std::string_view area = "tune";
constexpr int runs_each = 3;
/// A sample long enough to fill the pipeline many times over.
constexpr std::uint32_t sample_blocks_max = 20000;

struct Trial {
  config::PipelineTuning tuning;
  pipeline::ResolveWay way = pipeline::ResolveWay::automatic;
  double seconds = 0;
  std::string stages;
};

/// A directory beside the profile that is to be written: the same disk as the operator's files.
Result<std::string> scratch_directory(const std::filesystem::path& out) {
  std::string name = (std::filesystem::absolute(out).parent_path() / ".sluice-tune-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return Error{ErrorKind::io, fmt::format("{}: cannot make a scratch directory", name)};
  return name;
}

std::string describe_stages(const pipeline::Counters& counters) {
  std::string text;
  for (std::size_t i = 0; i < pipeline::stage_count; ++i) {
    const flow::StageCounters& stage = counters.stages[i];
    text +=
        fmt::format("#   {:<9} busy {:6.2f} s, starved {:6.2f} s, blocked {:6.2f} s\n", pipeline::stage_names[i],
                    static_cast<double>(stage.busy_ns.load()) / 1e9, static_cast<double>(stage.starved_ns.load()) / 1e9,
                    static_cast<double>(stage.blocked_ns.load()) / 1e9);
  }
  return text;
}

Status run_trial(const config::TuneConfig& config, const chain::Network& network, const std::string& directory,
                 Trial& trial) {
  std::vector<double> seconds;
  for (int run = 0; run < runs_each; ++run) {
    pipeline::SyncOptions options;
    options.network = &network;
    options.blocks_directory = config.blocks_dir.string();
    options.db_directory = directory + "/index";
    options.parity = config.parity;
    options.way = trial.way;
    options.store = store_options(config.rocksdb);
    options.stop_height = sample_blocks_max;
    options.stop = &stop_requested();
    apply_tuning(trial.tuning, options);
    std::error_code ignored;
    std::filesystem::remove_all(options.db_directory, ignored);
    pipeline::SyncReport report;
    std::unique_ptr<pipeline::Counters> counters;
    if (Status status = pipeline::run_sync(options, report, counters, {}); !status) return status;
    seconds.push_back(report.index_seconds + report.compact_seconds);
    if (counters) trial.stages = describe_stages(*counters);
  }
  std::sort(seconds.begin(), seconds.end());
  trial.seconds = seconds[seconds.size() / 2];
  return {};
}

std::vector<Trial> plan_trials(const config::TuneConfig& config) {
  std::vector<pipeline::ResolveWay> ways{resolve_way(config.resolve)};
  if (ways[0] == pipeline::ResolveWay::automatic) ways = {pipeline::ResolveWay::automatic, pipeline::ResolveWay::table};
  std::vector<Trial> trials;
  for (const auto way : ways) {
    for (const std::uint64_t batch_bytes : {std::uint64_t{512} << 10, std::uint64_t{1} << 20, std::uint64_t{2} << 20}) {
      for (const std::uint64_t slots_each : {3, 4}) {
        Trial trial{config.tuning, way, 0, {}};
        trial.tuning.batch_bytes = batch_bytes;
        trial.tuning.batch_count = std::min<std::uint64_t>(slots_each * config.tuning.threads, source::slots_max);
        trials.push_back(trial);
      }
    }
  }
  return trials;
}

Status tune(const config::TuneConfig& config) {
  const chain::Network* network = config.network;
  if (network == nullptr) {
    auto detected = source::detect_network(config.blocks_dir.string());
    if (!detected) return std::move(detected).error();
    network = detected.value();
    observe::log_info(area, fmt::format("the block files are of {} {}", network->coin_name, network->name));
  }
  auto directory = scratch_directory(config.out);
  if (!directory) return std::move(directory).error();
  std::vector<Trial> trials = plan_trials(config);
  Status status;
  for (Trial& trial : trials) {
    status = run_trial(config, *network, directory.value(), trial);
    if (!status) break;
    observe::log_info(area, fmt::format("{} batch {} KiB, {} batches: {:.2f} s", name_of(trial.way),
                                        trial.tuning.batch_bytes >> 10, trial.tuning.batch_count, trial.seconds));
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory.value(), ignored);
  if (!status) return status;

  const Trial& best = *std::min_element(trials.begin(), trials.end(),
                                        [](const Trial& a, const Trial& b) { return a.seconds < b.seconds; });
  std::string text = fmt::format(
      "# Measured by `sluice tune` on {} threads: {:.2f} s for the sample, resolve way {}.\n# Stages of that run:\n{}",
      config.tuning.threads, best.seconds, name_of(best.way), best.stages);
  text += fmt::format("resolve = \"{}\"\n", name_of(best.way));
  config::append_profile(text, best.tuning);
  std::ofstream file(config.out, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return Error{ErrorKind::io, fmt::format("{}: cannot write the profile", config.out.string())};
  observe::log_info(area, fmt::format("wrote {}: use it with --profile", config.out.string()));
  return {};
}

}  // namespace

int run_tune_command(const config::TuneConfig& config) {
  start_logging(config.common);
  if (Status status = tune(config); !status) return report_error(area, status.error());
  return exit_success;
}

}  // namespace sluice
