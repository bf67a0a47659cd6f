#include "store/chain_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/prefix.h"
#include "classify/scripthash.h"
#include "store/stored_tx.h"
#include "write/rows.h"

namespace sluice::store {
namespace {

/// So many txids are asked one by one, through the view's cache.
constexpr std::size_t few_txids = 32;
/// Many are read in runs. Skipping a gap of 64 txids copies 2 KiB, which takes as long as another read would.
constexpr std::uint64_t txid_gap_max = 64;
constexpr std::uint64_t txid_run_max = 2048;

}  // namespace

Result<std::unique_ptr<ChainView>> ChainView::open(const Database& database, source::RangeReader& blocks) {
  const State& state = *database.state();
  const chain::Network* network = chain::find_network(state.coin, state.net);
  if (network == nullptr)
    return Error{ErrorKind::unsupported, fmt::format("{}: the index is of {} {}, which this program does not know",
                                                     database.directory(), state.coin, state.net)};
  std::unique_ptr<ChainView> view(new ChainView(database, blocks, *network));
  if (Status status = view->read_places({}, 0); !status) return std::move(status).error();
  return view;
}

Result<std::unique_ptr<ChainView>> ChainView::reopen(std::uint32_t unchanged_blocks) const {
  std::unique_ptr<ChainView> view(new ChainView(database_, block_files_, network_));
  if (Status status = view->read_places(blocks_, unchanged_blocks); !status) return std::move(status).error();
  return view;
}

Status ChainView::read_places(const BlockPlaces& previous, std::uint32_t unchanged_blocks) {
  auto places =
      BlockPlaces::read(database_.flat().blocks, state_.block_count, state_.tx_count, previous, unchanged_blocks);
  if (!places) return std::move(places).error();
  blocks_ = std::move(places).value();
  return {};
}

Error ChainView::corrupt(Table table) const {
  return {ErrorKind::corrupt,
          fmt::format("{}: table {}: malformed row: run `sluice verify`", database_.directory(), table_name(table))};
}

Result<chain::RawHeader> ChainView::header(std::uint32_t height) const {
  if (const auto known = headers_.find(height, height)) return *known;
  chain::RawHeader header;
  if (Status status = database_.flat().headers.read(height, 1, header.data()); !status)
    return std::move(status).error();
  headers_.put(height, height, header);
  return header;
}

Result<std::vector<std::byte>> ChainView::headers(std::uint32_t start, std::uint32_t count) const {
  std::vector<std::byte> bytes(count * chain::header_bytes);
  if (Status status = database_.flat().headers.read(start, count, bytes.data()); !status)
    return std::move(status).error();
  return bytes;
}

std::uint32_t ChainView::block_tx_count(std::uint32_t height) const {
  const std::uint64_t until = height + 1 < blocks_.size() ? blocks_[height + 1].first_tx : state_.tx_count;
  return static_cast<std::uint32_t>(until - blocks_[height].first_tx);
}

Result<std::vector<Txid>> ChainView::block_txids(std::uint32_t height) const {
  std::vector<Txid> txids(block_tx_count(height));
  if (txids.empty()) return txids;
  if (Status status = database_.flat().txids.read(blocks_[height].first_tx, txids.size(), txids.front().data());
      !status)
    return std::move(status).error();
  return txids;
}

Result<Txid> ChainView::txid(serve::TxNumber tx_number) const {
  if (const auto known = txids_.find(tx_number, tx_number)) return *known;
  Txid txid;
  if (Status status = database_.flat().txids.read(tx_number, 1, txid.data()); !status) return std::move(status).error();
  txids_.put(tx_number, tx_number, txid);
  return txid;
}

Status ChainView::read_txids(std::span<const serve::TxNumber> tx_numbers, std::span<Txid> target) const {
  SLUICE_CHECK(tx_numbers.size() == target.size());
  if (tx_numbers.size() <= few_txids) {
    for (std::size_t i = 0; i < tx_numbers.size(); ++i) {
      auto read = txid(tx_numbers[i]);
      if (!read) return std::move(read).error();
      target[i] = read.value();
    }
    return {};
  }
  std::vector<Txid> run;
  for (std::size_t begin = 0; begin < tx_numbers.size();) {
    std::size_t end = begin + 1;
    while (end < tx_numbers.size() && tx_numbers[end] >= tx_numbers[end - 1] &&
           tx_numbers[end] - tx_numbers[end - 1] <= txid_gap_max && tx_numbers[end] - tx_numbers[begin] < txid_run_max)
      ++end;
    const serve::TxNumber first = tx_numbers[begin];
    run.resize(static_cast<std::size_t>(tx_numbers[end - 1] - first) + 1);
    if (Status status = database_.flat().txids.read(first, run.size(), run.front().data()); !status) return status;
    for (; begin < end; ++begin) target[begin] = run[static_cast<std::size_t>(tx_numbers[begin] - first)];
  }
  return {};
}

Result<std::optional<serve::TxPlace>> ChainView::find_tx(const Txid& txid) const {
  if (const auto known = places_.find(txid, txid.low64())) return known;
  auto found = read_place(txid);
  if (found && found.value()) places_.put(txid, txid.low64(), *found.value());
  return found;
}

Result<std::optional<serve::TxPlace>> ChainView::read_place(const Txid& wanted) const {
  const std::uint64_t prefix = prefix_of(wanted);
  const auto iterator = rows_.take(Table::txs);
  std::optional<serve::TxNumber> found;
  for (iterator->Seek(slice_of(write::prefix_key(prefix).span())); iterator->Valid(); iterator->Next()) {
    const auto row = write::decode_prefix_tx(bytes_of_slice(iterator->key()));
    if (!row) return corrupt(Table::txs);
    if (row->prefix != prefix) break;
    if (row->tx_number >= state_.tx_count) continue;
    const auto candidate = txid(row->tx_number);
    if (!candidate) return candidate.error();
    // The later one of two equal txids (duplicate coinbases) is the one that counts.
    if (candidate.value() == wanted) found = row->tx_number;
  }
  if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
  if (!found) return std::optional<serve::TxPlace>{};
  return std::optional(place_of(*found));
}

Result<bool> ChainView::is_unspent(serve::TxNumber tx_number, std::uint32_t output_index) const {
  const auto row = database_.get(Table::outputs, write::place_key(tx_number, output_index).span(), snapshot_);
  if (!row) return row.error();
  return row.value().has_value();
}

serve::TxPlace ChainView::place_of(serve::TxNumber tx_number) const {
  const std::uint32_t height = blocks_.height_of(tx_number);
  return {tx_number, height, static_cast<std::uint32_t>(tx_number - blocks_[height].first_tx)};
}

Result<std::vector<std::byte>> ChainView::raw_tx(serve::TxNumber tx_number) const {
  const serve::TxPlace place = place_of(tx_number);
  const bool last = place.position + 1 == block_tx_count(place.height);
  return read_raw_tx(database_.flat(), block_files_, blocks_[place.height], last, tx_number);
}

Result<bool> ChainView::output_pays(serve::TxNumber tx_number, std::uint32_t index,
                                    const ScriptHash& scripthash) const {
  auto tx = parse_stored_tx(raw_tx(tx_number), network_.coin);
  if (!tx) return std::move(tx).error();
  if (index >= tx.value().batch.output_count()) return false;
  const Bytes script = tx.value().script(index);
  return classify::is_indexed(script, network_.coin) &&
         classify::script_hash(script, network_.coin, state_.parity) == scripthash;
}

Result<bool> ChainView::tx_touches(serve::TxNumber tx_number, const ScriptHash& scripthash) const {
  auto tx = parse_stored_tx(raw_tx(tx_number), network_.coin);
  if (!tx) return std::move(tx).error();
  const parse::TxBatch& batch = tx.value().batch;
  for (std::uint32_t output = 0; output < batch.output_count(); ++output) {
    const Bytes script = tx.value().script(output);
    if (classify::is_indexed(script, network_.coin) &&
        classify::script_hash(script, network_.coin, state_.parity) == scripthash)
      return true;
  }
  for (const std::uint32_t at : batch.prevout_offset) {
    const std::byte* prevout = tx.value().raw.data() + at;
    auto funding = find_tx(Txid::from_bytes(prevout));
    if (!funding) return std::move(funding).error();
    if (!funding.value()) return corrupt(Table::txs);
    auto pays = output_pays(funding.value()->tx_number, load_le<std::uint32_t>(prevout + 32), scripthash);
    if (!pays || pays.value()) return pays;
  }
  return false;
}

Status ChainView::walk_history(std::uint64_t prefix, serve::TxNumber first,
                               const std::function<Result<Walk>(serve::TxNumber)>& visit) const {
  const auto iterator = rows_.take(Table::history);
  // A row holds the transactions up to the next row's: those from `first` on may begin within one.
  if (first > 0) iterator->SeekForPrev(slice_of(write::prefix_tx_key(prefix, first).span()));
  const auto before = first > 0 && iterator->Valid() ? write::decode_prefix_tx(bytes_of_slice(iterator->key()))
                                                     : std::optional<write::PrefixTx>{};
  if (!before || before->prefix != prefix) iterator->Seek(slice_of(write::prefix_key(prefix).span()));
  for (; iterator->Valid(); iterator->Next()) {
    const auto row = write::decode_prefix_tx(bytes_of_slice(iterator->key()));
    if (!row) return corrupt(Table::history);
    if (row->prefix != prefix) break;
    Status failed;
    bool stop = false;
    const bool well_formed =
        write::for_each_history(row->tx_number, bytes_of_slice(iterator->value()), [&](std::uint64_t tx_number) {
          if (stop || !failed || tx_number < first || tx_number >= state_.tx_count) return;
          auto walk = visit(tx_number);
          if (!walk) failed = std::move(walk).error();
          else stop = walk.value() == Walk::stop;
        });
    if (!well_formed) return corrupt(Table::history);
    if (!failed || stop) return failed;
  }
  if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
  return {};
}

Result<bool> ChainView::first_tx_funds(const ScriptHash& scripthash) const {
  bool funds = false;
  Status status = walk_history(prefix_of(scripthash), 0, [&](serve::TxNumber tx_number) -> Result<Walk> {
    auto touches = tx_touches(tx_number, scripthash);
    if (!touches) return std::move(touches).error();
    funds = touches.value();
    return Walk::stop;
  });
  if (!status) return std::move(status).error();
  return funds;
}

Result<ChainView::Standing> ChainView::standing(const ScriptHash& scripthash) const {
  if (const auto known = standings_.find(scripthash, scripthash.low64())) return *known;
  auto found = find_standing(scripthash);
  if (found) standings_.put(scripthash, scripthash.low64(), found.value());
  return found;
}

Result<ChainView::Standing> ChainView::find_standing(const ScriptHash& scripthash) const {
  const std::uint64_t prefix = prefix_of(scripthash);
  const auto wanted = resolve::ScriptKey::of(scripthash);
  const auto iterator = rows_.take(Table::scripts);
  std::size_t count = 0;
  bool known = false;
  for (iterator->Seek(slice_of(write::prefix_key(prefix).span())); iterator->Valid(); iterator->Next()) {
    const Bytes key = bytes_of_slice(iterator->key());
    if (key.size() != write::script_key_bytes) return corrupt(Table::scripts);
    if ((load_be<std::uint64_t>(key.data()) & prefix_mask) != prefix) break;
    known |= std::equal(key.begin(), key.end(), wanted.bytes.begin());
    if (++count > 1 && known) return Standing::shared;
  }
  if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
  if (!known) return Standing::unknown;
  auto funds = first_tx_funds(scripthash);
  if (!funds) return std::move(funds).error();
  return funds.value() ? Standing::alone : Standing::shared;
}

Result<std::vector<serve::HistoryItem>> ChainView::history(const ScriptHash& scripthash, std::size_t limit) const {
  if (const auto known = histories_.find(scripthash, scripthash.low64())) return known->first(limit + 1);
  auto items = read_history(scripthash, 0, limit);
  if (!items || items.value().size() > limit) return items;
  if (const auto list = ShortHistory::of(items.value())) histories_.put(scripthash, scripthash.low64(), *list);
  return items;
}

Result<std::vector<serve::HistoryItem>> ChainView::history_from(const ScriptHash& scripthash,
                                                                serve::TxNumber first) const {
  return first == 0 ? history(scripthash, serve::history_unlimited)
                    : read_history(scripthash, first, serve::history_unlimited);
}

Result<std::vector<serve::HistoryItem>> ChainView::read_history(const ScriptHash& scripthash, serve::TxNumber first,
                                                                std::size_t limit) const {
  auto known = standing(scripthash);
  if (!known) return std::move(known).error();
  std::vector<serve::HistoryItem> items;
  if (known.value() == Standing::unknown) return items;
  AscendingHeights heights(blocks_);
  Status status = walk_history(prefix_of(scripthash), first, [&](serve::TxNumber tx_number) -> Result<Walk> {
    if (known.value() == Standing::shared) {
      auto touches = tx_touches(tx_number, scripthash);
      if (!touches) return std::move(touches).error();
      if (!touches.value()) return Walk::go_on;
    }
    items.push_back({tx_number, heights.height_of(tx_number)});
    return items.size() > limit ? Walk::stop : Walk::go_on;
  });
  if (!status) return std::move(status).error();
  return items;
}

Status ChainView::walk_unspent(const ScriptHash& scripthash,
                               const std::function<Status(const serve::UnspentItem&)>& visit) const {
  auto known = standing(scripthash);
  if (!known) return std::move(known).error();
  if (known.value() == Standing::unknown) return {};
  const std::uint64_t prefix = prefix_of(scripthash);
  const auto iterator = rows_.take(Table::unspent);
  for (iterator->Seek(slice_of(write::prefix_key(prefix).span())); iterator->Valid(); iterator->Next()) {
    const auto row = write::decode_unspent(bytes_of_slice(iterator->key()), bytes_of_slice(iterator->value()));
    if (!row || row->tx_number >= state_.tx_count) return corrupt(Table::unspent);
    if (row->prefix != prefix) break;
    if (known.value() == Standing::shared) {
      auto pays = output_pays(row->tx_number, row->index, scripthash);
      if (!pays) return std::move(pays).error();
      if (!pays.value()) continue;
    }
    if (Status status = visit({row->tx_number, 0, row->index, row->value.value(), row->value.has_refs()}); !status)
      return status;
  }
  if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
  return {};
}

Result<std::vector<serve::UnspentItem>> ChainView::unspent(const ScriptHash& scripthash) const {
  if (const auto known = unspents_.find(scripthash, scripthash.low64())) return known->first(ShortUnspent::capacity);
  auto items = read_unspent(scripthash);
  if (!items) return items;
  if (const auto list = ShortUnspent::of(items.value())) unspents_.put(scripthash, scripthash.low64(), *list);
  return items;
}

Result<std::vector<serve::UnspentItem>> ChainView::read_unspent(const ScriptHash& scripthash) const {
  std::vector<serve::UnspentItem> items;
  AscendingHeights heights(blocks_);
  Status status = walk_unspent(scripthash, [&](const serve::UnspentItem& item) -> Status {
    items.push_back(item);
    items.back().height = heights.height_of(item.tx_number);
    return {};
  });
  if (!status) return std::move(status).error();
  return items;
}

Result<serve::ReadView::Balance> ChainView::balance(const ScriptHash& scripthash) const {
  if (const auto known = balances_.find(scripthash, scripthash.low64())) return *known;
  auto balance = read_balance(scripthash);
  if (balance) balances_.put(scripthash, scripthash.low64(), balance.value());
  return balance;
}

Result<serve::ReadView::Balance> ChainView::read_balance(const ScriptHash& scripthash) const {
  Balance balance;
  Status status = walk_unspent(scripthash, [&](const serve::UnspentItem& item) -> Status {
    balance.value += item.value;
    ++balance.outputs;
    return {};
  });
  if (!status) return std::move(status).error();
  return balance;
}

Result<std::vector<serve::RefItem>> ChainView::refs_of(serve::TxNumber tx_number, std::uint32_t output_index) const {
  auto row = database_.get(Table::output_refs, write::place_key(tx_number, output_index).span(), snapshot_);
  if (!row) return std::move(row).error();
  std::vector<serve::RefItem> refs;
  if (!row.value()) return refs;
  const std::string& value = *row.value();
  if (value.size() % 37 != 0) return corrupt(Table::output_refs);
  for (std::size_t at = 0; at < value.size(); at += 37) {
    serve::RefItem item;
    item.singleton = value[at] == 1;
    std::memcpy(item.ref.data(), value.data() + at + 1, item.ref.size());
    refs.push_back(item);
  }
  return refs;
}

Result<serve::RefPlaces> ChainView::ref_places(const std::array<std::byte, 36>& ref) const {
  constexpr std::uint64_t last_tx_number = (std::uint64_t{1} << 40) - 1;
  serve::RefPlaces places;
  const auto iterator = rows_.take(Table::refs);
  for (const bool location : {false, true}) {
    const write::Key key = write::ref_key(ref, location, location ? last_tx_number : 0);
    location ? iterator->SeekForPrev(slice_of(key.span())) : iterator->Seek(slice_of(key.span()));
    if (!iterator->Valid()) continue;
    const Bytes found = bytes_of_slice(iterator->key());
    if (found.size() != key.size || std::memcmp(found.data(), key.bytes.data(), 37) != 0) continue;
    const std::uint64_t tx_number = write::get_tx_number(found.data() + 37);
    if (tx_number >= state_.tx_count) return corrupt(Table::refs);
    (location ? places.latest : places.mint) = tx_number;
  }
  if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
  return places;
}

}  // namespace sluice::store
