#include "swap/order_changes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"

namespace sluice::swap {
namespace {

/// History of blocks from here on is kept at this tip.
[[nodiscard]] std::uint32_t kept_from(std::uint32_t tip_height, std::uint32_t history_blocks) noexcept {
  return history_blocks == 0 || tip_height <= history_blocks ? 0 : tip_height - history_blocks;
}

/// The order as rows keep it that are not open: whether it is backed is found out anew if it opens again.
[[nodiscard]] Order laid_by(Order order) noexcept {
  order.is_backed = false;
  return order;
}

[[nodiscard]] Error missing(const std::string& what, const OrderId& id) {
  return swap_rows_error("no " + what + " order of " + display(id));
}

}  // namespace

Result<OrderChanges> OrderChanges::over(const RowSource& rows, const ChangeRules& rules) {
  SwapState state;
  state.history_blocks = rules.history_blocks;
  state.op_number_index = rules.op_number_index;
  auto row = rows.get(type_key(RowType::state).span());
  if (!row) return std::move(row).error();
  if (row.value()) {
    const auto decoded = decode_state(bytes_of_row(*row.value()));
    if (!decoded) return swap_rows_error("malformed state row");
    state = *decoded;
  }
  if (state.op_number_index != rules.op_number_index)
    return Error{ErrorKind::unsupported,
                 "table swaps: made with OP_1 to OP_16 read the other way as output index: it has to be made anew"};
  const bool wants_more = rules.history_blocks == 0 || rules.history_blocks > state.history_blocks;
  if (state.history_blocks != 0 && wants_more && state.history_first_height > 0)
    return Error{ErrorKind::unsupported,
                 "table swaps: holds the history of " + std::to_string(state.history_blocks) +
                     " blocks, fewer than SWAP_HISTORY_BLOCKS asks for: it has to be made anew"};
  return OrderChanges(row.value() ? &rows : nullptr, rules, state);
}

void OrderChanges::begin_block(std::uint32_t height, std::uint64_t first_tx) {
  SLUICE_CHECK(!in_block_);
  SLUICE_CHECK(height == state().block_count);
  in_block_ = true;
  first_tx_ = first_tx;
  undo_ = {};
  closed_.clear();
  unsettled_.clear();
}

Status OrderChanges::spend(const Outpoint& outpoint, std::uint64_t spender) {
  SLUICE_CHECK(in_block_ && spender >= first_tx_ && spender != 0);
  SLUICE_CHECK(undo_.opened.empty());
  const auto tokens = table_.tokens_of(outpoint);
  if (!tokens) return Error(tokens.error());
  for (const TokenId& token : tokens.value())
    if (Status status = close({token, outpoint}, spender); !status) return status;
  return {};
}

Status OrderChanges::close(const OrderId& id, std::uint64_t spender) {
  auto found = table_.find(RowType::open, id);
  if (!found) return std::move(found).error();
  if (!found.value()) return {};
  auto closed_before = table_.find(RowType::history, id);
  if (!closed_before) return std::move(closed_before).error();
  if (closed_before.value()) return swap_rows_error("spent a second time: the order of " + display(id));
  Order order = **found.value();
  if (Status status = table_.drop(RowType::open, order); !status) return status;
  order = laid_by(order);
  order.spent_by = spender;
  if (Status status = table_.add(RowType::history, order); !status) return status;
  closed_.push_back(id);
  tell(ChangeKind::closed, order);
  return {};
}

Result<std::optional<OrderChanges::Live>> OrderChanges::find_live(const OrderId& id) const {
  for (const RowType type : {RowType::open, RowType::dead}) {
    auto found = table_.find(type, id);
    if (!found) return std::move(found).error();
    if (found.value()) return std::optional<Live>(Live{type, std::move(*found.value())});
  }
  return std::optional<Live>();
}

Status OrderChanges::advertise(const Order& order) {
  SLUICE_CHECK(in_block_ && order.ad.tx_number >= first_tx_);
  // Most advertisements are the first for their outpoint: one look-up says so of every row there might be.
  const auto orders_before = table_.count_of(order.id);
  if (!orders_before) return Error(orders_before.error());
  auto live = orders_before.value() > 0 ? find_live(order.id) : Result(std::optional<Live>());
  if (!live) return std::move(live).error();
  Order next = laid_by(order);
  next.spent_by = 0;
  RowType type = RowType::open;
  OpenedEntry entry;
  entry.id = next.id;
  if (live.value()) {
    const Order old = laid_by(*live.value()->order);
    type = live.value()->type;
    if (Status status = table_.drop(type, old); !status) return status;
    if (old.has_want() && old.want != next.want)
      if (Status status = table_.add(RowType::superseded, old); !status) return status;
    entry.replaced = encode_order(old);
  }
  const auto by_want =
      next.has_want() ? table_.counts_of(counts_key(RowType::want_counts, next.want)) : Result(Counts());
  if (!by_want) return Error(by_want.error());
  if (by_want.value().superseded > 0) {
    auto superseded = table_.find_superseded(next.want, next.id);
    if (!superseded) return std::move(superseded).error();
    if (superseded.value()) {
      if (Status status = table_.drop(RowType::superseded, **superseded.value()); !status) return status;
      entry.displaced = encode_order(**superseded.value());
    }
  }
  // An order that was there has been dropped meanwhile: only without one the number is still what it was.
  const auto count = live.value() ? std::nullopt : std::optional(orders_before.value());
  if (Status status = table_.add(type, next, count); !status) return status;
  tell(entry.replaced ? ChangeKind::replaced : ChangeKind::opened, next);
  undo_.opened.push_back(std::move(entry));
  if (type == RowType::open) unsettled_.push_back(next.id);
  return {};
}

Status OrderChanges::end_block() {
  SLUICE_CHECK(in_block_);
  SwapState& state = table_.state;
  const std::uint32_t height = state.block_count;
  if (!closed_.empty()) table_.rows.put(height_key(RowType::closed, height), encode_ids(closed_));
  state.history_blocks = rules_.history_blocks;
  if (Status status = prune_until(kept_from(height, state.history_blocks)); !status) return status;
  if (!undo_.empty()) table_.rows.put(height_key(RowType::undo, height), encode_undo(undo_));
  if (!unsettled_.empty()) table_.rows.put(height_key(RowType::unsettled, height), encode_ids(unsettled_));
  if (state.settled_blocks == height && unsettled_.empty()) ++state.settled_blocks;
  ++state.block_count;
  in_block_ = false;
  if (state.block_count <= rules_.reorg_limit) return {};
  return drop_undo_rows(state.block_count - rules_.reorg_limit);
}

Status OrderChanges::pass_blocks(std::uint32_t until) {
  SLUICE_CHECK(!in_block_);
  SwapState& state = table_.state;
  while (state.block_count < until) {
    const auto pruning = next_pruning(until);
    if (!pruning) return Error(pruning.error());
    const std::uint32_t calm_until = std::min(until, pruning.value());
    if (state.settled_blocks == state.block_count) state.settled_blocks = std::max(state.settled_blocks, calm_until);
    state.block_count = std::max(state.block_count, calm_until);
    if (calm_until > 0)
      state.history_first_height =
          std::max(state.history_first_height, kept_from(calm_until - 1, state.history_blocks));
    if (state.block_count == until) break;
    begin_block(state.block_count, 0);
    if (Status status = end_block(); !status) return status;
  }
  if (until <= rules_.reorg_limit) return {};
  return drop_undo_rows(until - rules_.reorg_limit);
}

/// The first block from the next one on that prunes; at least `until` if none before it does.
Result<std::uint32_t> OrderChanges::next_pruning(std::uint32_t until) const {
  const SwapState& state = table_.state;
  if (state.history_blocks != rules_.history_blocks) return state.block_count;
  if (state.history_blocks == 0 || until == 0) return until;
  const auto closed =
      heights_of(RowType::closed, state.history_first_height, kept_from(until - 1, state.history_blocks));
  if (!closed) return Error(closed.error());
  return closed.value().empty() ? until : closed.value().front() + state.history_blocks + 1;
}

Status OrderChanges::prune_until(std::uint32_t height) {
  std::uint32_t& first = table_.state.history_first_height;
  if (height <= first) return {};
  const auto heights = heights_of(RowType::closed, first, height);
  if (!heights) return Error(heights.error());
  for (const std::uint32_t at : heights.value())
    if (Status status = prune(at); !status) return status;
  first = height;
  return {};
}

Status OrderChanges::prune(std::uint32_t height) {
  const auto ids = ids_at(RowType::closed, height);
  if (!ids) return Error(ids.error());
  PrunedHeight& group = undo_.pruned.emplace_back();
  group.height = height;
  for (const OrderId& id : ids.value()) {
    auto order = table_.find(RowType::history, id);
    if (!order) return std::move(order).error();
    if (!order.value()) return missing("history", id);
    if (Status status = table_.drop(RowType::history, **order.value()); !status) return status;
    group.orders.push_back({id, encode_order(**order.value())});
    tell(ChangeKind::pruned, **order.value());
  }
  table_.rows.remove(height_key(RowType::closed, height));
  return {};
}

Status OrderChanges::drop_undo_rows(std::uint32_t until) {
  std::uint32_t& first = table_.state.undo_first_height;
  if (until <= first) return {};
  const auto heights = heights_of(RowType::undo, first, until);
  if (!heights) return Error(heights.error());
  for (const std::uint32_t at : heights.value()) table_.rows.remove(height_key(RowType::undo, at));
  first = until;
  return {};
}

Result<std::vector<std::uint32_t>> OrderChanges::heights_of(RowType type, std::uint32_t first,
                                                            std::uint32_t until) const {
  std::vector<std::uint32_t> heights;
  bool well_formed = true;
  const auto visit = [&](Bytes key, Bytes) {
    const auto height = decode_height_key(key);
    well_formed = height.has_value();
    if (height) heights.push_back(*height);
    return well_formed;
  };
  const Status walked = table_.rows.walk(height_key(type, first).span(), height_key(type, until).span(), visit);
  if (!walked) return Error(walked.error());
  if (!well_formed) return swap_rows_error("malformed key of a " + name_of(type) + " row");
  return heights;
}

Result<std::vector<OrderId>> OrderChanges::ids_at(RowType type, std::uint32_t height) const {
  auto row = table_.rows.get(height_key(type, height).span());
  if (!row) return std::move(row).error();
  if (!row.value()) return std::vector<OrderId>();
  auto ids = decode_ids(bytes_of_row(*row.value()));
  if (!ids) return swap_rows_error("malformed " + name_of(type) + " row of height " + std::to_string(height));
  return std::move(*ids);
}

Result<UndoRow> OrderChanges::undo_at(std::uint32_t height) const {
  auto row = table_.rows.get(height_key(RowType::undo, height).span());
  if (!row) return std::move(row).error();
  if (!row.value()) return UndoRow();
  auto undo = decode_undo(bytes_of_row(*row.value()));
  if (!undo) return swap_rows_error("malformed undo row of height " + std::to_string(height));
  return std::move(*undo);
}

Status OrderChanges::prune_to_rules() {
  SLUICE_CHECK(!in_block_);
  SwapState& state = table_.state;
  if (state.block_count == 0) return {};
  const std::uint32_t height = state.block_count - 1;
  state.history_blocks = rules_.history_blocks;
  undo_ = {};
  if (Status status = prune_until(kept_from(height, state.history_blocks)); !status) return status;
  if (undo_.pruned.empty() || height < state.undo_first_height) return {};
  auto undo = undo_at(height);
  if (!undo) return std::move(undo).error();
  std::vector<PrunedHeight>& pruned = undo.value().pruned;
  pruned.insert(pruned.end(), undo_.pruned.begin(), undo_.pruned.end());
  table_.rows.put(height_key(RowType::undo, height), encode_undo(undo.value()));
  return {};
}

Status OrderChanges::undo_block() {
  SwapState& state = table_.state;
  SLUICE_CHECK(!in_block_);
  SLUICE_CHECK(state.block_count > state.undo_first_height);
  const std::uint32_t height = state.block_count - 1;
  auto undo_row = undo_at(height);
  if (!undo_row) return std::move(undo_row).error();
  const UndoRow& undo = undo_row.value();
  const auto closed = ids_at(RowType::closed, height);
  if (!closed) return Error(closed.error());

  state.history_first_height =
      std::min(state.history_first_height, height == 0 ? 0 : kept_from(height - 1, state.history_blocks));
  for (const PrunedHeight& group : undo.pruned)
    if (Status status = bring_back_pruned(group); !status) return status;
  std::vector<OrderId> restored;
  for (auto entry = undo.opened.rbegin(); entry != undo.opened.rend(); ++entry)
    if (Status status = take_back(*entry, restored); !status) return status;
  for (auto id = closed.value().rbegin(); id != closed.value().rend(); ++id) {
    if (Status status = reopen(*id); !status) return status;
    restored.push_back(*id);
  }
  table_.rows.remove(height_key(RowType::undo, height));
  table_.rows.remove(height_key(RowType::closed, height));
  state.block_count = height;
  return hand_down_unsettled(height, std::move(restored));
}

Status OrderChanges::bring_back_pruned(const PrunedHeight& group) {
  std::vector<OrderId> ids;
  for (const PrunedEntry& entry : group.orders) {
    const auto order = decode_order(entry.id, bytes_of_row(entry.order));
    SLUICE_CHECK(order.has_value());  // decode_undo looked at it
    if (Status status = table_.add(RowType::history, *order); !status) return status;
    ids.push_back(entry.id);
  }
  table_.rows.put(height_key(RowType::closed, group.height), encode_ids(ids));
  std::uint32_t& first = table_.state.history_first_height;
  first = std::min(first, group.height);
  return {};
}

Status OrderChanges::take_back(const OpenedEntry& entry, std::vector<OrderId>& restored) {
  auto live = find_live(entry.id);
  if (!live) return std::move(live).error();
  if (!live.value()) return missing("open or dead", entry.id);
  const RowType type = live.value()->type;
  const Order& order = *live.value()->order;
  if (Status status = table_.drop(type, order); !status) return status;
  if (entry.displaced) {
    const auto displaced = decode_order(entry.id, bytes_of_row(*entry.displaced));
    SLUICE_CHECK(displaced.has_value());  // decode_undo looked at it
    if (Status status = table_.add(RowType::superseded, *displaced); !status) return status;
  }
  if (!entry.replaced) {
    tell(ChangeKind::withdrawn, order);
    return {};
  }
  const auto old = decode_order(entry.id, bytes_of_row(*entry.replaced));
  SLUICE_CHECK(old.has_value());  // the same
  if (old->has_want() && old->want != order.want)
    if (Status status = table_.drop(RowType::superseded, *old); !status) return status;
  if (Status status = table_.add(type, *old); !status) return status;
  tell(ChangeKind::replaced, *old);
  if (type == RowType::open) restored.push_back(entry.id);
  return {};
}

Status OrderChanges::reopen(const OrderId& id) {
  auto found = table_.find(RowType::history, id);
  if (!found) return std::move(found).error();
  if (!found.value()) return missing("history", id);
  Order order = **found.value();
  if (Status status = table_.drop(RowType::history, order); !status) return status;
  order.spent_by = 0;
  if (Status status = table_.add(RowType::open, order); !status) return status;
  tell(ChangeKind::reopened, order);
  return {};
}

// Orders that came back are looked at again, and those that waited for it below still wait: as if the block that is
// the newest now had advertised them.
Status OrderChanges::hand_down_unsettled(std::uint32_t height, std::vector<OrderId> ids) {
  SwapState& state = table_.state;
  const auto waiting = ids_at(RowType::unsettled, height);
  if (!waiting) return Error(waiting.error());
  ids.insert(ids.end(), waiting.value().begin(), waiting.value().end());
  table_.rows.remove(height_key(RowType::unsettled, height));
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<OrderId> open;
  for (const OrderId& id : ids) {
    auto order = table_.find(RowType::open, id);
    if (!order) return std::move(order).error();
    if (order.value()) open.push_back(id);
  }
  state.settled_blocks = std::min(state.settled_blocks, height);
  if (open.empty()) return {};
  if (height == 0) return swap_rows_error("left when all blocks are undone: the order of " + display(open.front()));
  const auto below = ids_at(RowType::unsettled, height - 1);
  if (!below) return Error(below.error());
  open.insert(open.end(), below.value().begin(), below.value().end());
  std::sort(open.begin(), open.end());
  open.erase(std::unique(open.begin(), open.end()), open.end());
  table_.rows.put(height_key(RowType::unsettled, height - 1), encode_ids(open));
  state.settled_blocks = std::min(state.settled_blocks, height - 1);
  return {};
}

Status OrderChanges::settle(const FindCoin& find, const std::function<std::uint32_t(std::uint64_t)>& height_of,
                            std::size_t bytes_max) {
  SLUICE_CHECK(!in_block_);
  SwapState& state = table_.state;
  const auto heights = heights_of(RowType::unsettled, state.settled_blocks, state.block_count);
  if (!heights) return Error(heights.error());
  for (const std::uint32_t height : heights.value()) {
    const auto ids = ids_at(RowType::unsettled, height);
    if (!ids) return Error(ids.error());
    for (const OrderId& id : ids.value())
      if (Status status = settle_order(id, find, height_of); !status) return status;
    table_.rows.remove(height_key(RowType::unsettled, height));
    state.settled_blocks = height + 1;
    if (bytes() > bytes_max) return {};
  }
  state.settled_blocks = state.block_count;
  return {};
}

Status OrderChanges::settle_order(const OrderId& id, const FindCoin& find,
                                  const std::function<std::uint32_t(std::uint64_t)>& height_of) {
  auto found = table_.find(RowType::open, id);
  if (!found) return std::move(found).error();
  if (!found.value()) return {};
  Order order = **found.value();
  const auto coin = find(id.offered);
  if (!coin) return Error(coin.error());
  if (coin.value().standing == CoinStanding::spent) {
    if (Status status = table_.drop(RowType::open, order); !status) return status;
    order = laid_by(order);
    if (Status status = table_.add(RowType::dead, order); !status) return status;
    tell(ChangeKind::died, order);
    return {};
  }
  const bool is_backed = coin.value().standing == CoinStanding::unspent &&
                         height_of(coin.value().tx_number) <= height_of(order.ad.tx_number);
  if (order.is_backed == is_backed) return {};
  order.is_backed = is_backed;
  table_.rows.put(order_key(RowType::open, id), encode_order(order));
  return {};
}

void OrderChanges::write_to(write::RowSink& sink) const {
  const std::string row = encode_state(state());
  if (changed()) sink.put(type_key(RowType::state).span(), bytes_of_row(row));
  table_.rows.write_to(sink);
}

}  // namespace sluice::swap
