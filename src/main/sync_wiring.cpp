#include "main/sync_wiring.h"

#include <fmt/format.h>

#include "base/check.h"
#include "hash/sha256.h"
#include "main/wiring.h"
#include "observe/json_writer.h"
#include "observe/log.h"
#include "observe/process_figures.h"
#include "observe/report.h"

namespace sluice {

bool keeps_swaps(const config::SwapOptions& swap, const chain::Network& network) {
  return swap.swap_index && network.coin == chain::Coin::radiant;
}

void apply_swaps(const config::SwapOptions& swap, pipeline::SyncOptions& options) {
  if (!keeps_swaps(swap, *options.network)) return;
  options.swaps = swap::ChangeRules{.history_blocks = static_cast<std::uint32_t>(swap.swap_history_blocks),
                                    .reorg_limit = options.reorg_limit,
                                    .op_number_index = swap.swap_op_number_index};
  options.swap_only = swap.swap_only;
  options.store.swap_cache_bytes = swap.swap_cache;
  options.swap_progress = [](std::uint32_t done, std::uint32_t all) {
    observe::log_info("sync", fmt::format("swaps of {} of {} blocks are indexed", observe::with_separators(done),
                                          observe::with_separators(all)));
  };
}

void apply_tuning(const config::PipelineTuning& tuning, pipeline::SyncOptions& options) {
  options.threads = static_cast<std::uint32_t>(tuning.threads);
  options.memory_budget = tuning.memory_budget;
  options.parse_threads = static_cast<std::uint32_t>(tuning.parse_threads);
  options.classify_threads = static_cast<std::uint32_t>(tuning.classify_threads);
  options.batch_bytes = tuning.batch_bytes;
  options.batch_blocks = static_cast<std::uint32_t>(tuning.batch_blocks);
  options.slots = static_cast<std::uint32_t>(tuning.batch_count);
  options.read_bytes = static_cast<std::uint32_t>(tuning.read_bytes);
  options.reads_in_flight = static_cast<std::uint32_t>(tuning.reads_in_flight);
  options.partitions = tuning.partitions;
  options.segment_bytes = tuning.segment_bytes;
}

pipeline::ResolveWay resolve_way(config::ResolveWay setting) {
  switch (setting) {
    case config::ResolveWay::auto_: return pipeline::ResolveWay::automatic;
    case config::ResolveWay::join: return pipeline::ResolveWay::join;
    case config::ResolveWay::lookup: return pipeline::ResolveWay::lookup;
    case config::ResolveWay::table: return pipeline::ResolveWay::table;
  }
  SLUICE_CHECK(false);
}

pipeline::SyncOptions sync_options(const config::SyncConfig& config) {
  pipeline::SyncOptions options;
  options.network = config.network;
  options.db_directory = config.db_dir.string();
  options.blocks_directory = config.blocks_dir.string();
  options.parity = config.parity;
  options.way = resolve_way(config.resolve);
  options.reorg_limit = config.reorg_limit;
  options.stop_height = config.stop_height;
  options.store = store_options(config.rocksdb);
  apply_tuning(config.tuning, options);
  apply_swaps(config.swap, options);
  return options;
}

void progress_to_log(std::string_view line) {
  observe::log_info("sync", line.ends_with('\n') ? line.substr(0, line.size() - 1) : line);
}

observe::ProgressState progress_of(const pipeline::Counters& counters, const pipeline::SyncReport& report) {
  return {.height = counters.height.load(std::memory_order_relaxed),
          .bytes_done = counters.bytes.load(std::memory_order_relaxed),
          .bytes_total = report.chain_bytes,
          .txs_done = counters.txs.load(std::memory_order_relaxed)};
}

void log_sync_outcome(const pipeline::SyncReport& report) {
  using observe::with_separators;
  if (report.rebuilt)
    observe::log_warning("sync",
                         "the reorg took away most of the chain: the index was built anew from the block files");
  else if (report.disconnected > 0)
    observe::log_info("sync", fmt::format("followed a reorg: {} blocks disconnected", report.disconnected));
  if (report.block_count == 0) return;
  observe::log_info("sync",
                    fmt::format("index at height {}: {} transactions, {} blocks added in {:.2f} s (headers "
                                "{:.2f} s, blocks {:.2f} s, merging {:.2f} s)",
                                with_separators(report.block_count - 1), with_separators(report.tx_count),
                                with_separators(report.block_count - report.first_height),
                                report.scan_seconds + report.index_seconds + report.compact_seconds,
                                report.scan_seconds, report.index_seconds, report.compact_seconds),
                    {{"height", report.block_count - 1},
                     {"transactions", report.tx_count},
                     {"blocks", report.block_count - report.first_height}});
}

namespace {

/// Also of blocks that were read again for their swaps alone.
void append_swap_figures(observe::JsonWriter& json, const pipeline::SwapFigures& figures, std::uint32_t caught_up) {
  const auto object = [&](std::string_view name, const auto& names, const auto& values) {
    json.begin_object(name);
    for (std::size_t i = 0; i < names.size(); ++i) json.field(names[i], values[i].load());
    json.end_object();
  };
  json.begin_object("swaps");
  json.field("blocks_caught_up", caught_up);
  json.field("blocks_behind", figures.blocks_behind.load());
  object("offers_by_version", pipeline::swap_version_names, figures.offers);
  object("offers_refused", classify::swap_refusal_names, figures.refused);
  object("changes", pipeline::swap_change_names, figures.changes);
  json.field("open", figures.open.load());
  json.field("dead", figures.dead.load());
  json.field("superseded", figures.superseded.load());
  json.field("history", figures.history.load());
  json.end_object();
}

}  // namespace

Status write_sync_report(const config::SyncConfig& config, const pipeline::SyncOptions& options,
                         const pipeline::SyncReport& report, const pipeline::Counters* counters, double wall_seconds,
                         const Status& outcome) {
  observe::JsonWriter json;
  json.begin_object();
  json.field("outcome", outcome.ok() ? std::string_view("done") : std::string_view(outcome.error().message));
  json.field("coin", config.network->coin_name);
  json.field("net", config.network->name);
  json.field("resolve", name_of(report.way));
  json.field("sha256", hash::kernel_name(hash::active_kernel()));
  json.field("io", report.io_name);
  json.field("threads", options.threads);
  json.field("memory_budget_bytes", options.memory_budget);
  json.field("batch_bytes", report.batch_bytes);
  json.field("slots", report.slots);
  json.field("partitions", report.partition_count);
  json.field("first_height", report.first_height);
  json.field("blocks", report.block_count);
  json.field("transactions", report.tx_count);
  json.field("chain_bytes", report.chain_bytes);
  json.field("disconnected_blocks", report.disconnected);
  json.field("stale_blocks", report.stale_blocks);
  json.field("unlinked_blocks", report.unlinked_blocks);
  json.field("scan_s", report.scan_seconds);
  json.field("index_s", report.index_seconds);
  json.field("merge_s", report.compact_seconds);
  json.begin_object("index_bytes");
  for (const auto& [name, bytes] : report.index_bytes) json.field(name, bytes);
  json.end_object();
  if (options.swaps && options.swap_figures != nullptr)
    append_swap_figures(json, *options.swap_figures, report.swap_blocks_caught_up);
  if (counters != nullptr) {
    json.field("segments", counters->segments.load());
    json.field("prior_spends", counters->prior_spends.load());
    json.field("inputs", counters->inputs.load());
    json.field("outputs", counters->outputs.load());
    json.field("parse_faults", counters->parse_faults.load());
    const classify::ClassifyCounters& classified = counters->classified;
    json.field("outputs_classified", classified.outputs);
    json.field("outputs_indexed", classified.outputs_indexed);
    json.field("refs", classified.refs);
    json.field("swap_offers", classified.offers);
    json.begin_object("swap_offers_refused");
    for (std::size_t i = 0; i < classify::swap_refusal_names.size(); ++i)
      json.field(classify::swap_refusal_names[i], classified.refused[i]);
    json.end_object();
    json.field("stages_busy_at_once", counters->most_busy.load());
    json.begin_object("stages");
    for (std::size_t i = 0; i < pipeline::stage_count; ++i) {
      const flow::StageCounters& stage = counters->stages[i];
      json.begin_object(pipeline::stage_names[i]);
      json.field("batches", stage.batches.load());
      json.field("transactions", stage.items.load());
      json.field("bytes", stage.bytes.load());
      json.field("busy_s", static_cast<double>(stage.busy_ns.load()) / 1e9);
      json.field("starved_s", static_cast<double>(stage.starved_ns.load()) / 1e9);
      json.field("blocked_s", static_cast<double>(stage.blocked_ns.load()) / 1e9);
      json.field("queue_high_water", counters->queue_high_water[i].load());
      json.end_object();
    }
    json.end_object();
  }
  if (const auto figures = observe::process_figures())
    observe::append_process_figures(json, "process", figures.value(), wall_seconds);
  json.end_object();
  return observe::write_report(config.report, json.text());
}

}  // namespace sluice
