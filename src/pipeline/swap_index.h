// The swap rows of an open index, kept at its height.
//
//   order stage:   add_offers(batch)    what the batch advertises; its outpoints are in the filter from then on
//   resolve:       add_spends(batch)    inputs that the filter lets through
//   after commit:  advance(until)       both, in height order, through OrderChanges into the table
//
// The rows follow the rest of the index by one write: whenever the power goes they are at its height or behind, never
// ahead, and what is missing comes from the block files (catch_up_swaps). So the same way serves an index that was
// made without swaps, and one whose swap rows have to be made anew.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "chain/coin.h"
#include "classify/script_batch.h"
#include "parse/tx_batch.h"
#include "pipeline/swap_figures.h"
#include "source/format/raw_batch.h"
#include "source/range_reader.h"
#include "store/database.h"
#include "store/spent_outputs.h"
#include "swap/advertisement.h"
#include "swap/order_changes.h"
#include "swap/outpoint_filter.h"

namespace sluice::pipeline {

/// One batch on its way: what stands in it, and the tx number of its first transaction.
struct SwapBatch {
  source::RawBatch raw;
  const parse::TxBatch* txs = nullptr;
  const classify::ScriptBatch* scripts = nullptr;
  std::uint64_t first_tx = 0;
};

class SwapIndex {
 public:
  /// Reads which outpoints are offered. Rows of other rules are cleared, and so are rows that cannot be right for this
  /// index: block_count() says how far they go. figures: where it counts; null for figures of its own.
  /// Errors: io, corrupt. Lifetime: all outlive this.
  static Result<std::unique_ptr<SwapIndex>> open(store::Database& database, source::RangeReader& block_files,
                                                 const chain::Network& network, const swap::ChangeRules& rules,
                                                 SwapFigures* figures = nullptr);

  /// Blocks whose swaps are in the rows.
  [[nodiscard]] std::uint32_t block_count() const noexcept { return block_count_; }
  [[nodiscard]] const swap::ChangeRules& rules() const noexcept { return rules_; }

  /// One thread, batches in height order.
  void add_offers(const SwapBatch& batch);
  /// Any thread, after add_offers() of this batch and of all before it.
  void add_spends(const SwapBatch& batch);
  /// Has so much come together that advance() should be next? The thread of add_offers().
  [[nodiscard]] bool full() const noexcept;

  /// Writes what came since the last call: the blocks up to before `until`, which the index has. At the index's own
  /// height, new orders are settled too. Nobody adds anything meanwhile.
  Status advance(std::uint32_t until);
  /// Forgets what came since the last advance(): the blocks that it stood in were not committed.
  void forget();

  /// Takes blocks from `block_count` on away, before the index does. Rows that cannot be undone so far are cleared.
  Status undo(std::uint32_t block_count);
  /// After that, and after the index has taken the same blocks away: settles the orders that came back, and forgets
  /// those that are too old by the rules.
  Status settle();

  /// From now on changes are kept for take_changes(): for who takes them, or they would grow with the chain.
  void keep_changes() noexcept { keeps_changes_ = true; }
  /// What happened since the last call, in order.
  [[nodiscard]] std::vector<swap::OrderChange> take_changes() { return std::exchange(changes_, {}); }
  [[nodiscard]] SwapFigures& figures() noexcept { return *figures_; }
  /// May somebody have offered this output? Any thread.
  [[nodiscard]] bool may_be_offered(const Outpoint& outpoint) const;

 private:
  struct Offer {
    std::uint32_t height;
    std::uint64_t block_first_tx;
    swap::Advertisement advertisement;
  };
  struct Spend {
    std::uint32_t height;
    std::uint64_t block_first_tx;
    std::uint64_t tx_number;
    Outpoint outpoint;
  };
  class CoinFinder;

  SwapIndex(store::Database& database, source::RangeReader& block_files, const chain::Network& network,
            const swap::ChangeRules& rules, SwapFigures* figures)
      : database_(database),
        spent_outputs_(database, block_files, network),
        network_(network),
        rules_(rules),
        figures_(figures != nullptr ? figures : &own_figures_) {}
  Status clear();
  [[nodiscard]] std::uint32_t index_blocks() const noexcept;
  void set_block_count(std::uint32_t block_count) noexcept;
  Status read_filter();
  Status apply(swap::OrderChanges& changes, std::uint32_t until);
  [[nodiscard]] std::vector<Outpoint> offered_and_not_closed(const swap::OrderChanges& changes) const;
  Status write(const swap::OrderChanges& changes);

  store::Database& database_;
  store::SpentOutputs spent_outputs_;
  const chain::Network& network_;
  swap::ChangeRules rules_;
  std::uint32_t block_count_ = 0;
  mutable std::mutex filter_mutex_;  // held to look at or replace the pointer, not while the filter is asked
  std::shared_ptr<swap::OutpointFilter> filter_;
  std::vector<Offer> offers_;
  std::size_t offer_bytes_ = 0;
  std::mutex spends_mutex_;  // taken for what the filter lets through
  std::vector<Spend> spends_;
  bool keeps_changes_ = false;
  std::vector<swap::OrderChange> changes_;
  SwapFigures own_figures_;
  SwapFigures* figures_;
};

/// Takes all blocks from `block_count` on away, and their swaps. swaps: null if none are kept.
/// Bounds, errors, touched: as store::disconnect_blocks.
Status cut_blocks(store::Database& database, SwapIndex* swaps, std::uint32_t block_count,
                  source::RangeReader& block_files, std::vector<std::uint64_t>* touched);

/// Is told how far it has come: blocks done, blocks in all.
using SwapProgress = std::function<void(std::uint32_t done, std::uint32_t all)>;

/// Brings the swap rows to the index's height, from the block files alone. Does nothing if they are there.
/// Bounds: 8 MiB a thread, 128 MiB at most, or twice the largest block if that is more. Blocks are trusted: they were
/// hashed when the index took them.
/// Errors: io; corrupt: a block is not where, or what, the index says; stopped. What was done stays.
Status catch_up_swaps(SwapIndex& swaps, const store::Database& database, source::RangeReader& block_files,
                      const chain::Network& network, const std::atomic<bool>* stop, const SwapProgress& progress,
                      std::uint32_t threads = 1);

}  // namespace sluice::pipeline
