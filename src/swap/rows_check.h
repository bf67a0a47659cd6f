// Proves the swap rows against each other, both ways: orders, rows by want, by outpoint, counts, state, and what each
// block closed and overwrote. What the orders should be is not known here: that takes the blocks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "swap/row_source.h"
#include "swap/swap_state.h"

namespace sluice::swap {

enum class RowFault : std::uint8_t {
  state_row,             ///< missing beside other rows, or malformed
  unknown_type,          ///< a key of no type
  malformed_row,         ///< a key or value that cannot be read
  impossible_order,      ///< what no order of its type can say, such as a spender of an open one
  open_and_dead,         ///< one order as both
  want_row_missing,      ///< an order without its row by want
  want_row_astray,       ///< a row by want without its order
  superseded_current,    ///< superseded, and of the wanted token of the open or dead order
  outpoint_row_missing,  ///< an order without its row by outpoint
  outpoint_count,        ///< a row by outpoint that counts other orders than there are
  token_counts,          ///< counts of a token that are not those of its orders
  want_counts,           ///< the same of a wanted token
  total,                 ///< the state's number of orders of a type
  closed_row,            ///< a height's closed orders are not those of the history
  undo_row,              ///< a height's advertisements are not those of the orders
  unsettled_row,         ///< of a height that is settled, or not there yet
};
inline constexpr std::size_t row_fault_count = 16;
inline constexpr std::array<std::string_view, row_fault_count> row_fault_names{"state_row",
                                                                               "unknown_type",
                                                                               "malformed_row",
                                                                               "impossible_order",
                                                                               "open_and_dead",
                                                                               "want_row_missing",
                                                                               "want_row_astray",
                                                                               "superseded_current",
                                                                               "outpoint_row_missing",
                                                                               "outpoint_count",
                                                                               "token_counts",
                                                                               "want_counts",
                                                                               "total",
                                                                               "closed_row",
                                                                               "undo_row",
                                                                               "unsettled_row"};

/// Hears of each fault, with one line that names the row.
using FoundFault = std::function<void(RowFault, const std::string& text)>;

struct CheckedRows {
  std::uint64_t rows = 0;
  std::optional<SwapState> state;  ///< nullopt: there is none; with rows > 0 that is a fault
};

/// Looks at every row. height_of a tx number; a number beyond the chain has a height beyond it, too.
/// Errors: io. Memory: one row of a height at a time. Cost: each row read once in order, orders and counts twice, and
/// three look-ups an order.
Result<CheckedRows> check_rows(const RowSource& rows, const std::function<std::uint32_t(std::uint64_t)>& height_of,
                               const FoundFault& found);

}  // namespace sluice::swap
