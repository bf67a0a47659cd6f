// The families of /metrics, each appended from the figures of one part. Names begin with "sluice_"; where
// Prometheus' own clients have a name for a figure of the process, that one is used.
#pragma once

#include "follow/follower.h"
#include "main/serving.h"
#include "node/node_state.h"
#include "node/rpc_client.h"
#include "observe/metrics.h"
#include "observe/process_figures.h"
#include "pipeline/counters.h"
#include "pipeline/swap_figures.h"
#include "store/store_figures.h"

namespace sluice {

void append_process(observe::MetricsText& metrics, const observe::ProcessFigures& figures);
void append_serving(observe::MetricsText& metrics, const ServingFigures& figures);
void append_requests(observe::MetricsText& metrics, const net::EndpointFigures& figures);
void append_peers(observe::MetricsText& metrics, const serve::PeerCounts& peers);
void append_store(observe::MetricsText& metrics, const store::StoreFigures& figures);
void append_stages(observe::MetricsText& metrics, const pipeline::Counters& counters);
void append_swaps(observe::MetricsText& metrics, const pipeline::SwapFigures& figures);
void append_follow(observe::MetricsText& metrics, const follow::FollowCounters& counters);
void append_node(observe::MetricsText& metrics, const node::NodeSnapshot& node, const node::RpcCounters& counters);
void append_mempool(observe::MetricsText& metrics, const follow::MempoolFigures& figures);

}  // namespace sluice
