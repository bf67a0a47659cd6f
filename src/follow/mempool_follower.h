// The pool of unconfirmed transactions, kept the node's.
//
//   node's txids -> what is new, what is gone -> raw transactions in batches -> pool -> view
//
// A list of the node's counts only if the node's tip was the index's before and after it was asked for; otherwise it
// would take transactions away a moment before their block brings them back.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <vector>

#include "follow/chain_index.h"
#include "follow/chain_outputs.h"
#include "mempool/mempool.h"
#include "node/node_calls.h"

namespace sluice::follow {

/// Read from any thread.
struct MempoolFigures {
  std::atomic<std::uint64_t> transactions{0};
  std::atomic<std::uint64_t> footprint_bytes{0};
  std::atomic<std::uint64_t> waiting{0};
  std::atomic<std::uint64_t> left_out{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> refreshes{0};
  std::atomic<std::uint64_t> last_refresh_ns{0};
};

class MempoolFollower {
 public:
  /// Lifetime: node and index outlive it.
  MempoolFollower(node::NodeCalls& node, const ChainIndex& index, const mempool::MempoolOptions& options);

  /// Makes the pool the node's. False: the node's chain moved meanwhile; the pool is as it was, follow the chain first.
  /// Errors: the node's, the index's.
  Result<bool> refresh();
  /// The index lost blocks, whose transactions are these.
  void on_disconnected(std::span<const Txid> txids) { pool_.unconfirm(txids); }
  /// The index got blocks. Errors: the index's.
  Status on_connected(std::span<const ConnectedBlock> blocks);
  /// So much changed at once that the pool begins anew: it is empty until the next refresh.
  void reset();

  [[nodiscard]] std::shared_ptr<const serve::MempoolView> publish() { return pool_.publish(); }
  /// Adds whom changes since the last call touched.
  void take_touched(Touched& touched);

  /// Writes the pool to a file, whole or not at all. Errors: io.
  Status save(const std::filesystem::path& file) const;
  /// Begins with what a file holds; the first refresh brings it up to date. No file is no error.
  /// Errors: io, corrupt, unsupported: the pool is then empty.
  Status load(const std::filesystem::path& file);

  [[nodiscard]] const MempoolFigures& figures() const noexcept { return figures_; }

 private:
  [[nodiscard]] Result<bool> node_is_at_our_tip();
  Status fetch(std::span<const Txid> txids);
  void note_figures();

  node::NodeCalls& node_;
  const ChainIndex& index_;
  mempool::MempoolOptions options_;
  mempool::Mempool pool_;
  MempoolFigures figures_;
};

}  // namespace sluice::follow
