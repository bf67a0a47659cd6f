// Orders in and out of the rows: each has one row by token and what goes with it, by want, by outpoint, in counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "swap/changed_rows.h"
#include "swap/order_rows.h"
#include "swap/swap_state.h"

namespace sluice::swap {

/// An order that keeps the bytes of its row. Moves, and the views stay good; does not copy.
class StoredOrder {
 public:
  /// nullopt if malformed.
  [[nodiscard]] static std::optional<StoredOrder> from(const OrderId& id, Bytes row);
  StoredOrder(StoredOrder&&) noexcept = default;
  StoredOrder& operator=(StoredOrder&&) noexcept = default;

  [[nodiscard]] const Order& operator*() const noexcept { return order_; }
  [[nodiscard]] const Order* operator->() const noexcept { return &order_; }

 private:
  explicit StoredOrder(Bytes row) : row_(row.begin(), row.end()) {}

  std::vector<std::byte> row_;
  Order order_;
};

/// Errors of all calls: io, corrupt. Types are open, dead, history or superseded.
class OrderTable {
 public:
  /// source: null while nothing is committed.
  OrderTable(const RowSource* source, const SwapState& stored) : state(stored), rows(source) {}

  [[nodiscard]] Result<std::optional<StoredOrder>> find(RowType type, const OrderId& id) const;
  [[nodiscard]] Result<std::optional<StoredOrder>> find_superseded(const TokenId& want, const OrderId& id) const;
  /// Of the open, dead and history orders for an outpoint, and perhaps of some others.
  [[nodiscard]] Result<std::vector<TokenId>> tokens_of(const Outpoint& offered) const;
  /// Of a row of token_counts or want_counts.
  [[nodiscard]] Result<Counts> counts_of(const RowKey& key) const;
  /// Open, dead and history orders of this id: one look-up, where each of them would take its own.
  [[nodiscard]] Result<std::uint64_t> count_of(const OrderId& id) const;

  /// Bounds: no order of this type and id is there. count: that of count_of(), if it has been asked already.
  Status add(RowType type, const Order& order, std::optional<std::uint64_t> count = std::nullopt) {
    return change(type, order, true, count);
  }
  /// Bounds: the order is there.
  Status drop(RowType type, const Order& order) { return change(type, order, false, std::nullopt); }

  SwapState state;  ///< its numbers of orders follow add() and drop()
  ChangedRows rows;

 private:
  [[nodiscard]] Result<std::optional<StoredOrder>> find(const RowKey& key, const OrderId& id) const;
  Status change(RowType type, const Order& order, bool is_there, std::optional<std::uint64_t> count);
  Status change_counts(const RowKey& key, RowType type, bool is_there);
  Status change_outpoint(const OrderId& id, bool is_there, std::optional<std::uint64_t> known);
};

/// A row that cannot be right, named. Error: corrupt.
[[nodiscard]] Error swap_rows_error(const std::string& what);
/// For messages: token and outpoint as they are displayed.
[[nodiscard]] std::string display(const OrderId& id);

}  // namespace sluice::swap
