// The sync command's options, progress and report, shared with tune and with serve's catching up.
#pragma once

#include "config/config.h"
#include "observe/progress.h"
#include "pipeline/sync.h"

namespace sluice {

[[nodiscard]] pipeline::ResolveWay resolve_way(config::ResolveWay setting);
[[nodiscard]] pipeline::SyncOptions sync_options(const config::SyncConfig& config);
/// Does this configuration keep swap rows? Only Radiant has swaps.
[[nodiscard]] bool keeps_swaps(const config::SwapOptions& swap, const chain::Network& network);
/// Has swap rows kept as configured. After network, reorg_limit and store of the options are set.
void apply_swaps(const config::SwapOptions& swap, pipeline::SyncOptions& options);
void apply_tuning(const config::PipelineTuning& tuning, pipeline::SyncOptions& options);

/// A writer of plain progress lines, one event each.
void progress_to_log(std::string_view line);

[[nodiscard]] observe::ProgressState progress_of(const pipeline::Counters& counters,
                                                 const pipeline::SyncReport& report);

/// What a sync did, as lines of the log.
void log_sync_outcome(const pipeline::SyncReport& report);

/// All counters, wall clock, CPU, peak memory and bytes written, as JSON.
Status write_sync_report(const config::SyncConfig& config, const pipeline::SyncOptions& options,
                         const pipeline::SyncReport& report, const pipeline::Counters* counters, double wall_seconds,
                         const Status& outcome);

}  // namespace sluice
