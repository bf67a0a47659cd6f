// What the swap calls need to know about the orders of the chain: one consistent height, read only; of the same tip
// as the ReadView beside it.
//
// serve declares it; the store implements it; tests use a fake. Calls are const and may run on several threads at
// once. Errors: io, corrupt.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "swap/order.h"

namespace sluice::serve {

enum class BookSide : std::uint8_t { offered, wanted };  ///< the token is offered, or wanted
enum class BookKind : std::uint8_t { open, history };

/// One listing. Order: by (offered outpoint), or on the wanted side by (offered token, offered outpoint).
struct BookQuery {
  BookSide side = BookSide::offered;
  BookKind kind = BookKind::open;
  swap::TokenId token{};
  /// Wanted side only: orders of this offered token alone, which is the book of a pair.
  std::optional<swap::TokenId> offered_token;
  /// Open listings: as the node's own rows are, with dead and (wanted side) superseded orders among the others.
  bool as_node = false;
};

/// How an order of an open listing stands.
enum class OrderStanding : std::uint8_t { open, dead, superseded, history };

/// Numbers of orders by how they stand. All of them are kept, none is counted by walking.
struct BookCounts {
  std::uint64_t open = 0;
  std::uint64_t dead = 0;
  std::uint64_t superseded = 0;  ///< wanted side only
  std::uint64_t history = 0;
};

enum class WalkOrders : std::uint8_t { go_on, stop };
/// Lifetime: the order's views end when the call returns.
using OrderVisit = std::function<WalkOrders(const swap::Order&, OrderStanding)>;

class SwapView {
 public:
  virtual ~SwapView() = default;

  /// Visits the orders of a listing behind `after` (from the first one if missing), in its order.
  /// History: those with spend height >= tip height - the blocks that history is kept for.
  /// The wanted side of the all-zero token holds the orders that say no wanted token.
  /// Cost: a seek, and a step an order.
  [[nodiscard]] virtual Status walk(const BookQuery& query, const std::optional<swap::OrderId>& after,
                                    const OrderVisit& visit) const = 0;
  [[nodiscard]] virtual Result<BookCounts> counts(BookSide side, const swap::TokenId& token) const = 0;
  [[nodiscard]] virtual Result<BookCounts> totals() const = 0;
  /// Everything that was ever advertised for an outpoint and is kept: open, dead, history; by token.
  [[nodiscard]] virtual Status walk_offered(const Outpoint& offered, const OrderVisit& visit) const = 0;
  /// One order: the open or dead one of this id if there is one, else the one in the history. False if there is none.
  [[nodiscard]] virtual Result<bool> find(const swap::OrderId& id, const OrderVisit& visit) const = 0;
  /// Blocks that history is kept for; 0: for ever.
  [[nodiscard]] virtual std::uint32_t history_blocks() const noexcept = 0;
};

}  // namespace sluice::serve
