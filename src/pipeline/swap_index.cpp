#include "pipeline/swap_index.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/kill_point.h"
#include "base/prefix.h"
#include "classify/scripthash.h"
#include "store/rollback.h"
#include "store/row_batch.h"
#include "store/swap_rows.h"
#include "store/table_builder.h"
#include "swap/order_rows.h"
#include "write/rows.h"

namespace sluice::pipeline {
namespace {

/// Offers of so many bytes are written before more come: with the rows that they change, four times as much.
constexpr std::size_t offer_bytes_max = std::size_t{32} << 20;
/// Beyond so many bytes changed rows come in as a table file, below through the log.
constexpr std::size_t log_bytes_max = std::size_t{4} << 20;
constexpr std::size_t filter_outpoints_min = std::size_t{1} << 16;
/// Settling fewer orders looks up heights one by one, more reads where all blocks begin.
constexpr std::size_t single_heights_max = 64;

/// Where blocks begin and end in a batch, asked for ascending transactions.
class BlockCursor {
 public:
  explicit BlockCursor(const SwapBatch& batch) noexcept : batch_(batch) {}
  /// Bounds: tx ascending.
  void move_to(std::size_t tx) noexcept {
    while (batch_.txs->block_tx_begin[block_ + 1] <= tx) ++block_;
  }
  [[nodiscard]] std::uint32_t height() const noexcept { return batch_.raw.blocks[block_].height; }
  [[nodiscard]] std::uint64_t first_tx() const noexcept { return batch_.first_tx + batch_.txs->block_tx_begin[block_]; }

 private:
  const SwapBatch& batch_;
  std::size_t block_ = 0;
};

/// Heights by tx number.
class Heights {
 public:
  Heights(const store::FlatFile& blocks, std::uint32_t block_count) : blocks_(blocks), block_count_(block_count) {}

  Status read_all() {
    std::vector<store::BlockPlace> places(block_count_);
    if (Status status = blocks_.read(0, places.size(), reinterpret_cast<std::byte*>(places.data())); !status)
      return status;
    first_txs_.reserve(places.size());
    for (const store::BlockPlace& place : places) first_txs_.push_back(place.first_tx);
    return {};
  }

  /// Keeps the first error.
  [[nodiscard]] std::uint32_t of(std::uint64_t tx_number) {
    std::uint32_t low = 0;
    std::uint32_t high = block_count_;
    while (high - low > 1) {
      const std::uint32_t middle = low + (high - low) / 2;
      (first_tx(middle) <= tx_number ? low : high) = middle;
    }
    return low;
  }
  [[nodiscard]] const Status& status() const noexcept { return status_; }

 private:
  [[nodiscard]] std::uint64_t first_tx(std::uint32_t height) {
    if (!first_txs_.empty()) return first_txs_[height];
    store::BlockPlace place;
    Status read = blocks_.read(height, 1, reinterpret_cast<std::byte*>(&place));
    if (!read && status_) status_ = std::move(read);
    return place.first_tx;
  }

  const store::FlatFile& blocks_;
  std::uint32_t block_count_;
  std::vector<std::uint64_t> first_txs_;
  Status status_;
};

}  // namespace

/// Outputs of the index by outpoint: those asked for first are looked up in the order of the tables.
class SwapIndex::CoinFinder {
 public:
  explicit CoinFinder(const SwapIndex& swaps)
      : swaps_(swaps),
        txs_(swaps.database_.iterate(store::Table::txs)),
        outputs_(swaps.database_.iterate(store::Table::outputs)) {}

  Status look_up(std::vector<Outpoint> outpoints) {
    std::sort(outpoints.begin(), outpoints.end());
    outpoints.erase(std::unique(outpoints.begin(), outpoints.end()), outpoints.end());
    known_.reserve(outpoints.size());
    std::vector<Candidate> candidates;
    for (const Outpoint& outpoint : outpoints) {
      known_.emplace(outpoint, swap::CoinFound{});
      const Status walked = visit_txs(outpoint.txid, [&](std::uint64_t tx_number) {
        candidates.push_back({tx_number, outpoint});
        return Result(true);
      });
      if (!walked) return walked;
    }
    std::sort(candidates.begin(), candidates.end());
    for (const auto& [tx_number, outpoint] : candidates) {
      const auto found = is_txid_of(tx_number, outpoint.txid);
      if (!found) return found.error();
      if (!found.value()) continue;
      const auto coin = coin_at(tx_number, outpoint.index);
      if (!coin) return coin.error();
      known_[outpoint] = coin.value();
    }
    return {};
  }

  [[nodiscard]] Result<swap::CoinFound> find(const Outpoint& outpoint) {
    const auto known = known_.find(outpoint);
    return known != known_.end() ? Result(known->second) : find_now(outpoint);
  }

 private:
  struct Candidate {
    std::uint64_t tx_number;
    Outpoint outpoint;
    friend auto operator<=>(const Candidate&, const Candidate&) = default;
  };
  struct OutpointHash {
    std::size_t operator()(const Outpoint& outpoint) const noexcept {
      return outpoint.txid.low64() ^ (outpoint.index * std::uint64_t{0x9e37'79b9'7f4a'7c15});
    }
  };

  [[nodiscard]] Result<swap::CoinFound> find_now(const Outpoint& outpoint) {
    std::optional<std::uint64_t> tx_number;
    const Status walked = visit_txs(outpoint.txid, [&](std::uint64_t candidate) -> Result<bool> {
      const auto found = is_txid_of(candidate, outpoint.txid);
      if (!found) return found.error();
      if (found.value()) tx_number = candidate;
      return !found.value();
    });
    if (!walked) return Error(walked.error());
    return tx_number ? coin_at(*tx_number, outpoint.index) : swap::CoinFound{};
  }

  /// Transactions whose prefix is that of `txid`, while `visit` says true.
  template <typename Visit>
  Status visit_txs(const Txid& txid, const Visit& visit) {
    const std::uint64_t prefix = prefix_of(txid);
    for (txs_->Seek(store::slice_of(write::prefix_key(prefix).span())); txs_->Valid(); txs_->Next()) {
      const auto row = write::decode_prefix_tx(store::bytes_of_slice(txs_->key()));
      if (!row || row->prefix != prefix) break;
      const Result<bool> go_on = visit(row->tx_number);
      if (!go_on) return go_on.error();
      if (!go_on.value()) return {};
    }
    return status_of(*txs_);
  }

  [[nodiscard]] Result<bool> is_txid_of(std::uint64_t tx_number, const Txid& txid) const {
    Txid found;
    if (Status status = swaps_.database_.flat().txids.read(tx_number, 1, found.data()); !status)
      return std::move(status).error();
    return found == txid;
  }

  /// An output without a row is spent, unless it never had one: data, or an index that the transaction lacks.
  [[nodiscard]] Result<swap::CoinFound> coin_at(std::uint64_t tx_number, std::uint32_t index) {
    const write::Key key = write::place_key(tx_number, index);
    outputs_->Seek(store::slice_of(key.span()));
    if (outputs_->Valid() && outputs_->key() == store::slice_of(key.span()))
      return swap::CoinFound{swap::CoinStanding::unspent, tx_number};
    if (Status status = status_of(*outputs_); !status) return std::move(status).error();
    const auto tx = swaps_.spent_outputs_.tx(tx_number);
    if (!tx) return tx.error();
    const bool had_row =
        index < tx.value().batch.output_count() && classify::is_indexed(tx.value().script(index), swaps_.network_.coin);
    return had_row ? swap::CoinFound{swap::CoinStanding::spent, tx_number} : swap::CoinFound{};
  }

  [[nodiscard]] Status status_of(const rocksdb::Iterator& rows) const {
    return rows.status().ok() ? Status() : Status(store::rocks_error(swaps_.database_.directory(), rows.status()));
  }

  const SwapIndex& swaps_;
  std::unique_ptr<rocksdb::Iterator> txs_;
  std::unique_ptr<rocksdb::Iterator> outputs_;
  std::unordered_map<Outpoint, swap::CoinFound, OutpointHash> known_;
};

Result<std::unique_ptr<SwapIndex>> SwapIndex::open(store::Database& database, source::RangeReader& block_files,
                                                   const chain::Network& network, const swap::ChangeRules& rules,
                                                   SwapFigures* figures) {
  std::unique_ptr<SwapIndex> swaps(new SwapIndex(database, block_files, network, rules, figures));
  const store::SwapRows rows(database);
  const auto changes = swap::OrderChanges::over(rows, rules);
  if (!changes && changes.error().kind != ErrorKind::unsupported) return changes.error();
  if (!changes || changes.value().state().block_count > swaps->index_blocks()) {
    if (Status status = swaps->clear(); !status) return std::move(status).error();
  } else {
    swaps->figures_->set_totals(changes.value().state());
    swaps->set_block_count(changes.value().state().block_count);
  }
  if (Status status = swaps->read_filter(); !status) return std::move(status).error();
  if (Status status = swaps->settle(); !status) return std::move(status).error();
  return swaps;
}

std::uint32_t SwapIndex::index_blocks() const noexcept {
  return database_.state() ? database_.state()->block_count : 0;
}

void SwapIndex::set_block_count(std::uint32_t block_count) noexcept {
  block_count_ = block_count;
  // An undo goes ahead of the index.
  figures_->blocks_behind.store(index_blocks() - std::min(block_count, index_blocks()), std::memory_order_relaxed);
}

Status SwapIndex::clear() {
  rocksdb::WriteBatch rows;
  const std::byte behind_all_types{swap::row_type_count};
  rocksdb::Status cleared = rows.DeleteRange(database_.handle(store::Table::swaps), rocksdb::Slice(),
                                             store::slice_of({&behind_all_types, 1}));
  if (!cleared.ok()) return store::rocks_error(database_.directory(), cleared);
  figures_->set_totals({});
  set_block_count(0);
  return database_.write_swaps(rows);
}

Status SwapIndex::read_filter() {
  const store::SwapRows rows(database_, {}, false);
  const auto state = swap::OrderChanges::over(rows, rules_);
  if (!state) return state.error();
  auto filter = std::make_shared<swap::OutpointFilter>(
      std::max<std::size_t>(2 * state.value().state().open, filter_outpoints_min));
  bool well_formed = true;
  const swap::RowKey first = swap::type_key(swap::RowType::open);
  const Status walked = rows.walk(first.span(), swap::behind_all(first).span(), [&](Bytes key, Bytes) {
    const auto id = swap::decode_order_key(key);
    well_formed = id.has_value();
    if (id) filter->insert(id->offered);
    return well_formed;
  });
  if (!walked) return walked;
  if (!well_formed) return swap::swap_rows_error("malformed key of an open row");
  const std::lock_guard lock(filter_mutex_);
  filter_ = std::move(filter);
  return {};
}

bool SwapIndex::may_be_offered(const Outpoint& outpoint) const {
  std::shared_ptr<const swap::OutpointFilter> filter;
  {
    const std::lock_guard lock(filter_mutex_);
    filter = filter_;
  }
  return filter->may_hold(outpoint.txid.data(), outpoint.index);
}

void SwapIndex::add_offers(const SwapBatch& batch) {
  if (batch.scripts->offers.empty()) return;
  BlockCursor block(batch);
  std::size_t tx = 0;
  for (const classify::SwapOffer& found : batch.scripts->offers.span()) {
    while (batch.txs->output_begin[tx + 1] <= found.output) ++tx;
    block.move_to(tx);
    const swap::AdPlace place{batch.first_tx + tx, found.output - batch.txs->output_begin[tx]};
    Offer& offer =
        offers_.emplace_back(Offer{block.height(), block.first_tx(), swap::Advertisement(batch.raw.raw, found, place)});
    const swap::Order& order = offer.advertisement.order();
    offer_bytes_ += sizeof(Offer) + order.price_terms.size() + order.signature.size();
    filter_->insert(order.id.offered);
    figures_->offers[swap_version_index(found.version)].fetch_add(1, std::memory_order_relaxed);
  }
}

void SwapIndex::add_spends(const SwapBatch& batch) {
  if (filter_->size() == 0) return;
  BlockCursor block(batch);
  for (std::size_t tx = 0; tx < batch.txs->tx_count(); ++tx) {
    for (std::uint32_t input = batch.txs->input_begin[tx]; input < batch.txs->input_begin[tx + 1]; ++input) {
      const std::byte* prevout = batch.raw.raw.data() + batch.txs->prevout_offset[input];
      const auto index = load_le<std::uint32_t>(prevout + 32);
      if (!filter_->may_hold(prevout, index)) continue;
      block.move_to(tx);
      const std::lock_guard lock(spends_mutex_);
      spends_.push_back({block.height(), block.first_tx(), batch.first_tx + tx, {Txid::from_bytes(prevout), index}});
    }
  }
}

bool SwapIndex::full() const noexcept { return offer_bytes_ >= offer_bytes_max || filter_->full(); }

void SwapIndex::forget() {
  offers_.clear();
  offer_bytes_ = 0;
  spends_.clear();
}

Status SwapIndex::apply(swap::OrderChanges& changes, std::uint32_t until) {
  // Inputs of one transaction stay in their order, so that the rows do not depend on how the work was divided.
  std::stable_sort(spends_.begin(), spends_.end(),
                   [](const Spend& a, const Spend& b) { return a.tx_number < b.tx_number; });
  auto spend = spends_.begin();
  auto offer = offers_.begin();
  // Blocks of an index that was open before may come again: their swaps are in the rows already.
  while (spend != spends_.end() && spend->height < block_count_) ++spend;
  while (offer != offers_.end() && offer->height < block_count_) ++offer;
  while (spend != spends_.end() || offer != offers_.end()) {
    const bool spend_first = offer == offers_.end() || (spend != spends_.end() && spend->height <= offer->height);
    const std::uint32_t height = spend_first ? spend->height : offer->height;
    const std::uint64_t first_tx = spend_first ? spend->block_first_tx : offer->block_first_tx;
    if (height >= until) break;
    if (Status status = changes.pass_blocks(height); !status) return status;
    changes.begin_block(height, first_tx);
    for (; spend != spends_.end() && spend->height == height; ++spend)
      if (Status status = changes.spend(spend->outpoint, spend->tx_number); !status) return status;
    for (; offer != offers_.end() && offer->height == height; ++offer)
      if (Status status = changes.advertise(offer->advertisement.order()); !status) return status;
    if (Status status = changes.end_block(); !status) return status;
  }
  return changes.pass_blocks(until);
}

/// What settle() will ask for, of what came since the last call.
std::vector<Outpoint> SwapIndex::offered_and_not_closed(const swap::OrderChanges& changes) const {
  std::set<Outpoint> closed;
  for (const swap::OrderChange& change : changes.changes())
    if (change.kind == swap::ChangeKind::closed) closed.insert(change.id.offered);
  std::vector<Outpoint> offered;
  offered.reserve(offers_.size());
  for (const Offer& offer : offers_) {
    const Outpoint& outpoint = offer.advertisement.order().id.offered;
    if (!closed.contains(outpoint)) offered.push_back(outpoint);
  }
  return offered;
}

Status SwapIndex::advance(std::uint32_t until) {
  if (until <= block_count_) {
    forget();
    return {};
  }
  set_block_count(block_count_);  // how far behind, should this fail
  const store::SwapRows rows(database_);
  auto changes = swap::OrderChanges::over(rows, rules_);
  if (!changes) return std::move(changes).error();
  Status applied = apply(changes.value(), until);
  if (applied && until == database_.state()->block_count && !offers_.empty()) {
    CoinFinder coins(*this);
    Heights heights(database_.flat().blocks, until);
    if (offers_.size() > single_heights_max) applied = heights.read_all();
    if (applied) applied = coins.look_up(offered_and_not_closed(changes.value()));
    if (applied)
      applied = changes.value().settle([&](const Outpoint& outpoint) { return coins.find(outpoint); },
                                       [&](std::uint64_t tx_number) { return heights.of(tx_number); });
    if (applied && !heights.status()) applied = heights.status();
  }
  forget();
  if (!applied) return applied;
  if (Status status = write(changes.value()); !status) return status;
  set_block_count(until);
  if (until == database_.state()->block_count) {
    if (Status status = settle(); !status) return status;
  }
  return filter_->full() ? read_filter() : Status();
}

Status SwapIndex::undo(std::uint32_t block_count) {
  forget();
  if (block_count >= block_count_) return {};
  const store::SwapRows rows(database_);
  auto changes = swap::OrderChanges::over(rows, rules_);
  if (!changes) return std::move(changes).error();
  if (block_count < changes.value().state().undo_first_height) return clear();
  while (changes.value().state().block_count > block_count)
    if (Status status = changes.value().undo_block(); !status) return status;
  if (Status status = write(changes.value()); !status) return status;
  set_block_count(block_count);
  return {};
}

Status SwapIndex::settle() {
  figures_->blocks_behind.store(index_blocks() - block_count_, std::memory_order_relaxed);
  if (block_count_ == 0 || block_count_ != index_blocks()) return {};
  for (;;) {
    const store::SwapRows rows(database_);
    auto changes = swap::OrderChanges::over(rows, rules_);
    if (!changes) return std::move(changes).error();
    if (Status status = changes.value().prune_to_rules(); !status) return status;
    if (changes.value().state().settled_blocks == index_blocks()) return write(changes.value());
    CoinFinder coins(*this);
    Heights heights(database_.flat().blocks, index_blocks());
    if (Status status = heights.read_all(); !status) return status;
    Status settled =
        changes.value().settle([&](const Outpoint& outpoint) { return coins.find(outpoint); },
                               [&](std::uint64_t tx_number) { return heights.of(tx_number); }, log_bytes_max);
    if (!settled) return settled;
    if (Status status = write(changes.value()); !status) return status;
  }
}

Status SwapIndex::write(const swap::OrderChanges& changes) {
  for (const swap::OrderChange& change : changes.changes()) {
    figures_->changes[static_cast<std::size_t>(change.kind)].fetch_add(1, std::memory_order_relaxed);
    // A filter made while the order was closed does not know it.
    if (change.kind == swap::ChangeKind::reopened) filter_->insert(change.id.offered);
  }
  if (keeps_changes_) changes_.insert(changes_.end(), changes.changes().begin(), changes.changes().end());
  figures_->set_totals(changes.state());
  if (!changes.changed()) return {};
  SLUICE_KILL_POINT("swaps.write");
  if (changes.bytes() <= log_bytes_max) {
    store::RowBatch batch(database_);
    store::RowBatch::Sink sink = batch.sink(store::Table::swaps);
    changes.write_to(sink);
    return database_.write_swaps(batch.rows());
  }
  store::TableBuilder builder(database_, store::Table::swaps);
  changes.write_to(builder);
  std::vector<store::TableFile> files;
  if (Status status = builder.finish(files); !status) return status;
  return database_.commit(files, *database_.state());
}

Status cut_blocks(store::Database& database, SwapIndex* swaps, std::uint32_t block_count,
                  source::RangeReader& block_files, std::vector<std::uint64_t>* touched) {
  if (swaps != nullptr) {
    if (Status status = swaps->undo(block_count); !status) return status;
  }
  if (Status status = store::disconnect_blocks(database, block_count, block_files, touched); !status) return status;
  return swaps != nullptr ? swaps->settle() : Status();
}

}  // namespace sluice::pipeline
