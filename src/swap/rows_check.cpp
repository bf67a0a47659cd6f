#include "swap/rows_check.h"

#include <algorithm>

#include "base/hex.h"
#include "base/prefix.h"
#include "swap/order_rows.h"
#include "swap/order_table.h"

namespace sluice::swap {
namespace {

class RowsCheck {
 public:
  RowsCheck(const RowSource& rows, const std::function<std::uint32_t(std::uint64_t)>& height_of,
            const FoundFault& found)
      : rows_(rows), height_of_(height_of), found_(found) {}

  Result<CheckedRows> run() {
    if (Status status = read_state(); !status) return std::move(status).error();
    const Status walked = rows_.walk({}, {}, [this](Bytes key, Bytes value) {
      ++result_.rows;
      look_at(key, value);
      return error_.ok();
    });
    if (!walked) return Error(walked.error());
    if (!error_) return Error(error_.error());
    if (result_.rows > 0 && !result_.state) found_(RowFault::state_row, "state: no row, but there are others");
    compare_totals();
    return result_;
  }

 private:
  Status read_state() {
    auto row = rows_.get(type_key(RowType::state).span());
    if (!row) return std::move(row).error();
    if (!row.value()) return {};
    result_.state = decode_state(bytes_of_row(*row.value()));
    if (result_.state) state_ = *result_.state;
    return {};
  }

  void look_at(Bytes key, Bytes value) {
    const auto type = row_type_of(key);
    if (!type) return fault(RowFault::unknown_type, "row " + to_hex(key));
    switch (*type) {
      case RowType::state:
        if (key.size() != 1 || !decode_state(value)) malformed(*type, key);
        return;
      case RowType::open:
      case RowType::dead:
      case RowType::history: return look_at_order(*type, key, value);
      case RowType::open_by_want:
      case RowType::dead_by_want:
      case RowType::history_by_want: return look_at_want(*type, key, value);
      case RowType::superseded: return look_at_superseded(key, value);
      case RowType::by_outpoint: return look_at_outpoint(key, value);
      case RowType::closed:
      case RowType::undo:
      case RowType::unsettled: return look_at_height(*type, key, value);
      case RowType::token_counts:
      case RowType::want_counts: return look_at_counts(*type, key, value);
    }
  }

  void look_at_order(RowType type, Bytes key, Bytes value) {
    const auto id = decode_order_key(key);
    const auto order = id ? decode_order(*id, value) : std::nullopt;
    if (!order) return malformed(type, key);
    ++orders_.of(type);
    const std::string text = name_of(type) + " order of " + display(*id);
    const bool is_history = type == RowType::history;
    if ((order->spent_by != 0) != is_history || (order->is_backed && type != RowType::open) ||
        (is_history && order->spent_by <= order->ad.tx_number) || height_of_(order->ad.tx_number) >= state_.block_count)
      fault(RowFault::impossible_order, text);
    if (type == RowType::open && has(order_key(RowType::dead, *id))) fault(RowFault::open_and_dead, text);
    if (!has(want_key(by_want(type), order->want, *id))) fault(RowFault::want_row_missing, text);
    if (!has(outpoint_key(id->offered, id->token))) fault(RowFault::outpoint_row_missing, text);
    if (!has(counts_key(RowType::token_counts, id->token))) fault(RowFault::token_counts, text + ": not counted");
    if (is_history) return;
    if (order->has_want() && has(want_key(RowType::superseded, order->want, *id)))
      fault(RowFault::superseded_current, text);
    if (height_of_(order->ad.tx_number) >= state_.undo_first_height) ++late_orders_;
  }

  void look_at_want(RowType type, Bytes key, Bytes value) {
    const auto decoded = decode_want_key(key);
    if (!decoded || !value.empty()) return malformed(type, key);
    const RowType ordered = type == RowType::open_by_want   ? RowType::open
                            : type == RowType::dead_by_want ? RowType::dead
                                                            : RowType::history;
    const auto row = get(order_key(ordered, decoded->id));
    const auto order = row ? decode_order(decoded->id, bytes_of_row(*row)) : std::nullopt;
    const std::string text = name_of(type) + " row of " + display(decoded->id);
    if (!order || order->want != decoded->want) fault(RowFault::want_row_astray, text);
    if (!has(counts_key(RowType::want_counts, decoded->want))) fault(RowFault::want_counts, text + ": not counted");
  }

  void look_at_superseded(Bytes key, Bytes value) {
    const auto decoded = decode_want_key(key);
    const auto order = decoded ? decode_order(decoded->id, value) : std::nullopt;
    if (!order) return malformed(RowType::superseded, key);
    ++orders_.superseded;
    const std::string text = "superseded order of " + display(decoded->id);
    if (order->want != decoded->want || !order->has_want() || order->spent_by != 0 || order->is_backed)
      fault(RowFault::impossible_order, text);
    if (!has(counts_key(RowType::want_counts, decoded->want))) fault(RowFault::want_counts, text + ": not counted");
  }

  void look_at_outpoint(Bytes key, Bytes value) {
    const auto decoded = decode_outpoint_key(key);
    const auto count = decode_count(value);
    if (!decoded || !count) return malformed(RowType::by_outpoint, key);
    std::uint64_t orders = 0;
    for (const RowType type : {RowType::open, RowType::dead, RowType::history}) {
      const RowKey token = token_key(type, decoded->token);
      OrderId first;
      first.token = decoded->token;
      store_be(first.offered.txid.data(), decoded->prefix);
      walk(order_key(type, first), behind_all(token), [&](Bytes order, Bytes) {
        const auto id = decode_order_key(order);
        if (!id || prefix_of(id->offered.txid) != decoded->prefix) return false;
        orders += id->offered.index == decoded->index ? 1 : 0;
        return true;
      });
    }
    if (orders != *count)
      fault(RowFault::outpoint_count, "by_outpoint row " + to_hex(key) + ": counts " + std::to_string(*count) +
                                          " orders, there are " + std::to_string(orders));
  }

  void look_at_counts(RowType type, Bytes key, Bytes value) {
    const auto token = decode_counts_key(key);
    const auto counts = decode_counts(value);
    if (!token || !counts) return malformed(type, key);
    const bool by_token = type == RowType::token_counts;
    Counts orders;
    for (const RowType ordered : {RowType::open, RowType::dead, RowType::history, RowType::superseded}) {
      if (by_token && ordered == RowType::superseded) continue;
      const bool is_own = by_token || ordered == RowType::superseded;
      const RowKey prefix = token_key(is_own ? ordered : by_want(ordered), *token);
      walk(prefix, behind_all(prefix), [&](Bytes, Bytes) {
        ++orders.of(ordered);
        return true;
      });
    }
    if (orders != *counts || counts->none())
      fault(by_token ? RowFault::token_counts : RowFault::want_counts, name_of(type) + " row " + to_hex(key));
  }

  void look_at_height(RowType type, Bytes key, Bytes value) {
    const auto height = decode_height_key(key);
    if (!height) return malformed(type, key);
    const std::string text = name_of(type) + " row of height " + std::to_string(*height);
    if (type == RowType::undo) {
      const auto undo = decode_undo(value);
      if (!undo) return malformed(type, key);
      return look_at_undo(*height, *undo, text);
    }
    auto ids = decode_ids(value);
    if (!ids) return malformed(type, key);
    if (type == RowType::unsettled) {
      if (*height < state_.settled_blocks || *height >= state_.block_count) fault(RowFault::unsettled_row, text);
      return;
    }
    const bool in_range = *height >= state_.history_first_height && *height < state_.block_count;
    std::sort(ids->begin(), ids->end());
    const bool once = std::adjacent_find(ids->begin(), ids->end()) == ids->end();
    if (!in_range || !once) fault(RowFault::closed_row, text);
    closed_orders_ += ids->size();
    for (const OrderId& id : *ids) {
      const auto row = get(order_key(RowType::history, id));
      const auto order = row ? decode_order(id, bytes_of_row(*row)) : std::nullopt;
      if (!order || height_of_(order->spent_by) != *height)
        fault(RowFault::closed_row, text + ": no such history order of " + display(id));
    }
  }

  void look_at_undo(std::uint32_t height, const UndoRow& undo, const std::string& text) {
    if (height < state_.undo_first_height || height >= state_.block_count) return fault(RowFault::undo_row, text);
    std::vector<OrderId> ids;
    for (const OpenedEntry& entry : undo.opened) ids.push_back(entry.id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (const OrderId& id : ids)
      for (const RowType type : {RowType::open, RowType::dead}) {
        const auto row = get(order_key(type, id));
        const auto order = row ? decode_order(id, bytes_of_row(*row)) : std::nullopt;
        if (order && height_of_(order->ad.tx_number) == height) ++late_orders_undone_;
      }
  }

  void compare_totals() {
    const Counts counted{state_.open, state_.dead, state_.superseded, state_.history};
    if (orders_ != counted) found_(RowFault::total, "state: counts other orders than there are");
    if (closed_orders_ != orders_.history)
      found_(RowFault::closed_row, "closed rows hold " + std::to_string(closed_orders_) + " orders, the history " +
                                       std::to_string(orders_.history));
    if (late_orders_undone_ != late_orders_)
      found_(RowFault::undo_row, "undo rows hold " + std::to_string(late_orders_undone_) + " open or dead orders of " +
                                     std::to_string(late_orders_));
  }

  /// What is concluded from a row that could not be read is none.
  void fault(RowFault what, const std::string& text) {
    if (error_.ok()) found_(what, text);
  }
  void malformed(RowType type, Bytes key) { fault(RowFault::malformed_row, name_of(type) + " row " + to_hex(key)); }

  [[nodiscard]] std::optional<std::string> get(const RowKey& key) {
    auto row = rows_.get(key.span());
    if (row.ok()) return std::move(row).value();
    error_ = std::move(row).error();
    return std::nullopt;
  }
  [[nodiscard]] bool has(const RowKey& key) { return get(key).has_value(); }
  void walk(const RowKey& first, const RowKey& until, const RowVisit& visit) {
    if (Status status = rows_.walk(first.span(), until.span(), visit); !status) error_ = std::move(status);
  }

  const RowSource& rows_;
  const std::function<std::uint32_t(std::uint64_t)>& height_of_;
  const FoundFault& found_;
  CheckedRows result_;
  SwapState state_;
  Status error_;
  Counts orders_;  ///< as counted by their rows
  std::uint64_t closed_orders_ = 0;
  std::uint64_t late_orders_ = 0;  ///< open or dead, of blocks that can be undone
  std::uint64_t late_orders_undone_ = 0;
};

}  // namespace

Result<CheckedRows> check_rows(const RowSource& rows, const std::function<std::uint32_t(std::uint64_t)>& height_of,
                               const FoundFault& found) {
  return RowsCheck(rows, height_of, found).run();
}

}  // namespace sluice::swap
