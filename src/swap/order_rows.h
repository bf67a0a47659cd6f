// The rows of the swap table: one place for the bytes of every key and value.
//
//   type             key behind the type byte                   value
//   state            -                                          SwapState
//   open             token 32 · txid 32 · index 4               order
//   dead             the same                                   order
//   history          the same                                   order, with its spender
//   open_by_want     want 32 · token 32 · txid 32 · index 4     -
//   dead_by_want     the same                                   -
//   history_by_want  the same                                   -
//   superseded       the same                                   order as it was
//   by_outpoint      txid prefix 8 · index 4 · token 32         varint number of open, dead and history rows
//   closed           height 4                                   ids of the orders that the block closed
//   undo             height 4                                   orders that the block overwrote and pruned
//   unsettled        height 4                                   ids of open orders that settle() has to look at
//   token_counts     token 32                                   varints: open, dead, superseded, history
//   want_counts      want 32                                    the same
//
// Numbers in keys are big-endian, so that key order is the order of listings. An order of no wanted token stands under
// the all-zero one. Example: the key of an open order of token a1.. for output 5 of txid c3.. is
// 01 a1..a1 c3..c3 00000005.
//
//   order:  head 1 (bit 0 has want, 1 is backed, 2 has spender) · version 1 · flags 1 · offered type 1 · terms type 1
//           · [want 32] · varint ad tx number · varint ad output · [varint spender] · varint terms size · terms
//           · signature
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "swap/order.h"
#include "swap/swap_state.h"

namespace sluice::swap {

/// The first byte of a key.
enum class RowType : std::uint8_t {
  state,
  open,
  dead,
  history,
  open_by_want,
  dead_by_want,
  history_by_want,
  superseded,
  by_outpoint,
  closed,
  undo,
  unsettled,
  token_counts,
  want_counts,
};
inline constexpr std::size_t row_type_count = 14;
inline constexpr std::array<std::string_view, row_type_count> row_type_names{
    "state",      "open",        "dead",   "history", "open_by_want", "dead_by_want", "history_by_want",
    "superseded", "by_outpoint", "closed", "undo",    "unsettled",    "token_counts", "want_counts"};

[[nodiscard]] inline Bytes bytes_of_row(std::string_view row) noexcept { return std::as_bytes(std::span(row)); }
[[nodiscard]] inline std::string name_of(RowType type) {
  return std::string(row_type_names[static_cast<std::size_t>(type)]);
}

inline constexpr std::size_t order_key_bytes = 1 + 32 + 32 + 4;
inline constexpr std::size_t want_key_bytes = 32 + order_key_bytes;
inline constexpr std::size_t outpoint_key_bytes = 1 + 8 + 4 + 32;
inline constexpr std::size_t height_key_bytes = 1 + 4;
inline constexpr std::size_t counts_key_bytes = 1 + 32;

/// A key, or the beginning of one, built in place.
struct RowKey {
  std::array<std::byte, want_key_bytes> bytes;
  std::size_t size = 0;
  [[nodiscard]] Bytes span() const noexcept { return {bytes.data(), size}; }
  [[nodiscard]] std::string text() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
};

/// nullopt for a first byte that is none.
[[nodiscard]] std::optional<RowType> row_type_of(Bytes key) noexcept;
/// The first key of a type.
[[nodiscard]] RowKey type_key(RowType type) noexcept;
/// open, dead, history.
[[nodiscard]] RowKey order_key(RowType type, const OrderId& id) noexcept;
/// The first key of a token in these.
[[nodiscard]] RowKey token_key(RowType type, const TokenId& token) noexcept;
/// open_by_want, dead_by_want, history_by_want, superseded.
[[nodiscard]] RowKey want_key(RowType type, const TokenId& want, const OrderId& id) noexcept;
/// The first key of a pair in these.
[[nodiscard]] RowKey pair_key(RowType type, const TokenId& want, const TokenId& token) noexcept;
[[nodiscard]] RowKey outpoint_key(const Outpoint& offered, const TokenId& token) noexcept;
/// What all keys of an outpoint begin with; keys of other outpoints may, too.
[[nodiscard]] RowKey outpoint_prefix(const Outpoint& offered) noexcept;
/// The least key behind all that begin with this one.
[[nodiscard]] RowKey behind_all(RowKey prefix) noexcept;
/// closed, undo, unsettled.
[[nodiscard]] RowKey height_key(RowType type, std::uint32_t height) noexcept;
/// token_counts, want_counts.
[[nodiscard]] RowKey counts_key(RowType type, const TokenId& token) noexcept;

/// The by-want type of open, dead or history.
[[nodiscard]] RowType by_want(RowType type) noexcept;

[[nodiscard]] std::optional<OrderId> decode_order_key(Bytes key) noexcept;
struct WantKey {
  TokenId want;
  OrderId id;
};
[[nodiscard]] std::optional<WantKey> decode_want_key(Bytes key) noexcept;
struct OutpointKey {
  std::uint64_t prefix = 0;
  std::uint32_t index = 0;
  TokenId token;
};
[[nodiscard]] std::optional<OutpointKey> decode_outpoint_key(Bytes key) noexcept;
[[nodiscard]] std::optional<std::uint32_t> decode_height_key(Bytes key) noexcept;
[[nodiscard]] std::optional<TokenId> decode_counts_key(Bytes key) noexcept;

[[nodiscard]] std::string encode_order(const Order& order);
/// Views of the order end with the value.
[[nodiscard]] std::optional<Order> decode_order(const OrderId& id, Bytes value) noexcept;

struct Counts {
  std::uint64_t open = 0;
  std::uint64_t dead = 0;
  std::uint64_t superseded = 0;
  std::uint64_t history = 0;

  [[nodiscard]] bool none() const noexcept { return open == 0 && dead == 0 && superseded == 0 && history == 0; }
  /// Bounds: open, dead, history, superseded.
  [[nodiscard]] std::uint64_t& of(RowType type) noexcept;
  friend bool operator==(const Counts&, const Counts&) = default;
};
[[nodiscard]] std::string encode_counts(const Counts& counts);
[[nodiscard]] std::optional<Counts> decode_counts(Bytes value) noexcept;

/// by_outpoint.
[[nodiscard]] std::string encode_count(std::uint64_t count);
[[nodiscard]] std::optional<std::uint64_t> decode_count(Bytes value) noexcept;

/// closed, unsettled.
[[nodiscard]] std::string encode_ids(const std::vector<OrderId>& ids);
[[nodiscard]] std::optional<std::vector<OrderId>> decode_ids(Bytes value);

[[nodiscard]] std::string encode_state(const SwapState& state);
[[nodiscard]] std::optional<SwapState> decode_state(Bytes value) noexcept;

/// An advertisement of a block, and what it overwrote. Orders as bytes, for they outlive the rows they came from.
struct OpenedEntry {
  OrderId id;
  std::optional<std::string> replaced;   ///< the order that was open or dead
  std::optional<std::string> displaced;  ///< the superseded order of the same wanted token
};
struct PrunedEntry {
  OrderId id;
  std::string order;
};
/// Pruned orders by the height that closed them, in the order of its row.
struct PrunedHeight {
  std::uint32_t height = 0;
  std::vector<PrunedEntry> orders;
};
struct UndoRow {
  std::vector<OpenedEntry> opened;   ///< in the order of the block
  std::vector<PrunedHeight> pruned;  ///< by height

  [[nodiscard]] bool empty() const noexcept { return opened.empty() && pruned.empty(); }
};
[[nodiscard]] std::string encode_undo(const UndoRow& row);
[[nodiscard]] std::optional<UndoRow> decode_undo(Bytes value);

}  // namespace sluice::swap
