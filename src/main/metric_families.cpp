#include "main/metric_families.h"

#include "serve/method_table.h"
#include "sluice/version.h"

namespace sluice {
namespace {

using observe::MetricsText;
using observe::MetricType;

double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

template <typename T>
T now(const std::atomic<T>& figure) {
  return figure.load(std::memory_order_relaxed);
}

}  // namespace

void append_process(MetricsText& metrics, const observe::ProcessFigures& figures) {
  metrics.family("sluice_build_info", MetricType::gauge, "Always 1; the version is in the label.");
  metrics.sample({{"version", version}}, 1);
  metrics.counter("process_cpu_seconds_total", "CPU time of the process, user and system.",
                  figures.cpu_user_s + figures.cpu_system_s);
  metrics.gauge("process_resident_memory_bytes", "Memory that is resident.", figures.memory_resident);
  metrics.gauge("sluice_memory_peak_bytes", "The most memory that was resident at once.", figures.memory_peak);
  metrics.gauge("sluice_memory_anonymous_bytes", "Resident memory that the process itself holds.",
                figures.memory_anonymous);
  metrics.gauge("sluice_memory_file_backed_bytes", "Resident memory that the kernel can take back.",
                figures.memory_file_backed);
  metrics.counter("sluice_storage_read_bytes_total", "Bytes read from storage; hits of the page cache do not count.",
                  figures.bytes_read);
  metrics.counter("sluice_storage_written_bytes_total", "Bytes written to storage.", figures.bytes_written);
}

void append_serving(MetricsText& metrics, const ServingFigures& figures) {
  metrics.gauge("sluice_listening", "1 while the services are open to clients.", figures.is_listening ? 1 : 0);
  metrics.gauge("sluice_sessions", "Connections of clients that are open.", figures.sessions);
  metrics.counter("sluice_sessions_accepted_total", "Connections taken.", figures.accepted);
  metrics.counter("sluice_sessions_refused_total", "Connections refused: too many, in all or of one address.",
                  figures.refused);
  metrics.family("sluice_sessions_ended_total", MetricType::counter, "Connections ended by the server, by the reason.");
  metrics.sample({{"reason", "not_reading"}}, figures.stalled);
  metrics.sample({{"reason", "silent"}}, figures.idled);
  metrics.sample({{"reason", "too_costly"}}, figures.excessive);
  metrics.sample({{"reason", "address_blocked"}}, figures.blocked);
  metrics.counter("sluice_requests_delayed_total", "Requests that had to wait because of their session's cost.",
                  figures.delayed);
  metrics.counter("sluice_requests_delay_seconds_total", "Time that they had to wait.",
                  static_cast<double>(figures.delay_ms) / 1000);
  metrics.counter("sluice_requests_timed_out_total", "Requests answered with server busy: they waited too long.",
                  figures.timed_out);
  metrics.counter("sluice_connections_banned_total", "Connections refused because of the list of bans.",
                  figures.banned);
  metrics.gauge("sluice_sessions_cost", "Cost of all open sessions, as the cost model counts it.", figures.cost);
  metrics.counter("sluice_request_failures_total", "Requests not answered because the index could not be read.",
                  figures.failures);
  if (!figures.height) return;
  metrics.gauge("sluice_index_height", "Height of the newest block that clients see.", *figures.height);
  metrics.gauge("sluice_index_transactions", "Transactions of all blocks that clients see, the genesis block's aside.",
                figures.transactions);
}

void append_requests(MetricsText& metrics, const net::EndpointFigures& figures) {
  const std::span<const serve::Method> methods = serve::all_methods();
  metrics.family("sluice_request_duration_seconds", MetricType::histogram,
                 "Time that requests took, by method, without sending the answer and without waiting for the node.");
  for (std::size_t i = 0; i < figures.requests.methods.size(); ++i) {
    const auto& method = figures.requests.methods[i];
    if (method.count() == 0) continue;
    metrics.histogram({{"method", methods[i].name}}, session::latency_bounds_s, method.by_latency, method.seconds);
  }
  metrics.family("sluice_request_errors_total", MetricType::counter, "Requests answered with an error, by its code.");
  for (std::size_t i = 0; i < session::counted_faults.size(); ++i) {
    const std::string code = std::to_string(static_cast<int>(session::counted_faults[i]));
    metrics.sample({{"code", code}}, figures.requests.faults[i]);
  }
  const auto by_transport = [&](std::string_view name, std::string_view help,
                                std::uint64_t session::TrafficCounters::*figure) {
    metrics.family(name, MetricType::counter, help);
    for (std::size_t i = 0; i < net::transport_count; ++i)
      metrics.sample({{"transport", net::name_of(static_cast<net::Transport>(i))}}, figures.traffic[i].*figure);
  };
  using Traffic = session::TrafficCounters;
  by_transport("sluice_client_received_bytes_total", "Bytes of lines from clients.", &Traffic::receive_bytes);
  by_transport("sluice_client_received_lines_total", "Lines from clients.", &Traffic::receive_lines);
  by_transport("sluice_client_sent_bytes_total", "Bytes of lines to clients.", &Traffic::send_bytes);
  by_transport("sluice_client_sent_lines_total", "Lines to clients.", &Traffic::send_lines);
  by_transport("sluice_notifications_sent_total", "Lines to clients that tell of changes.", &Traffic::notifications);
  metrics.gauge("sluice_subscriptions", "Scripts and headers that clients are told about.", figures.subscriptions);
  metrics.counter("sluice_transactions_sent_total", "Transactions of clients that the node took.",
                  figures.transactions_sent);
}

void append_store(MetricsText& metrics, const store::StoreFigures& figures) {
  metrics.family("sluice_table_live_bytes", MetricType::gauge, "Rows of the index that count, by table; an estimate.");
  for (const store::Table table : store::all_tables)
    metrics.sample({{"table", store::table_name(table)}}, figures.tables[store::table_index(table)].live_bytes);
  metrics.family("sluice_table_disk_bytes", MetricType::gauge, "Table files of the index, by table.");
  for (const store::Table table : store::all_tables)
    metrics.sample({{"table", store::table_name(table)}}, figures.tables[store::table_index(table)].disk_bytes);
  metrics.family("sluice_flat_file_bytes", MetricType::gauge, "Flat files of the index.");
  for (const auto& file : figures.flat_files) metrics.sample({{"file", file.name}}, file.bytes);
  metrics.gauge("sluice_memtable_bytes", "Rows of the index in memory on their way to table files.",
                figures.memtable_bytes);
  metrics.gauge("sluice_block_cache_bytes", "Blocks of table files kept in memory.", figures.block_cache_bytes);
  metrics.gauge("sluice_swap_cache_bytes", "Of those, blocks of the table of swaps.", figures.swap_cache_bytes);
  metrics.counter("sluice_swap_cache_hits_total", "Blocks of the table of swaps that were in its cache.",
                  figures.swap_cache_hits);
  metrics.counter("sluice_swap_cache_misses_total", "Blocks of the table of swaps that were not.",
                  figures.swap_cache_misses);
  metrics.gauge("sluice_pending_compaction_bytes", "Bytes that compactions have yet to rewrite; an estimate.",
                figures.pending_compaction_bytes);
  metrics.gauge("sluice_running_compactions", "Compactions under way.", figures.running_compactions);
}

void append_stages(MetricsText& metrics, const pipeline::Counters& counters) {
  const auto by_stage = [&](std::string_view name, std::string_view help, const auto& figure) {
    metrics.family(name, MetricType::counter, help);
    for (std::size_t i = 0; i < pipeline::stage_count; ++i)
      metrics.sample({{"stage", pipeline::stage_names[i]}}, figure(counters.stages[i]));
  };
  using Stage = flow::StageCounters;
  by_stage("sluice_stage_batches_total", "Batches of new blocks, by stage.",
           [](const Stage& stage) { return now(stage.batches); });
  by_stage("sluice_stage_transactions_total", "Transactions of new blocks, by stage.",
           [](const Stage& stage) { return now(stage.items); });
  by_stage("sluice_stage_busy_seconds_total", "Time that stages worked on new blocks.",
           [](const Stage& stage) { return seconds(now(stage.busy_ns)); });
  by_stage("sluice_stage_starved_seconds_total", "Time that stages waited for the one before.",
           [](const Stage& stage) { return seconds(now(stage.starved_ns)); });
  by_stage("sluice_stage_blocked_seconds_total", "Time that stages waited for the one behind.",
           [](const Stage& stage) { return seconds(now(stage.blocked_ns)); });
}

void append_swaps(MetricsText& metrics, const pipeline::SwapFigures& figures) {
  const auto by_label = [&](std::string_view name, MetricType type, std::string_view help, const char* label,
                            const auto& names, const auto& values) {
    metrics.family(name, type, help);
    for (std::size_t i = 0; i < names.size(); ++i) metrics.sample({{label, names[i]}}, now(values[i]));
  };
  by_label("sluice_swap_offers_total", MetricType::counter, "Swap offers read in blocks, by version.", "version",
           pipeline::swap_version_names, figures.offers);
  by_label("sluice_swap_offers_refused_total", MetricType::counter,
           "Outputs of blocks that are no swap offers, though "
           "they begin like one, by the reason.",
           "reason", classify::swap_refusal_names, figures.refused);
  by_label("sluice_swap_changes_total", MetricType::counter, "What happened to swap orders.", "change",
           pipeline::swap_change_names, figures.changes);
  metrics.family("sluice_swap_orders", MetricType::gauge, "Swap orders in the index, by how they stand.");
  metrics.sample({{"standing", "open"}}, now(figures.open));
  metrics.sample({{"standing", "dead"}}, now(figures.dead));
  metrics.sample({{"standing", "superseded"}}, now(figures.superseded));
  metrics.sample({{"standing", "history"}}, now(figures.history));
  metrics.gauge("sluice_swap_blocks_behind", "Blocks of the index whose swaps are still to be read.",
                now(figures.blocks_behind));
}

void append_peers(MetricsText& metrics, const serve::PeerCounts& peers) {
  metrics.family("sluice_peers", MetricType::gauge, "Other servers that are known, by what the last checks said.");
  metrics.sample({{"status", "good"}}, peers.good);
  metrics.sample({{"status", "stale"}}, peers.stale);
  metrics.sample({{"status", "never"}}, peers.never);
  metrics.sample({{"status", "bad"}}, peers.bad);
}

void append_follow(MetricsText& metrics, const follow::FollowCounters& counters) {
  metrics.counter("sluice_blocks_connected_total", "Blocks added to the index.", now(counters.connected));
  metrics.counter("sluice_blocks_disconnected_total", "Blocks taken off the index.", now(counters.disconnected));
  metrics.counter("sluice_reorgs_total", "Times that blocks had to be taken off.", now(counters.reorgs));
  metrics.counter("sluice_follow_failures_total", "Attempts to follow the node that failed and were made again.",
                  now(counters.failures));
  metrics.counter("sluice_reorg_wait_seconds_total", "Time that reorgs waited for readers of the blocks before.",
                  seconds(now(counters.wait_for_readers_ns)));
  metrics.gauge("sluice_node_height", "Height of the node's newest block; 0 before it answered.",
                now(counters.node_height));
}

void append_node(MetricsText& metrics, const node::NodeSnapshot& node, const node::RpcCounters& counters) {
  metrics.family("sluice_node_condition", MetricType::gauge, "1 for the condition that the node is in, 0 for others.");
  for (auto i = std::uint8_t{0}; i <= static_cast<std::uint8_t>(node::NodeCondition::pruned); ++i) {
    const auto condition = static_cast<node::NodeCondition>(i);
    metrics.sample({{"condition", node::name_of(condition)}}, condition == node.condition ? 1 : 0);
  }
  metrics.counter("sluice_node_condition_changes_total", "Changes of the node's condition.", node.changes);
  metrics.family("sluice_node_attempts_total", MetricType::counter, "HTTP calls to the node, by what they carry.");
  metrics.sample({{"kind", "single"}}, counters.calls);
  metrics.sample({{"kind", "batch"}}, counters.batches);
  metrics.counter("sluice_node_batched_calls_total", "Calls within batches.", counters.batched);
  metrics.counter("sluice_node_failures_total", "HTTP calls without a JSON-RPC answer.", counters.failures);
  metrics.counter("sluice_node_retries_total", "HTTP calls after the first of a call.", counters.retries);
  metrics.counter("sluice_node_failovers_total", "Changes to another node.", counters.failovers);
  metrics.counter("sluice_node_sent_bytes_total", "HTTP bodies sent to the node.", counters.sent_bytes);
  metrics.counter("sluice_node_received_bytes_total", "HTTP bodies received from the node.", counters.received_bytes);
  metrics.counter("sluice_node_wait_seconds_total", "Time between HTTP calls to the node and their ends.",
                  seconds(static_cast<std::uint64_t>(counters.latency.count())));
}

void append_mempool(MetricsText& metrics, const follow::MempoolFigures& figures) {
  metrics.gauge("sluice_mempool_transactions", "Unconfirmed transactions that clients see.", now(figures.transactions));
  metrics.gauge("sluice_mempool_footprint_bytes", "Memory that they take.", now(figures.footprint_bytes));
  metrics.gauge("sluice_mempool_waiting", "Unconfirmed transactions whose inputs are not known yet.",
                now(figures.waiting));
  metrics.gauge("sluice_mempool_left_out", "Unconfirmed transactions for which the budget has no room.",
                now(figures.left_out));
  metrics.counter("sluice_mempool_refused_total", "Unconfirmed transactions of the node that make no sense.",
                  now(figures.refused));
  metrics.counter("sluice_mempool_refreshes_total", "Comparisons with the node's mempool.", now(figures.refreshes));
  metrics.gauge("sluice_mempool_last_refresh_seconds", "Time that the last comparison took.",
                seconds(now(figures.last_refresh_ns)));
}

}  // namespace sluice
