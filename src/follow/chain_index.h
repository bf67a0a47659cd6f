// The index as a server writes it: blocks taken off and put on behind open views.
//
// One thread writes. Views are shared with readers on other threads; each answers from its own tip for as long as
// somebody keeps it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/hash256.h"
#include "pipeline/index_blocks.h"
#include "pipeline/swap_index.h"
#include "serve/mempool_view.h"
#include "source/block_reader.h"
#include "source/block_tail.h"
#include "source/range_reader.h"
#include "store/chain_view.h"
#include "store/swap_view.h"

namespace sluice::follow {

/// Whose history a change touched.
struct Touched {
  std::vector<std::uint64_t> prefixes;  ///< of scripthashes; perhaps repeated
  bool everything = false;              ///< too much came at once to say
};

/// What a block confirmed.
struct ConnectedBlock {
  std::vector<Txid> txids;
  std::vector<serve::Outpoint> spent;
};

class ChainIndex {
 public:
  /// Opens or creates options.db_directory for writing; blocks lie in options.blocks_directory, obscured with `key`.
  /// Of the options, what concerns memory, threads and undo rows counts for every append.
  /// Errors: config (the index is of another coin, or in use), io, corrupt.
  static Result<std::unique_ptr<ChainIndex>> open(const pipeline::SyncOptions& options, const source::XorKey& key);

  /// 0: empty.
  [[nodiscard]] std::uint32_t block_count() const noexcept;
  /// Hash of the newest block. Bounds: block_count() > 0.
  [[nodiscard]] const BlockHash& tip() const noexcept { return database_->state()->tip; }
  /// Is this block at this height? Errors: io.
  [[nodiscard]] Result<bool> holds(std::uint32_t height, const BlockHash& hash) const;
  /// The newest view; null while the index is empty.
  [[nodiscard]] const std::shared_ptr<const store::ChainView>& view() const noexcept { return view_; }
  /// Of the same height; null while the index is empty, or keeps no swaps.
  [[nodiscard]] const std::shared_ptr<const store::SwapTableView>& swaps() const noexcept { return swap_view_; }
  /// What happened to swap orders since the last call, in order.
  [[nodiscard]] std::vector<swap::OrderChange> take_swap_changes() {
    return swaps_ ? swaps_->take_changes() : std::vector<swap::OrderChange>();
  }
  /// Null if no swaps are kept.
  [[nodiscard]] const pipeline::SwapIndex* swap_index() const noexcept { return swaps_.get(); }
  /// [file] where the records end that the latest few thousand blocks are in; 0: none of them is in that file.
  /// Errors: io.
  [[nodiscard]] Result<std::vector<std::uint64_t>> record_ends() const;

  /// Transactions of the blocks from `first` on. Errors: io.
  [[nodiscard]] Result<std::vector<Txid>> txids_from(std::uint32_t first) const;
  /// What the blocks from `first` on confirmed. Errors: io, corrupt.
  [[nodiscard]] Result<std::vector<ConnectedBlock>> confirmed_from(std::uint32_t first) const;

  /// Takes all blocks from `block_count` on away. Bounds: 0 < block_count < block_count(). Errors: io, corrupt.
  Status cut(std::uint32_t block_count, Touched& touched);
  /// Is a view left from before a cut? Until it is gone, append() must not be called.
  [[nodiscard]] bool has_older_views() const noexcept { return database_->has_older_views(); }
  /// Adds blocks. Bounds: branch.first_height == block_count(), branch not empty.
  /// Errors: corrupt, io, limit, stopped; what came before the bad block is in the index.
  Status append(const source::BlockFiles& files, source::Branch branch, Touched& touched);

  /// Of the stages, over all append() so far. Any thread.
  [[nodiscard]] const pipeline::Counters& stages() const noexcept { return stages_; }
  [[nodiscard]] const store::Database& database() const noexcept { return *database_; }
  [[nodiscard]] source::BlockReader& reader() noexcept { return *reader_; }
  [[nodiscard]] const chain::Network& network() const noexcept { return *options_.network; }

 private:
  ChainIndex(const pipeline::SyncOptions& options, const source::XorKey& key)
      : options_(options), blocks_(options.blocks_directory, key) {}
  Status open_swaps();
  Status catch_up_with_swaps();
  Status renew_view(std::uint32_t unchanged_blocks);

  pipeline::SyncOptions options_;
  mutable source::RangeReader blocks_;  // reads under a lock of its own
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<source::BlockReader> reader_;
  std::unique_ptr<pipeline::SwapIndex> swaps_;
  std::shared_ptr<const store::ChainView> view_;
  std::shared_ptr<const store::SwapTableView> swap_view_;
  pipeline::Counters stages_;
};

}  // namespace sluice::follow
