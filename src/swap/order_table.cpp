#include "swap/order_table.h"

#include <algorithm>

namespace sluice::swap {
namespace {

[[nodiscard]] std::uint64_t& total_of(SwapState& state, RowType type) noexcept {
  switch (type) {
    case RowType::open: return state.open;
    case RowType::dead: return state.dead;
    case RowType::superseded: return state.superseded;
    default: return state.history;
  }
}

/// One more, or one less unless there is none.
[[nodiscard]] bool step(std::uint64_t& count, bool is_there) noexcept {
  if (!is_there && count == 0) return false;
  count += is_there ? 1 : std::uint64_t{0} - 1;
  return true;
}

[[nodiscard]] RowKey key_of(RowType type, const Order& order) noexcept {
  return type == RowType::superseded ? want_key(type, order.want, order.id) : order_key(type, order.id);
}

}  // namespace

Error swap_rows_error(const std::string& what) {
  return {ErrorKind::corrupt, "table swaps: " + what + ": run `sluice verify`"};
}

std::string display(const OrderId& id) {
  Digest token;
  token.bytes = id.token;
  return "token " + token.display() + " output " + id.offered.txid.display() + ":" + std::to_string(id.offered.index);
}

std::optional<StoredOrder> StoredOrder::from(const OrderId& id, Bytes row) {
  StoredOrder stored(row);
  const auto order = decode_order(id, stored.row_);
  if (!order) return std::nullopt;
  stored.order_ = *order;
  return stored;
}

Result<std::optional<StoredOrder>> OrderTable::find(const RowKey& key, const OrderId& id) const {
  auto row = rows.get(key.span());
  if (!row) return std::move(row).error();
  if (!row.value()) return std::optional<StoredOrder>();
  auto order = StoredOrder::from(id, bytes_of_row(*row.value()));
  if (!order) return swap_rows_error("malformed order of " + display(id));
  return order;
}

Result<std::optional<StoredOrder>> OrderTable::find(RowType type, const OrderId& id) const {
  return find(order_key(type, id), id);
}

Result<std::optional<StoredOrder>> OrderTable::find_superseded(const TokenId& want, const OrderId& id) const {
  return find(want_key(RowType::superseded, want, id), id);
}

Result<std::vector<TokenId>> OrderTable::tokens_of(const Outpoint& offered) const {
  const RowKey prefix = outpoint_prefix(offered);
  std::vector<TokenId> tokens;
  bool well_formed = true;
  const Status status = rows.walk(prefix.span(), behind_all(prefix).span(), [&](Bytes key, Bytes) {
    const auto decoded = decode_outpoint_key(key);
    well_formed = decoded.has_value();
    if (decoded) tokens.push_back(decoded->token);
    return well_formed;
  });
  if (!status) return Error(status.error());
  if (!well_formed)
    return swap_rows_error("malformed key of output " + offered.txid.display() + ":" + std::to_string(offered.index));
  return tokens;
}

Status OrderTable::change(RowType type, const Order& order, bool is_there, std::optional<std::uint64_t> count) {
  const auto set = [&](const RowKey& key, std::string value) {
    if (is_there) rows.put(key, std::move(value));
    else rows.remove(key);
  };
  set(key_of(type, order), is_there ? encode_order(order) : std::string());
  if (!step(total_of(state, type), is_there)) return swap_rows_error("the state row counts too few orders");
  if (Status status = change_counts(counts_key(RowType::want_counts, order.want), type, is_there); !status)
    return status;
  if (type == RowType::superseded) return {};
  set(want_key(by_want(type), order.want, order.id), {});
  if (Status status = change_counts(counts_key(RowType::token_counts, order.id.token), type, is_there); !status)
    return status;
  return change_outpoint(order.id, is_there, count);
}

Result<Counts> OrderTable::counts_of(const RowKey& key) const {
  auto row = rows.get(key.span());
  if (!row) return std::move(row).error();
  const auto counts = row.value() ? decode_counts(bytes_of_row(*row.value())) : std::optional(Counts());
  if (!counts) return swap_rows_error("malformed counts");
  return *counts;
}

Status OrderTable::change_counts(const RowKey& key, RowType type, bool is_there) {
  const auto found = counts_of(key);
  if (!found) return Error(found.error());
  Counts counts = found.value();
  if (!step(counts.of(type), is_there)) return swap_rows_error("counts of fewer orders than there are");
  if (counts.none()) rows.remove(key);
  else rows.put(key, encode_counts(counts));
  return {};
}

Result<std::uint64_t> OrderTable::count_of(const OrderId& id) const {
  auto row = rows.get(outpoint_key(id.offered, id.token).span());
  if (!row) return std::move(row).error();
  const auto count = row.value() ? decode_count(bytes_of_row(*row.value())) : std::optional<std::uint64_t>(0);
  if (!count) return swap_rows_error("malformed count of orders for " + display(id));
  return *count;
}

Status OrderTable::change_outpoint(const OrderId& id, bool is_there, std::optional<std::uint64_t> known) {
  const RowKey key = outpoint_key(id.offered, id.token);
  const auto found = known ? Result(*known) : count_of(id);
  if (!found) return Error(found.error());
  std::uint64_t count = found.value();
  if (!step(count, is_there)) return swap_rows_error("no row by output for " + display(id));
  if (count == 0) rows.remove(key);
  else rows.put(key, encode_count(count));
  return {};
}

}  // namespace sluice::swap
