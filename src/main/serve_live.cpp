#include "main/serve_live.h"

#include <fmt/format.h>

#include <thread>

#include "follow/block_archive.h"
#include "follow/file_feed.h"
#include "follow/follower.h"
#include "follow/rpc_feed.h"
#include "main/admin_port.h"
#include "main/catch_up.h"
#include "main/http_port.h"
#include "main/node_gate.h"
#include "main/serving.h"
#include "main/sync_wiring.h"
#include "main/wiring.h"
#include "node/node_calls.h"
#include "node/node_watch.h"
#include "node/zmq_listener.h"
#include "observe/log.h"
#include "observe/service_manager.h"

namespace sluice {
namespace {

constexpr std::string_view area = "serve";
/// So long a start waits for a node that does not answer before it serves what the index has.
constexpr std::chrono::seconds node_patience{10};

/// Where blocks are read from: the node's files, or our own copy of what came by RPC.
std::filesystem::path blocks_directory(const config::ServeConfig& config) {
  return config.blocks_dir.empty() ? config.db_dir / "blocks" : config.blocks_dir;
}

pipeline::SyncOptions index_options(const config::ServeConfig& config, pipeline::SwapFigures& swap_figures) {
  pipeline::SyncOptions options;
  options.network = config.network;
  options.db_directory = config.db_dir.string();
  options.blocks_directory = blocks_directory(config).string();
  options.parity = config.parity;
  options.reorg_limit = config.reorg_limit;
  options.store = store_options(config.rocksdb);
  options.store.on_unreadable = [](const std::string& text) { observe::log_error(area, text); };
  apply_tuning(config.tuning, options);
  apply_swaps(config.swap, options);
  options.swap_figures = &swap_figures;
  return options;
}

/// A node's client, the index at its tip, and the clients' side. Readers go before the index that they read.
class LiveServer {
 public:
  explicit LiveServer(const config::ServeConfig& config)
      : config_(config),
        client_(node::RpcOptions{.urls = config.server.daemon_url, .cookie_file = config.server.daemon_cookie},
                watch_.observer()),
        calls_(client_, *config.network),
        clients_client_(node::RpcOptions{.urls = config.server.daemon_url, .cookie_file = config.server.daemon_cookie}),
        clients_calls_(clients_client_, *config.network) {
    gate_.emplace(
        clients_calls_, [this] { serving_->node_answered(); }, [this] { follower_->wake_mempool(); });
  }

  ~LiveServer() {
    stop_following();
    gate_.reset();  // its threads call the parts that end after it
  }

  Status run() {
    auto serving = Serving::prepare(config_, &*gate_);
    if (!serving) return std::move(serving).error();
    serving_ = std::move(serving).value();
    sources_.serving = serving_.get();
    if (keeps_swaps(config_.swap, *config_.network)) sources_.swaps = &swap_figures_;
    auto http = open_http_port(config_, sources_);
    if (!http) return std::move(http).error();
    http_ = std::move(http).value();
    status_.emplace([this] { return http::status_line(health_facts(sources_)); });
    if (Status status = open_index(); !status)
      return status.error().kind == ErrorKind::stopped ? stopped_early() : std::move(status);
    open_mempool();
    follower_ = std::make_unique<follow::Follower>(
        calls_, *index_, *feed_, *mempool_,
        follow::FollowOptions{.poll = config_.server.daemon_poll_interval_blocks,
                              .poll_mempool = config_.server.daemon_poll_interval_mempool},
        [this](const node::ChainInfo& info) { return approve(info); },
        [this](const serve::Snapshot& snapshot, serve::Changes changes) {
          admin_->publish(snapshot);
          serving_->publish(snapshot, std::move(changes));
        });
    auto admin = AdminPort::open(
        config_, {.serving = serving_.get(), .follower = follower_.get(), .clients = {&client_, &clients_client_}});
    if (!admin) return std::move(admin).error();
    admin_ = std::move(admin).value();
    // release: pairs with the readers of the port.
    sources_.store.store(&index_->database(), std::memory_order_release);
    sources_.stages.store(&index_->stages(), std::memory_order_release);
    sources_.follow.store(&follower_->counters(), std::memory_order_release);
    sources_.mempool.store(&mempool_->figures(), std::memory_order_release);
    const bool has_blocks = index_->block_count() > 0;
    thread_ = std::thread([this] { follower_->run(); });
    if (!wait_for_chain(has_blocks)) return stopped_early();
    if (Status status = serving_->listen(); !status) return status;
    observe::notify_ready();
    wait_for_stop();
    observe::log_info(area, "stopping");
    observe::notify_stopping();
    admin_->stop_services();
    serving_->stop();
    stop_following();
    if (Status saved = mempool_->save(mempool_file()); !saved) observe::log_error(area, saved.error().message);
    return {};
  }

 private:
  void stop_following() {
    if (follower_) follower_->stop();
    client_.stop();
    clients_client_.stop();
    if (thread_.joinable()) thread_.join();
    listener_.reset();  // that thread's, until it ended
  }

  [[nodiscard]] std::filesystem::path mempool_file() const { return config_.db_dir / "mempool.dat"; }

  /// What was saved at the last stop is a beginning; without it all is fetched.
  void open_mempool() {
    mempool::MempoolOptions options;
    options.rules = {config_.network->coin, config_.parity};
    options.rules.swap_offers = config_.swap.mempool_swap_index && config_.network->coin == chain::Coin::radiant;
    options.rules.op_number_index = config_.swap.swap_op_number_index;
    if (const pipeline::SwapIndex* swaps = index_->swap_index())
      options.may_be_offered = [swaps](const Outpoint& outpoint) { return swaps->may_be_offered(outpoint); };
    options.budget_bytes = config_.server.mempool_budget;
    mempool_ = std::make_unique<follow::MempoolFollower>(calls_, *index_, options);
    if (index_->block_count() == 0) return;
    if (Status loaded = mempool_->load(mempool_file()); !loaded)
      observe::log_warning(area, fmt::format("{}; the mempool is fetched from the node", loaded.error().message));
  }

  /// Called with every report of the node's chain.
  Status approve(const node::ChainInfo& info) {
    const std::string url = client_.url();
    if (url != approved_url_) {
      Status checked = calls_.check_chain(info);
      watch_.on_chain(info, checked);
      if (!checked) return checked;
      approved_url_ = url;
      listen_to_node();
      return {};
    }
    watch_.on_chain(info, {});
    return {};
  }

  void listen_to_node() {
    auto sources = config_.server.daemon_zmq.empty() ? calls_.zmq_sources()
                                                     : Result(node::all_topics_at(config_.server.daemon_zmq));
    if (sources && sources.value().empty()) {
      observe::log_info(area, "the node publishes no notifications: it is polled");
      return;
    }
    const auto wake = [this](node::ZmqTopic topic) {
      topic == node::ZmqTopic::hashblock ? follower_->wake() : follower_->wake_mempool();
    };
    node::ZmqHandlers handlers;
    handlers.message = [wake](const node::ZmqMessage& message) { wake(message.topic); };
    handlers.link = [wake](node::ZmqTopic topic, bool is_up) {
      if (is_up) wake(topic);
    };
    auto listener = sources ? node::ZmqListener::start(sources.value(), std::move(handlers))
                            : Result<std::unique_ptr<node::ZmqListener>>(std::move(sources).error());
    if (!listener) {
      observe::log_warning(area, fmt::format("no notifications, the node is polled: {}", listener.error().message));
      return;
    }
    listener_ = std::move(listener).value();
  }

  static Status stopped_early() {
    observe::log_info(area, "stopped as asked, before the services were open");
    observe::notify_stopping();
    return {};
  }

  /// Opens the index, and whatever its blocks come from.
  Status open_index() { return config_.blocks_dir.empty() ? open_with_archive() : open_with_block_files(); }

  Status open_with_block_files() {
    const auto files = source::list_block_files(config_.blocks_dir.string());
    if (!files) return files.error();
    if (Status status = open_chain(files.value().key); !status) return status;
    const auto ends = index_->record_ends();
    if (!ends) return ends.error();
    if (!config_.serve_while_syncing && is_far_behind(ends.value(), files.value())) {
      index_.reset();  // it has one writer
      if (Status status = catch_up_from_files(config_, catch_up_, swap_figures_); !status) return status;
      if (Status status = open_chain(files.value().key); !status) return status;
    }
    auto feed = follow::FileFeed::open(*index_);
    if (!feed) return std::move(feed).error();
    feed_ = std::move(feed).value();
    return {};
  }

  Status open_chain(const source::XorKey& key) {
    auto index = follow::ChainIndex::open(index_options(config_, swap_figures_), key);
    if (!index) return std::move(index).error();
    index_ = std::move(index).value();
    return {};
  }

  Status open_with_archive() {
    if (Status status = open_chain({}); !status) return status;
    const auto ends = index_->record_ends();
    if (!ends) return ends.error();
    auto archive = follow::BlockArchive::open(*config_.network, blocks_directory(config_).string(), ends.value());
    if (!archive) return std::move(archive).error();
    feed_ = std::make_unique<follow::RpcFeed>(calls_, std::move(archive).value());
    return {};
  }

  /// Waits for the node's tip; with --serve-while-syncing, for a block to serve; or, if the index has some, for a node
  /// that does not answer. False: stopped.
  [[nodiscard]] bool wait_for_chain(bool has_blocks) {
    const auto& stop = stop_requested();
    const auto begin = std::chrono::steady_clock::now();
    while (!follower_->wait_caught_up(std::chrono::milliseconds(200))) {
      if (stop.load(std::memory_order_relaxed)) return false;
      if (config_.serve_while_syncing && serving_->figures().height) break;
      const bool node_answered = follower_->counters().node_height.load(std::memory_order_relaxed) > 0;
      if (!has_blocks || node_answered || std::chrono::steady_clock::now() - begin < node_patience) continue;
      observe::log_warning(area, "the node does not answer: serving what the index has");
      break;
    }
    return !stop.load(std::memory_order_relaxed);
  }

  const config::ServeConfig& config_;
  node::NodeWatch watch_;
  std::string approved_url_;
  node::RpcClient client_;
  node::NodeCalls calls_;
  // Their own, so that no client waits behind the following of the chain.
  node::RpcClient clients_client_;
  node::NodeCalls clients_calls_;
  pipeline::SwapFigures swap_figures_;
  std::unique_ptr<follow::ChainIndex> index_;
  std::unique_ptr<follow::BlockFeed> feed_;
  std::unique_ptr<follow::MempoolFollower> mempool_;
  std::unique_ptr<Serving> serving_;
  std::unique_ptr<follow::Follower> follower_;
  std::unique_ptr<AdminPort> admin_;
  CatchUpFigures catch_up_;
  HttpSources sources_{.serving = nullptr, .client = &client_, .watch = &watch_, .catch_up = &catch_up_};
  std::unique_ptr<net::TcpServer> http_;
  std::optional<observe::ServiceStatus> status_;
  std::unique_ptr<node::ZmqListener> listener_;
  std::optional<NodeGate> gate_;
  std::thread thread_;
};

}  // namespace

Status serve_live(const config::ServeConfig& config) { return LiveServer(config).run(); }

}  // namespace sluice
