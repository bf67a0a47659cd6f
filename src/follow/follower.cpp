#include "follow/follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "observe/log.h"
#include "observe/progress.h"

namespace sluice::follow {
namespace {

constexpr std::string_view area = "follow";
/// After a failure, and while a block is announced that cannot be read yet.
constexpr std::chrono::milliseconds failure_wait{5000};
constexpr std::chrono::milliseconds moment{100};
/// Between two refreshes of the mempool lies this many times what the last one took.
constexpr int mempool_rest_share = 4;

}  // namespace

Follower::Follower(node::NodeCalls& node, ChainIndex& index, BlockFeed& feed, MempoolFollower& mempool,
                   const FollowOptions& options, Approve approve, Publish publish)
    : node_(node),
      index_(index),
      feed_(feed),
      mempool_(mempool),
      options_(options),
      approve_(std::move(approve)),
      publish_(std::move(publish)) {}

void Follower::run() {
  if (index_.block_count() > 0) publish({});
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (is_stopped_) return;
    }
    auto moved = move();
    if (moved && moved.value() == Moved::at_tip && !is_node_behind_) moved = refresh_mempool();
    if (moved) {
      last_failure_.clear();
      if (moved.value() == Moved::at_tip) note_caught_up();
      if (moved.value() != Moved::part_way) wait(moved.value() == Moved::at_tip ? options_.poll : moment);
    } else if (moved.error().kind != ErrorKind::stopped) {
      note_failure(moved.error());
      wait(failure_wait);
    }
  }
}

/// Goes to the node's tip, as far as its blocks can be had.
Result<Follower::Moved> Follower::move() {
  const auto info = node_.chain_info();
  if (!info) return info.error();
  if (Status approved = approve_(info.value()); !approved) return std::move(approved).error();
  counters_.node_height.store(info.value().blocks, std::memory_order_relaxed);
  const Tip tip{info.value().blocks, info.value().best_block};
  // A node that was emptied and downloads again knows less than we do: its chain is no reason to give ours up.
  is_node_behind_ = info.value().is_initial_download && tip.height + 1 < index_.block_count();
  if (is_node_behind_) return Moved::at_tip;
  Touched touched;
  const std::uint64_t reorgs = counters_.reorgs.load(std::memory_order_relaxed);
  Status left = run_scheduled_reorg(touched);
  auto moved = left ? move_towards(tip, touched) : Result<Moved>(std::move(left).error());
  if (index_.block_count() == 0 || index_.tip() == published_tip_) return moved;
  // What a reorg took out of blocks is in the node's mempool again: one word for both.
  if (reorgs != counters_.reorgs.load(std::memory_order_relaxed)) {
    if (auto refreshed = mempool_.refresh(); !refreshed && moved) moved = std::move(refreshed).error();
  }
  publish(std::move(touched));
  mempool_due_ = {};
  return moved;
}

Status Follower::run_scheduled_reorg(Touched& touched) {
  std::uint32_t blocks = 0;
  {
    const std::lock_guard lock(mutex_);
    blocks = std::exchange(reorg_scheduled_, 0);
  }
  if (blocks == 0) return {};
  if (blocks >= index_.block_count()) {
    observe::log_error(area, fmt::format("a reorg of {} blocks was asked for, the index has {}: nothing is done",
                                         blocks, index_.block_count()));
    return {};
  }
  return leave_branch(index_.block_count() - blocks, touched);
}

Result<Follower::Moved> Follower::refresh_mempool() {
  {
    const std::lock_guard lock(mutex_);
    if (!is_mempool_woken_ && Clock::now() < mempool_due_) return Moved::at_tip;
    is_mempool_woken_ = false;
  }
  const Clock::time_point begin = Clock::now();
  const auto refreshed = mempool_.refresh();
  const Clock::time_point end = Clock::now();
  mempool_due_ = end + options_.poll_mempool;
  mempool_rest_until_ = end + mempool_rest_share * (end - begin);
  if (!refreshed) return refreshed.error();
  if (mempool_.publish() != published_mempool_) publish({});
  return refreshed.value() ? Moved::at_tip : Moved::try_again;
}

Result<Follower::Moved> Follower::move_towards(const Tip& tip, Touched& touched) {
  const auto there = index_.holds(tip.height, tip.hash);
  if (!there) return there.error();
  if (there.value() && index_.block_count() == tip.height + 1) return Moved::at_tip;
  auto fed = feed_.towards(tip, index_);
  if (!fed) return std::move(fed).error();
  if (!fed.value()) return Moved::try_again;
  FedBlocks blocks = std::move(*fed.value());
  if (blocks.branch.first_height < index_.block_count()) {
    if (Status status = leave_branch(blocks.branch.first_height, touched); !status) return std::move(status).error();
  }
  if (blocks.branch.blocks.empty()) return Moved::at_tip;
  const std::uint32_t before = index_.block_count();
  const bool reaches_tip = blocks.branch.blocks.back().hash == tip.hash;
  Touched by_blocks;
  Status appended = index_.append(blocks.files, std::move(blocks.branch), by_blocks);
  const std::uint32_t added = index_.block_count() - before;
  counters_.connected.fetch_add(added, std::memory_order_relaxed);
  if (added > 0) {
    counters_.commits.fetch_add(1, std::memory_order_relaxed);
    const std::uint32_t height = index_.block_count() - 1;
    const std::string part =
        height < tip.height ? fmt::format(" ({:.1f} %)", 100.0 * height / tip.height) : std::string();
    observe::log_info(area,
                      fmt::format("height {}{}, {} {} added", observe::with_separators(height), part, added,
                                  added == 1 ? "block" : "blocks"),
                      {{"height", height}, {"node_height", tip.height}, {"blocks", added}});
  }
  if (Status confirmed = confirm_from(before, by_blocks); !confirmed && appended) appended = std::move(confirmed);
  touched.everything |= by_blocks.everything;
  touched.prefixes.insert(touched.prefixes.end(), by_blocks.prefixes.begin(), by_blocks.prefixes.end());
  if (!appended) return std::move(appended).error();
  return reaches_tip ? Moved::at_tip : Moved::part_way;
}

Status Follower::leave_branch(std::uint32_t fork, Touched& touched) {
  if (fork == 0) {
    return Error{ErrorKind::unsupported,
                 "the node's chain shares no block with the index: it is of another network, or the index is"};
  }
  const std::uint32_t depth = index_.block_count() - fork;
  observe::log_warning(area,
                       fmt::format("reorg: {} {} disconnected, the chains part at height {}", depth,
                                   depth == 1 ? "block is" : "blocks are", fork - 1),
                       {{"depth", depth}, {"fork_height", fork - 1}});
  const auto txids = index_.txids_from(fork);
  if (!txids) return txids.error();
  if (Status status = index_.cut(fork, touched); !status) return status;
  mempool_.on_disconnected(txids.value());
  counters_.reorgs.fetch_add(1, std::memory_order_relaxed);
  counters_.commits.fetch_add(1, std::memory_order_relaxed);
  counters_.disconnected.fetch_add(depth, std::memory_order_relaxed);
  // Readers move to the fork without a word to subscribers: they hear of the whole reorg at once.
  publish_({index_.view(), published_mempool_, index_.swaps()}, {});
  published_tip_ = {};  // whatever comes next is news, the same tip too
  const auto begin = std::chrono::steady_clock::now();
  while (index_.has_older_views()) {
    {
      const std::lock_guard lock(mutex_);
      if (is_stopped_) return Error{ErrorKind::stopped, "stopped within a reorg; the next start goes on"};
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  counters_.wait_for_readers_ns.fetch_add(
      static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin) / std::chrono::nanoseconds(1)),
      std::memory_order_relaxed);
  return {};
}

/// Transactions of new blocks leave the pool.
Status Follower::confirm_from(std::uint32_t first, const Touched& touched) {
  if (touched.everything) {
    mempool_.reset();
    return {};
  }
  const auto blocks = index_.confirmed_from(first);
  if (!blocks) return blocks.error();
  return mempool_.on_connected(blocks.value());
}

void Follower::publish(Touched touched) {
  published_mempool_ = mempool_.publish();
  mempool_.take_touched(touched);
  serve::Changes changes;
  changes.tip_changed = index_.tip() != published_tip_;
  published_tip_ = index_.tip();
  changes.everything_touched = touched.everything;
  changes.touched = std::move(touched.prefixes);
  std::sort(changes.touched.begin(), changes.touched.end());
  changes.touched.erase(std::unique(changes.touched.begin(), changes.touched.end()), changes.touched.end());
  changes.orders = index_.take_swap_changes();
  publish_({index_.view(), published_mempool_, index_.swaps()}, std::move(changes));
}

void Follower::note_failure(const Error& error) {
  counters_.failures.fetch_add(1, std::memory_order_relaxed);
  if (error.message == last_failure_) return;
  last_failure_ = error.message;
  observe::log_error(area, fmt::format("{}; tried again within {} s", error.message,
                                       std::chrono::duration_cast<std::chrono::seconds>(failure_wait).count()));
}

void Follower::note_caught_up() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_caught_up_, true)) return;
  changed_.notify_all();
}

void Follower::wake() {
  const std::lock_guard lock(mutex_);
  is_woken_ = true;
  changed_.notify_all();
}

void Follower::wake_mempool() {
  const std::lock_guard lock(mutex_);
  is_mempool_woken_ = true;
  changed_.notify_all();
}

Status Follower::schedule_reorg(std::uint32_t blocks) {
  const std::lock_guard lock(mutex_);
  if (!is_caught_up_) return Error{ErrorKind::unsupported, "still catching up with daemon"};
  reorg_scheduled_ = blocks;
  is_woken_ = true;
  changed_.notify_all();
  return {};
}

void Follower::stop() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  changed_.notify_all();
}

void Follower::wait(std::chrono::milliseconds longest) {
  const Clock::time_point now = Clock::now();
  std::unique_lock lock(mutex_);
  const Clock::time_point until = std::min(now + longest, std::max(mempool_due_, now + moment));
  changed_.wait_until(lock, until, [this] { return is_woken_ || is_stopped_ || is_mempool_woken_; });
  // News of the mempool come one by one; they are taken together.
  if (is_mempool_woken_) changed_.wait_until(lock, mempool_rest_until_, [this] { return is_woken_ || is_stopped_; });
  is_woken_ = false;
}

bool Follower::wait_caught_up(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [this] { return is_caught_up_ || is_stopped_; });
  return is_caught_up_;
}

}  // namespace sluice::follow
