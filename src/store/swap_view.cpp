#include "store/swap_view.h"

#include <fmt/format.h>

#include <deque>

namespace sluice::store {

using serve::BookCounts;
using serve::BookKind;
using serve::BookSide;
using serve::OrderStanding;
using serve::WalkOrders;
using swap::OrderId;
using swap::RowKey;
using swap::RowType;

namespace {

/// Orders fetched at once by their keys: a page of a usual client in two rounds.
constexpr std::size_t batch_orders = 64;

[[nodiscard]] OrderStanding standing_of(RowType type) noexcept {
  switch (type) {
    case RowType::open:
    case RowType::open_by_want: return OrderStanding::open;
    case RowType::dead:
    case RowType::dead_by_want: return OrderStanding::dead;
    case RowType::superseded: return OrderStanding::superseded;
    default: return OrderStanding::history;
  }
}

[[nodiscard]] std::vector<RowType> types_of(const serve::BookQuery& query) {
  const bool by_token = query.side == BookSide::offered;
  if (query.kind == BookKind::history) return {by_token ? RowType::history : RowType::history_by_want};
  if (!query.as_node) return {by_token ? RowType::open : RowType::open_by_want};
  if (by_token) return {RowType::open, RowType::dead};
  return {RowType::open_by_want, RowType::dead_by_want, RowType::superseded};
}

[[nodiscard]] RowKey first_key(const serve::BookQuery& query, RowType type) {
  if (query.side == BookSide::wanted && query.offered_token)
    return swap::pair_key(type, query.token, *query.offered_token);
  return swap::token_key(type, query.token);
}

[[nodiscard]] BookCounts counts_of(const swap::Counts& counts) noexcept {
  return {counts.open, counts.dead, counts.superseded, counts.history};
}

/// The order row that a row by want stands for.
[[nodiscard]] RowType pointed_to(RowType by_want) noexcept {
  for (const RowType type : {RowType::open, RowType::dead})
    if (swap::by_want(type) == by_want) return type;
  return RowType::history;
}

}  // namespace

/// The rows of one type in a listing, by order id.
class SwapTableView::Listing {
 public:
  Listing(const SwapTableView& view, const serve::BookQuery& query, RowType type, const std::optional<OrderId>& after)
      : view_(view),
        type_(type),
        is_by_want_(query.side == BookSide::wanted),
        prefix_(first_key(query, type)),
        rows_(view.rows_.take(Table::swaps)) {
    if (!after) {
      rows_->Seek(slice_of(prefix_.span()));
      return;
    }
    const RowKey key = is_by_want_ ? swap::want_key(type, query.token, *after) : swap::order_key(type, *after);
    rows_->Seek(slice_of(key.span()));
    if (rows_->Valid() && rows_->key() == slice_of(key.span())) rows_->Next();
  }

  /// Reads the key it stands at; false at the end of the listing.
  [[nodiscard]] Result<bool> read() {
    if (!rows_->Valid()) {
      if (!rows_->status().ok()) return rocks_error(view_.database_.directory(), rows_->status());
      return false;
    }
    if (!rows_->key().starts_with(slice_of(prefix_.span()))) return false;
    const Bytes key = bytes_of_slice(rows_->key());
    if (is_by_want_) {
      const auto decoded = swap::decode_want_key(key);
      if (!decoded) return view_.malformed(type_);
      id_ = decoded->id;
    } else {
      const auto decoded = swap::decode_order_key(key);
      if (!decoded) return view_.malformed(type_);
      id_ = *decoded;
    }
    return true;
  }
  void next() { rows_->Next(); }

  [[nodiscard]] const OrderId& id() const noexcept { return id_; }
  [[nodiscard]] RowType type() const noexcept { return type_; }
  [[nodiscard]] bool has_order() const noexcept { return !is_by_want_ || type_ == RowType::superseded; }
  /// Ends with next().
  [[nodiscard]] Bytes value() const { return bytes_of_slice(rows_->value()); }

 private:
  const SwapTableView& view_;
  RowType type_;
  bool is_by_want_;
  RowKey prefix_;
  RowIterators::Lease rows_;
  OrderId id_;
};

/// Orders of a listing by want, on their way to the visitor; those that only their keys are known of are fetched.
class SwapTableView::OrderBatch {
 public:
  OrderBatch(const SwapTableView& view, const serve::OrderVisit& visit) : view_(view), visit_(visit) {}

  void add(const Listing& listing) {
    Item& item = items_.emplace_back(Item{listing.id(), listing.type(), std::nullopt});
    if (listing.has_order()) item.row = slice_of(listing.value()).ToString();
  }
  [[nodiscard]] bool full() const noexcept { return items_.size() == batch_orders; }

  [[nodiscard]] Result<WalkOrders> visit_all() {
    if (Status status = fetch(); !status) return std::move(status).error();
    for (const Item& item : items_) {
      const auto order = item.row ? swap::decode_order(item.id, std::as_bytes(std::span(*item.row))) : std::nullopt;
      if (!order) return view_.malformed(item.type);
      if (visit_(*order, standing_of(item.type)) == WalkOrders::stop) return WalkOrders::stop;
    }
    items_.clear();
    return WalkOrders::go_on;
  }

 private:
  struct Item {
    OrderId id;
    RowType type;
    std::optional<std::string> row;
  };

  [[nodiscard]] Status fetch() {
    std::vector<RowKey> keys;
    for (const Item& item : items_)
      if (!item.row) keys.push_back(swap::order_key(pointed_to(item.type), item.id));
    std::vector<Bytes> spans;
    for (const RowKey& key : keys) spans.push_back(key.span());
    auto found = view_.database_.get_many(Table::swaps, spans, view_.snapshot_);
    if (!found) return std::move(found).error();
    auto row = found.value().begin();
    for (Item& item : items_)
      if (!item.row) item.row = std::move(*row++);
    return {};
  }

  const SwapTableView& view_;
  const serve::OrderVisit& visit_;
  std::vector<Item> items_;
};

Result<std::unique_ptr<SwapTableView>> SwapTableView::open(const Database& database, RowSnapshot snapshot,
                                                           std::uint32_t tip_height) {
  auto row = database.get(Table::swaps, swap::type_key(RowType::state).span(), snapshot);
  if (!row) return std::move(row).error();
  if (!row.value()) return std::unique_ptr<SwapTableView>();
  const auto state = swap::decode_state(std::as_bytes(std::span(*row.value())));
  if (!state)
    return Error{ErrorKind::corrupt,
                 fmt::format("{}: table swaps: malformed state row: run `sluice verify`", database.directory())};
  if (state->block_count != tip_height + 1) return std::unique_ptr<SwapTableView>();
  return std::unique_ptr<SwapTableView>(new SwapTableView(database, std::move(snapshot), *state));
}

Status SwapTableView::walk(const serve::BookQuery& query, const std::optional<OrderId>& after,
                           const serve::OrderVisit& visit) const {
  std::deque<Listing> listings;
  std::vector<Listing*> at;
  const auto keep_if_more = [&at](Listing& listing) -> Status {
    const auto more = listing.read();
    if (!more) return Error(more.error());
    if (more.value()) at.push_back(&listing);
    return {};
  };
  for (const RowType type : types_of(query))
    if (Status status = keep_if_more(listings.emplace_back(*this, query, type, after)); !status) return status;

  OrderBatch batch(*this, visit);
  while (!at.empty()) {
    const auto least =
        std::min_element(at.begin(), at.end(), [](const Listing* a, const Listing* b) { return a->id() < b->id(); });
    Listing& listing = **least;
    at.erase(least);
    if (query.side == BookSide::offered) {
      const auto order = swap::decode_order(listing.id(), listing.value());
      if (!order) return malformed(listing.type());
      if (visit(*order, standing_of(listing.type())) == WalkOrders::stop) return {};
    } else {
      batch.add(listing);
    }
    listing.next();
    if (Status status = keep_if_more(listing); !status) return status;
    if (!batch.full()) continue;
    const auto way = batch.visit_all();
    if (!way) return Error(way.error());
    if (way.value() == WalkOrders::stop) return {};
  }
  const auto way = batch.visit_all();
  return way ? Status() : Status(way.error());
}

Result<BookCounts> SwapTableView::counts(BookSide side, const swap::TokenId& token) const {
  const RowType type = side == BookSide::offered ? RowType::token_counts : RowType::want_counts;
  auto row = database_.get(Table::swaps, swap::counts_key(type, token).span(), snapshot_);
  if (!row) return std::move(row).error();
  if (!row.value()) return BookCounts();
  const auto counts = swap::decode_counts(std::as_bytes(std::span(*row.value())));
  if (!counts) return malformed(type);
  return counts_of(*counts);
}

Result<BookCounts> SwapTableView::totals() const {
  return BookCounts{state_.open, state_.dead, state_.superseded, state_.history};
}

Result<std::optional<WalkOrders>> SwapTableView::visit_order(RowType type, const OrderId& id,
                                                             const serve::OrderVisit& visit) const {
  auto row = database_.get(Table::swaps, swap::order_key(type, id).span(), snapshot_);
  if (!row) return std::move(row).error();
  if (!row.value()) return std::optional<WalkOrders>();
  const auto order = swap::decode_order(id, std::as_bytes(std::span(*row.value())));
  if (!order) return malformed(type);
  return std::optional(visit(*order, standing_of(type)));
}

Status SwapTableView::walk_offered(const Outpoint& offered, const serve::OrderVisit& visit) const {
  const RowKey prefix = swap::outpoint_prefix(offered);
  const auto rows = rows_.take(Table::swaps);
  for (rows->Seek(slice_of(prefix.span())); rows->Valid() && rows->key().starts_with(slice_of(prefix.span()));
       rows->Next()) {
    const auto key = swap::decode_outpoint_key(bytes_of_slice(rows->key()));
    if (!key) return malformed(RowType::by_outpoint);
    for (const RowType type : {RowType::open, RowType::dead, RowType::history}) {
      const auto way = visit_order(type, {key->token, offered}, visit);
      if (!way) return Error(way.error());
      if (way.value() == WalkOrders::stop) return {};
    }
  }
  return rows->status().ok() ? Status() : Status(rocks_error(database_.directory(), rows->status()));
}

Result<bool> SwapTableView::find(const OrderId& id, const serve::OrderVisit& visit) const {
  for (const RowType type : {RowType::open, RowType::dead, RowType::history}) {
    const auto way = visit_order(type, id, visit);
    if (!way) return Error(way.error());
    if (way.value()) return true;
  }
  return false;
}

Error SwapTableView::malformed(RowType type) const {
  return {ErrorKind::corrupt, fmt::format("{}: table swaps: malformed or missing row {}: run `sluice verify`",
                                          database_.directory(), swap::name_of(type))};
}

}  // namespace sluice::store
