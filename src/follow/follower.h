// The loop that keeps an index at the node's tip and tells what changed.
//
//   wake or poll -> the node's tip -> blocks from the feed -> cut, append -> the node's mempool -> publish
//
// It ends only when it is stopped. What goes wrong on the way (a node away, a disk full, a bad block) is said once in
// the log, counted, and tried again; readers go on answering from the last view meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "follow/block_feed.h"
#include "follow/mempool_follower.h"
#include "node/node_calls.h"
#include "serve/snapshot.h"

namespace sluice::follow {

/// How often the node is asked when nothing wakes the loop.
struct FollowOptions {
  std::chrono::milliseconds poll{1000};
  std::chrono::milliseconds poll_mempool{1000};
};

/// Sums since the start; read from any thread.
struct FollowCounters {
  std::atomic<std::uint64_t> connected{0};     ///< blocks
  std::atomic<std::uint64_t> disconnected{0};  ///< blocks
  std::atomic<std::uint64_t> reorgs{0};
  std::atomic<std::uint64_t> commits{0};  ///< changes of the index
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> wait_for_readers_ns{0};  ///< until views from before a reorg were gone
  std::atomic<std::uint32_t> node_height{0};
};

class Follower {
 public:
  /// Called from the loop's thread. The snapshot before it must be let go by readers in finite time: a reorg waits.
  using Publish = std::function<void(const serve::Snapshot&, serve::Changes)>;

  /// Asked from the loop's thread about every report of the node's chain. Errors: why it is not to be followed.
  using Approve = std::function<Status(const node::ChainInfo&)>;

  /// Lifetime: all outlive the follower. Whoever stops it stops the node's client too.
  Follower(node::NodeCalls& node, ChainIndex& index, BlockFeed& feed, MempoolFollower& mempool,
           const FollowOptions& options, Approve approve, Publish publish);

  /// Follows until stop().
  void run();
  /// The node may have another tip. Any thread.
  void wake();
  /// The node's mempool changed. Any thread.
  void wake_mempool();
  void stop();
  /// Takes the newest blocks off soon and follows again; subscribers hear of it as of any reorg. Any thread.
  /// Errors: unsupported: the index was not at the node's tip yet.
  Status schedule_reorg(std::uint32_t blocks);

  /// Waits until the index was at the node's tip once; false if that took longer, or it was stopped before.
  [[nodiscard]] bool wait_caught_up(std::chrono::milliseconds longest);
  [[nodiscard]] const FollowCounters& counters() const noexcept { return counters_; }

 private:
  enum class Moved : std::uint8_t {
    at_tip,
    part_way,   ///< there is more to be had at once
    try_again,  ///< in a moment
  };

  using Clock = std::chrono::steady_clock;

  [[nodiscard]] Result<Moved> move();
  Status run_scheduled_reorg(Touched& touched);
  [[nodiscard]] Result<Moved> move_towards(const Tip& tip, Touched& touched);
  Status leave_branch(std::uint32_t fork, Touched& touched);
  Status confirm_from(std::uint32_t first, const Touched& touched);
  [[nodiscard]] Result<Moved> refresh_mempool();
  void publish(Touched touched);
  void note_failure(const Error& error);
  void note_caught_up();
  void wait(std::chrono::milliseconds longest);

  node::NodeCalls& node_;
  ChainIndex& index_;
  BlockFeed& feed_;
  MempoolFollower& mempool_;
  const FollowOptions options_;
  const Approve approve_;
  const Publish publish_;
  FollowCounters counters_;
  BlockHash published_tip_;
  std::shared_ptr<const serve::MempoolView> published_mempool_;
  bool is_node_behind_ = false;  ///< it downloads its chain again: nothing of it is taken up
  Clock::time_point mempool_due_{};
  Clock::time_point mempool_rest_until_{};
  std::string last_failure_;

  std::mutex mutex_;  // held for moments: all below
  std::condition_variable changed_;
  bool is_woken_ = false;
  bool is_mempool_woken_ = false;
  bool is_stopped_ = false;
  bool is_caught_up_ = false;
  std::uint32_t reorg_scheduled_ = 0;  ///< blocks
};

}  // namespace sluice::follow
