#include "main/metric_families.h"

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
