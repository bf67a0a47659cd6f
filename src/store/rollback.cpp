#include "store/rollback.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <set>

#include "base/prefix.h"
#include "chain/coin.h"
#include "classify/scripthash.h"
#include "resolve/outpoint_key.h"
#include "resolve/records.h"
#include "store/spent_outputs.h"
#include "swap/order_rows.h"
#include "write/rows.h"

namespace sluice::store {
namespace {

using ScriptKey = std::array<std::byte, write::script_key_bytes>;

class Rollback {
 public:
  Rollback(Database& database, std::uint32_t block_count, source::RangeReader& block_files)
      : database_(database),
        block_count_(block_count),
        block_files_(block_files),
        next_(*database.state()),
        network_(chain::find_network(next_.coin, next_.net)) {}

  Status run() {
    SLUICE_CHECK(block_count_ > 0 && block_count_ < next_.block_count);
    if (network_ == nullptr) {
      return Error{ErrorKind::unsupported,
                   fmt::format("{}: unknown coin {} {}", database_.directory(), next_.coin, next_.net)};
    }
    spent_outputs_.emplace(database_, block_files_, *network_);
    BlockPlace first_gone;
    if (Status status = database_.flat().blocks.read(block_count_, 1, reinterpret_cast<std::byte*>(&first_gone));
        !status)
      return status;
    first_tx_ = first_gone.first_tx;
    for (auto step : {&Rollback::remove_outputs, &Rollback::undo_spends, &Rollback::cut_history, &Rollback::remove_refs,
                      &Rollback::remove_txs, &Rollback::clear_swaps, &Rollback::set_tip}) {
      if (Status status = (this->*step)(); !status) return status;
    }
    return database_.commit_rollback(batch_, next_);
  }

  [[nodiscard]] const std::set<std::uint64_t>& touched() const noexcept { return touched_; }

 private:
  [[nodiscard]] Error corrupt(Table table, std::string_view what) const {
    return {ErrorKind::corrupt,
            fmt::format("{}: table {}: {}: run `sluice verify`", database_.directory(), table_name(table), what)};
  }
  void remove(Table table, Bytes key) { (void)batch_.Delete(database_.handle(table), slice_of(key)).ok(); }
  void put(Table table, Bytes key, Bytes value) {
    (void)batch_.Put(database_.handle(table), slice_of(key), slice_of(value)).ok();
  }

  Status subtract_outpoint(std::uint64_t tx_number, std::uint32_t index, bool subtract) {
    Txid txid;
    if (Status status = database_.flat().txids.read(tx_number, 1, txid.data()); !status) return status;
    const resolve::OutpointSum term = resolve::outpoint_term(txid.data(), index);
    subtract ? next_.outpoint_sum.subtract(term) : next_.outpoint_sum.add(term);
    return {};
  }

  /// Outputs of disconnected transactions that are unspent at the tip.
  Status remove_outputs() {
    const auto iterator = database_.iterate(Table::outputs, false);
    for (iterator->Seek(slice_of(write::tx_number_key(first_tx_).span())); iterator->Valid(); iterator->Next()) {
      const Bytes key = bytes_of_slice(iterator->key());
      const auto place = write::decode_place(key);
      if (!place) return corrupt(Table::outputs, "malformed key");
      const auto entry = write::decode_output(bytes_of_slice(iterator->value()));
      if (!entry)
        return corrupt(Table::outputs, fmt::format("malformed row of transaction number {}", place->tx_number));
      remove(Table::unspent, write::unspent_key(entry->prefix, place->tx_number, place->index).span());
      remove(Table::outputs, key);
      touched_.insert(entry->prefix);
      --next_.outputs_created;
      if (Status status = subtract_outpoint(place->tx_number, place->index, true); !status) return status;
    }
    return iterator->status().ok() ? Status() : Status(rocks_error(database_.directory(), iterator->status()));
  }

  /// What disconnected blocks spent: outputs of older transactions come back.
  Status undo_spends() {
    for (std::uint32_t height = block_count_; height < database_.state()->block_count; ++height) {
      const write::Key key = write::undo_key(height);
      auto row = database_.get(Table::undo, key.span());
      if (!row) return std::move(row).error();
      if (!row.value()) {
        if (height >= next_.undo_first_height) return corrupt(Table::undo, fmt::format("no row for height {}", height));
        Status status = spent_outputs_->visit(height, [&](const write::UndoEntry& entry) { return undo_spend(entry); });
        if (!status) return status;
        continue;
      }
      Status failed;
      const bool well_formed =
          write::for_each_undo(std::as_bytes(std::span(*row.value())), [&](const write::UndoEntry& entry) {
            if (Status status = undo_spend(entry); !status) failed = std::move(status);
          });
      if (!well_formed) return corrupt(Table::undo, fmt::format("malformed row of height {}", height));
      if (!failed) return failed;
      remove(Table::undo, key.span());
    }
    return {};
  }

  Status undo_spend(const write::UndoEntry& entry) {
    touched_.insert(entry.prefix);
    --next_.outputs_spent;
    if (entry.tx_number >= first_tx_) {
      --next_.outputs_created;
      return {};
    }
    std::byte value[write::output_bytes_max];
    if (!next_.swap_only) {
      put(Table::unspent, write::unspent_key(entry.prefix, entry.tx_number, entry.index).span(),
          {value, put_varint(value, entry.value.bits)});
    }
    put(Table::outputs, write::place_key(entry.tx_number, entry.index).span(),
        {value, write::put_output(value, {entry.value, entry.prefix})});
    return subtract_outpoint(entry.tx_number, entry.index, false);
  }

  /// History rows from first_tx_ on go; the row that reaches over it is shortened. A script with no
  /// history left was first seen in a disconnected block, and goes too.
  /// Cost: a seek in history and one in scripts for each prefix touched.
  Status cut_history() {
    const auto iterator = database_.iterate(Table::history, false);
    for (const std::uint64_t prefix : touched_) {
      std::vector<std::uint64_t> row_starts;  // of the history left
      for (iterator->Seek(slice_of(write::prefix_key(prefix).span())); iterator->Valid(); iterator->Next()) {
        const Bytes key = bytes_of_slice(iterator->key());
        const auto row = write::decode_prefix_tx(key);
        if (!row) return corrupt(Table::history, "malformed key");
        if (row->prefix != prefix) break;
        if (row->tx_number >= first_tx_) {
          remove(Table::history, key);
          continue;
        }
        row_starts.push_back(row->tx_number);
        if (Status status = shorten_run(key, *row, bytes_of_slice(iterator->value())); !status) return status;
      }
      if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
      if (Status status = remove_scripts(prefix, row_starts); !status) return status;
    }
    return {};
  }

  Status shorten_run(Bytes key, const write::PrefixTx& row, Bytes value) {
    std::vector<std::byte> kept;
    std::uint64_t last = row.tx_number;
    bool cut = false;
    const bool well_formed = write::for_each_history(row.tx_number, value, [&](std::uint64_t tx_number) {
      if (tx_number >= first_tx_) cut = true;
      if (cut || tx_number == row.tx_number) return;
      std::byte buffer[varint_bytes_max];
      kept.insert(kept.end(), buffer, put_varint(buffer, tx_number - last));
      last = tx_number;
    });
    if (!well_formed) return corrupt(Table::history, "malformed row");
    if (cut) put(Table::history, key, kept);
    return {};
  }

  Status remove_scripts(std::uint64_t prefix, std::span<const std::uint64_t> row_starts) {
    std::set<ScriptKey> scripts;
    const auto iterator = database_.iterate(Table::scripts, false);
    for (iterator->Seek(slice_of(write::prefix_key(prefix).span())); iterator->Valid(); iterator->Next()) {
      const Bytes key = bytes_of_slice(iterator->key());
      if (key.size() != write::script_key_bytes) return corrupt(Table::scripts, "malformed key");
      if ((load_be<std::uint64_t>(key.data()) & prefix_mask) != prefix) break;
      ScriptKey script;
      std::memcpy(script.data(), key.data(), key.size());
      scripts.insert(scripts.end(), script);
    }
    if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
    if (scripts.size() == 1 && !row_starts.empty()) return {};  // the history left is its own
    for (const std::uint64_t start : row_starts) {
      if (scripts.empty()) break;
      if (Status status = keep_paid_scripts(prefix, start, scripts); !status) return status;
    }
    for (const ScriptKey& key : scripts) remove(Table::scripts, key);
    return {};
  }

  /// Takes those scripts out of the set that a transaction of this history row, older than first_tx_, pays.
  Status keep_paid_scripts(std::uint64_t prefix, std::uint64_t row_start, std::set<ScriptKey>& scripts) {
    auto row = database_.get(Table::history, write::prefix_tx_key(prefix, row_start).span());
    if (!row) return std::move(row).error();
    if (!row.value()) return corrupt(Table::history, "a row is gone");
    Status failed;
    const Bytes value = std::as_bytes(std::span(*row.value()));
    (void)write::for_each_history(row_start, value, [&](std::uint64_t tx_number) {
      if (tx_number >= first_tx_ || scripts.empty() || !failed) return;
      const auto tx = spent_outputs_->tx(tx_number);
      if (!tx) {
        failed = tx.error();
        return;
      }
      for (std::uint32_t output = 0; output < tx.value().batch.output_count(); ++output) {
        const Bytes script = tx.value().script(output);
        if (!classify::is_indexed(script, network_->coin)) continue;
        scripts.erase(resolve::ScriptKey::of(classify::script_hash(script, network_->coin, next_.parity)).bytes);
      }
    });
    return failed;
  }

  Status remove_refs() {
    const auto iterator = database_.iterate(Table::output_refs, false);
    for (iterator->Seek(slice_of(write::tx_number_key(first_tx_).span())); iterator->Valid(); iterator->Next()) {
      const Bytes key = bytes_of_slice(iterator->key());
      const Bytes value = bytes_of_slice(iterator->value());
      if (key.size() <= write::tx_number_bytes || value.size() % 37 != 0)
        return corrupt(Table::output_refs, "malformed row");
      const std::uint64_t tx_number = write::get_tx_number(key.data());
      for (std::size_t at = 0; at < value.size(); at += 37) {
        std::array<std::byte, 36> ref;
        std::memcpy(ref.data(), value.data() + at + 1, 36);
        remove(Table::refs, write::ref_key(ref, false, tx_number).span());
        remove(Table::refs, write::ref_key(ref, true, tx_number).span());
      }
      remove(Table::output_refs, key);
    }
    return iterator->status().ok() ? Status() : Status(rocks_error(database_.directory(), iterator->status()));
  }

  Status remove_txs() {
    for (std::uint64_t tx_number = first_tx_; tx_number < next_.tx_count; ++tx_number) {
      Txid txid;
      if (Status status = database_.flat().txids.read(tx_number, 1, txid.data()); !status) return status;
      remove(Table::txs, write::prefix_tx_key(prefix_of(txid), tx_number).span());
    }
    return {};
  }

  /// Swap rows are taken back by who keeps them, before this. Where nobody does, they must not outlive their blocks.
  Status clear_swaps() {
    const auto row = database_.get(Table::swaps, swap::type_key(swap::RowType::state).span());
    if (!row) return row.error();
    const auto state = row.value() ? swap::decode_state(swap::bytes_of_row(*row.value())) : std::nullopt;
    if (!row.value() || (state && state->block_count <= block_count_)) return {};
    const std::byte behind_all_types{swap::row_type_count};
    (void)batch_.DeleteRange(database_.handle(Table::swaps), rocksdb::Slice(), slice_of({&behind_all_types, 1})).ok();
    return {};
  }

  Status set_tip() {
    std::array<std::byte, chain::header_bytes> header;
    if (Status status = database_.flat().headers.read(block_count_ - 1, 1, header.data()); !status) return status;
    next_.tip = chain::block_hash(network_->coin, header);
    next_.block_count = block_count_;
    next_.tx_count = first_tx_;
    next_.undo_first_height = std::min(next_.undo_first_height, block_count_);
    return {};
  }

  Database& database_;
  std::uint32_t block_count_;
  source::RangeReader& block_files_;
  State next_;
  const chain::Network* network_;
  std::optional<SpentOutputs> spent_outputs_;
  std::uint64_t first_tx_ = 0;
  rocksdb::WriteBatch batch_;
  std::set<std::uint64_t> touched_;
};

}  // namespace

Status disconnect_blocks(Database& database, std::uint32_t block_count, source::RangeReader& block_files,
                         std::vector<std::uint64_t>* touched) {
  Rollback rollback(database, block_count, block_files);
  Status status = rollback.run();
  if (status && touched != nullptr) touched->assign(rollback.touched().begin(), rollback.touched().end());
  return status;
}

}  // namespace sluice::store
