// What blocks do to the orders: the rows that change, worked out in memory over the rows that are there.
//
//   begin_block ─▶ spend* ─▶ advertise* ─▶ end_block      in height order, as often as there are blocks
//   undo_block                                            from the newest block down
//   settle                                                once the rest of the index stands at the same height
//       └──▶ write_to(sink): puts and removals in key order, with the state row
//
// A block's spends come first, then its advertisements, as in the node. An advertisement for an outpoint that was
// spent before (or in the same block) cannot be told from one for an outpoint to come by looking at swaps alone:
// settle() asks the index of outputs and makes it dead. Until then it is unsettled and counts as open.
//
// Everything is exact: undo_block() leaves the rows that were there before the block, row for row, and rows are a
// function of the chain and the rules alone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "swap/order.h"
#include "swap/order_change.h"
#include "write/row_sink.h"

namespace sluice::swap {

/// The rows of the swap table as they are committed. Errors: io, corrupt.
class RowSource {
 public:
  virtual ~RowSource() = default;
  [[nodiscard]] virtual Result<std::optional<std::string>> get(Bytes key) const = 0;
};

struct ChangeRules {
  /// Blocks for which closed orders are kept: at tip height H those with spend height >= H - history_blocks. 0: all.
  std::uint32_t history_blocks = 10'000;
  /// Blocks that can be undone at least; beyond, the swap rows are to be made anew.
  std::uint32_t reorg_limit = 100;
  /// How OP_1..OP_16 were read as output index (classify::SwapOptions); recorded, for rows made both ways do not mix.
  bool op_number_index = false;
};

/// Of all books together, from the state row.
struct SwapState {
  std::uint32_t block_count = 0;          ///< blocks whose swaps are in the rows; the index's own count, or behind it
  std::uint32_t settled_blocks = 0;       ///< <= block_count
  std::uint32_t undo_first_height = 0;    ///< blocks from here on can be undone
  std::uint32_t history_blocks = 10'000;  ///< that the rows are pruned to
  bool op_number_index = false;
  std::uint64_t open = 0;
  std::uint64_t dead = 0;
  std::uint64_t superseded = 0;
  std::uint64_t history = 0;

  friend bool operator==(const SwapState&, const SwapState&) = default;
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
  /// Over the rows as they are. Errors: io, corrupt, unsupported. Lifetime: rows outlive this.
  static Result<OrderChanges> over(const RowSource& rows, const ChangeRules& rules);

  [[nodiscard]] const SwapState& state() const noexcept { return state_; }

  /// Bounds: height == state().block_count; first_tx: tx number of the block's coinbase.
  void begin_block(std::uint32_t height, std::uint64_t first_tx);
  /// An input of the block; most spend what nobody offers. Bounds: spender is a tx number of the block.
  Status spend(const Outpoint& outpoint, std::uint64_t spender);
  /// An advertisement, in the order of the block. Of the order, `spent_by` and `is_backed` are not looked at.
  Status advertise(const Order& order);
  /// Closes the block: its events row, and history that has grown too old.
  Status end_block();

  /// Takes the newest block back. Bounds: state().block_count > state().undo_first_height.
  /// Errors: io, corrupt.
  Status undo_block();

  /// Looks at the unsettled advertisements of blocks from state().settled_blocks on.
  /// first_tx_of: tx number of a block's first transaction; height_of a tx number. Bounds: find answers for the tip that
  /// state().block_count is at.
  Status settle(const FindCoin& find, const std::function<std::uint32_t(std::uint64_t)>& height_of);

  /// Rows of other rules than those given: prunes or says that they must be made anew.
  [[nodiscard]] bool changed() const noexcept { return !rows_.empty(); }
  /// All changes so far, in key order. Afterwards they are still there.
  void write_to(write::RowSink& sink) const;
  /// In the order they happened.
  [[nodiscard]] const std::vector<OrderChange>& changes() const noexcept { return changes_; }
  /// Bytes of the rows changed so far, roughly: who feeds many blocks writes and begins anew before it is too much.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  OrderChanges(const RowSource& rows, const ChangeRules& rules, SwapState state)
      : source_(&rows), rules_(rules), state_(state) {}

  const RowSource* source_;
  ChangeRules rules_;
  SwapState state_;
  std::map<std::string, std::optional<std::string>> rows_;  ///< nullopt: removed
  std::vector<OrderChange> changes_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::swap
