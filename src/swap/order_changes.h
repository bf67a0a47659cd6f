// What blocks do to the orders: the rows that change, worked out in memory over the rows that are there.
//
//   begin_block ─▶ spend* ─▶ advertise* ─▶ end_block      in height order, as often as there are blocks
//   undo_block                                            from the newest block down
//   settle                                                once the rest of the index stands at the same height
//       └──▶ write_to(sink): puts and removals in key order, with the state row
//
// A block's spends come first, then its advertisements, as in the node. An advertisement for an outpoint that was
// spent before (or in the same block) cannot be told from one for an outpoint to come by looking at swaps alone:
// settle() asks the index of outputs and makes it dead. Until then it is unsettled and counts as open. An order that
// is advertised again is as dead as it was: had its outpoint been spent in between, it would be history by then.
//
// Once settled, rows are a function of the chain and the rules alone, and undo_block() with settle() leaves the rows
// that were there before the block, row for row; but what was needed to undo blocks below undo_first_height is gone.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/error.h"
#include "swap/order.h"
#include "swap/order_change.h"
#include "swap/order_rows.h"
#include "swap/order_table.h"
#include "swap/row_source.h"
#include "swap/swap_state.h"
#include "write/row_sink.h"

namespace sluice::swap {

struct ChangeRules {
  /// Blocks for which closed orders are kept: at tip height H those with spend height >= H - history_blocks. 0: all.
  std::uint32_t history_blocks = 10'000;
  /// Blocks that can be undone at least; beyond, the swap rows are to be made anew.
  std::uint32_t reorg_limit = 100;
  /// How OP_1..OP_16 were read as output index (classify::SwapOptions); recorded, for rows made both ways do not mix.
  bool op_number_index = false;
};

/// Does an output exist, and is it unspent, at the tip of the index?
enum class CoinStanding : std::uint8_t { unknown, unspent, spent };
struct CoinFound {
  CoinStanding standing = CoinStanding::unknown;  ///< unknown: no such transaction (yet), or no such output in it
  std::uint64_t tx_number = 0;                    ///< of the transaction that created it; unless unknown
};
using FindCoin = std::function<Result<CoinFound>(const Outpoint&)>;

class OrderChanges {
 public:
  /// Over the rows as they are. Fewer history_blocks than before: the first block prunes the rest, or prune_to_rules().
  /// Errors: io, corrupt; unsupported: the rows were made by rules that these cannot be had from, and are to be made
  /// anew. Lifetime: rows outlive this.
  static Result<OrderChanges> over(const RowSource& rows, const ChangeRules& rules);

  [[nodiscard]] const SwapState& state() const noexcept { return table_.state; }

  /// Bounds: height == state().block_count; first_tx: tx number of the block's coinbase.
  void begin_block(std::uint32_t height, std::uint64_t first_tx);
  /// An input of the block; most spend what nobody offers. Bounds: spender is a tx number of the block.
  Status spend(const Outpoint& outpoint, std::uint64_t spender);
  /// An advertisement, in the order of the block. Of the order, `spent_by` and `is_backed` are not looked at.
  Status advertise(const Order& order);
  /// Closes the block: its events row, and history that has grown too old.
  Status end_block();
  /// Blocks from state().block_count up to before `until` that neither advertise nor spend what is offered: as
  /// begin_block() and end_block() of each, but a step for all of them between two that prune.
  Status pass_blocks(std::uint32_t until);

  /// Takes the newest block back. Bounds: state().block_count > state().undo_first_height.
  /// Errors: io, corrupt.
  Status undo_block();

  /// Prunes as if these rules had held when the newest block came. Errors: io, corrupt.
  Status prune_to_rules();

  /// Looks at the orders that blocks from state().settled_blocks on advertised, or brought back when they were undone.
  /// Ends behind the height at which bytes() goes beyond bytes_max: write, and go on over the new rows.
  /// height_of a tx number. Bounds: find answers for the tip that state().block_count is at.
  /// Errors: as find; io, corrupt.
  Status settle(const FindCoin& find, const std::function<std::uint32_t(std::uint64_t)>& height_of,
                std::size_t bytes_max = SIZE_MAX);

  [[nodiscard]] bool changed() const noexcept { return !table_.rows.empty() || state() != stored_; }
  /// All changes so far, in key order. Afterwards they are still there.
  void write_to(write::RowSink& sink) const;
  /// In the order they happened.
  [[nodiscard]] const std::vector<OrderChange>& changes() const noexcept { return changes_; }
  /// Bytes of the rows changed so far, roughly: who feeds many blocks writes and begins anew before it is too much.
  [[nodiscard]] std::size_t bytes() const noexcept { return table_.rows.bytes(); }

 private:
  OrderChanges(const RowSource* rows, const ChangeRules& rules, const SwapState& stored)
      : rules_(rules), stored_(stored), table_(rows, stored) {}

  /// The order that is open or dead.
  struct Live {
    RowType type;
    StoredOrder order;
  };
  [[nodiscard]] Result<std::optional<Live>> find_live(const OrderId& id) const;
  Status close(const OrderId& id, std::uint64_t spender);
  [[nodiscard]] Result<std::uint32_t> next_pruning(std::uint32_t until) const;
  Status prune(std::uint32_t height);
  Status prune_until(std::uint32_t height);
  Status drop_undo_rows(std::uint32_t until);
  [[nodiscard]] Result<UndoRow> undo_at(std::uint32_t height) const;
  Status bring_back_pruned(const PrunedHeight& group);
  Status take_back(const OpenedEntry& entry, std::vector<OrderId>& restored);
  Status reopen(const OrderId& id);
  Status hand_down_unsettled(std::uint32_t height, std::vector<OrderId> ids);
  Status settle_order(const OrderId& id, const FindCoin& find,
                      const std::function<std::uint32_t(std::uint64_t)>& height_of);
  /// Of the rows of a type with first <= height < until.
  [[nodiscard]] Result<std::vector<std::uint32_t>> heights_of(RowType type, std::uint32_t first,
                                                              std::uint32_t until) const;
  [[nodiscard]] Result<std::vector<OrderId>> ids_at(RowType type, std::uint32_t height) const;
  void tell(ChangeKind kind, const Order& order) { changes_.push_back({kind, order.id, order.want}); }

  ChangeRules rules_;
  SwapState stored_;
  OrderTable table_;
  std::vector<OrderChange> changes_;
  // Of the block that is being worked on.
  bool in_block_ = false;
  std::uint64_t first_tx_ = 0;
  UndoRow undo_;
  std::vector<OrderId> closed_;
  std::vector<OrderId> unsettled_;
};

}  // namespace sluice::swap
