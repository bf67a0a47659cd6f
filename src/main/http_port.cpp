#include "main/http_port.h"

#include <fmt/format.h>

#include "http/health.h"
#include "http/http_handler.h"
#include "http/route_table.h"
#include "main/metric_families.h"
#include "main/swap_routes.h"
#include "observe/log.h"

namespace sluice {
namespace {

constexpr std::string_view area = "http";

/// Can it be relied on for what is new?
bool is_good(node::NodeCondition condition) {
  return condition == node::NodeCondition::reachable || condition == node::NodeCondition::pruned ||
         condition == node::NodeCondition::slow;
}

std::string metrics_text(const HttpSources& sources) {
  observe::MetricsText metrics;
  if (const auto process = observe::process_figures()) append_process(metrics, process.value());
  append_serving(metrics, sources.serving->figures());
  append_requests(metrics, sources.serving->requests());
  if (const serve::PeerGate* peers = sources.serving->peers()) append_peers(metrics, peers->counts());
  // acquire: pairs with the store once they are there.
  if (const auto* store = sources.store.load(std::memory_order_acquire))
    append_store(metrics, store::store_figures(*store));
  if (sources.swaps != nullptr) append_swaps(metrics, *sources.swaps);
  if (sources.watch == nullptr) return metrics.text();
  append_node(metrics, sources.watch->snapshot(), sources.client->counters());
  if (const auto* stages = sources.stages.load(std::memory_order_acquire)) append_stages(metrics, *stages);
  if (const auto* follow = sources.follow.load(std::memory_order_acquire)) append_follow(metrics, *follow);
  if (const auto* mempool = sources.mempool.load(std::memory_order_acquire)) append_mempool(metrics, *mempool);
  return metrics.text();
}

http::RouteTable routes(const HttpSources& sources, const std::string& origin) {
  http::RouteTable table;
  table.get("/metrics", [&sources](const http::HttpRequest&) {
    http::HttpReply reply;
    reply.content_type = observe::metrics_content_type;
    reply.body = metrics_text(sources);
    return reply;
  });
  table.get("/healthz", [&sources](const http::HttpRequest&) { return http::health_reply(health_facts(sources)); });
  table.get("/readyz", [&sources](const http::HttpRequest&) { return http::readiness_reply(health_facts(sources)); });
  add_swap_routes(table, *sources.serving, origin);
  return table;
}

}  // namespace

http::HealthFacts health_facts(const HttpSources& sources) {
  const ServingFigures figures = sources.serving->figures();
  http::HealthFacts facts;
  facts.is_listening = figures.is_listening;
  facts.height = figures.height;
  facts.has_node = sources.watch != nullptr;
  facts.node = "offline";
  if (!facts.has_node) return facts;
  node::NodeSnapshot node = sources.watch->snapshot();
  facts.node_is_good = is_good(node.condition);
  facts.node = node::name_of(node.condition);
  facts.node_detail = std::move(node.detail);
  const follow::FollowCounters* follow = sources.follow.load(std::memory_order_acquire);
  if (follow == nullptr) {
    if (const std::uint32_t target = sources.catch_up->target.load(std::memory_order_relaxed); target > 0) {
      facts.files_height = target;
      facts.height = sources.catch_up->height.load(std::memory_order_relaxed);
    }
    return facts;
  }
  if (const std::uint32_t height = follow->node_height.load(std::memory_order_relaxed); height > 0)
    facts.node_height = height;
  return facts;
}

Result<std::unique_ptr<net::TcpServer>> open_http_port(const config::ServeConfig& config, const HttpSources& sources) {
  if (!config.server.http) return std::unique_ptr<net::TcpServer>();
  const config::HostPort& address = *config.server.http;
  net::TcpServerOptions options;
  const auto backend = net::io_backend_from_environment();
  if (!backend) return backend.error();
  options.backend = backend.value();
  options.listen.push_back({address.host, address.port});
  options.loop.sessions_max = 100;         // whoever scrapes and probes, and some to spare
  options.loop.idle_timeout_ms = 120'000;  // scrapes come once a minute or more often
  auto started = net::TcpServer::start(options, http::serve_http(routes(sources, config.server.http_origin)));
  if (started) {
    observe::log_info(area, fmt::format("metrics and health at http://{}/metrics, /healthz and /readyz",
                                        config::show_host_port(address.host, started.value()->port())));
    return started;
  }
  if (config.http_is_chosen) return Error{started.error().kind, "--http: " + started.error().message};
  observe::log_warning(
      area, fmt::format("no metrics and health: {}: choose another address with --http", started.error().message));
  return std::unique_ptr<net::TcpServer>();
}

}  // namespace sluice
