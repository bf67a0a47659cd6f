// The order books of a committed index: what serve asks about swaps, answered from one snapshot of the table.
//
// By offered token the order rows stand in the order of the listing. By wanted token there are keys only, and the
// orders are fetched many at a time. Where the node shows dead and superseded orders among the open ones, as many
// listings are merged.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "serve/swap_view.h"
#include "store/database.h"
#include "store/row_iterators.h"
#include "swap/order_rows.h"

namespace sluice::store {

/// Lifetime: not longer than the database.
class SwapTableView final : public serve::SwapView {
 public:
  /// Of the rows of a snapshot, at its tip. Null where the index has no swap rows for that tip: they were never made,
  /// or are behind. Errors: io, corrupt.
  static Result<std::unique_ptr<SwapTableView>> open(const Database& database, RowSnapshot snapshot,
                                                     std::uint32_t tip_height);

  [[nodiscard]] Status walk(const serve::BookQuery& query, const std::optional<swap::OrderId>& after,
                            const serve::OrderVisit& visit) const override;
  [[nodiscard]] Result<serve::BookCounts> counts(serve::BookSide side, const swap::TokenId& token) const override;
  [[nodiscard]] Result<serve::BookCounts> totals() const override;
  [[nodiscard]] Status walk_offered(const Outpoint& offered, const serve::OrderVisit& visit) const override;
  [[nodiscard]] Result<bool> find(const swap::OrderId& id, const serve::OrderVisit& visit) const override;
  [[nodiscard]] std::uint32_t history_blocks() const noexcept override { return state_.history_blocks; }

 private:
  class Listing;
  class OrderBatch;

  SwapTableView(const Database& database, RowSnapshot snapshot, const swap::SwapState& state)
      : database_(database), snapshot_(std::move(snapshot)), rows_(database_, snapshot_), state_(state) {}

  /// Visits the order of a type and id, if there is one. Answers nullopt if there is none.
  [[nodiscard]] Result<std::optional<serve::WalkOrders>> visit_order(swap::RowType type, const swap::OrderId& id,
                                                                     const serve::OrderVisit& visit) const;
  [[nodiscard]] Error malformed(swap::RowType type) const;

  const Database& database_;
  RowSnapshot snapshot_;
  RowIterators rows_;
  swap::SwapState state_;
};

}  // namespace sluice::store
