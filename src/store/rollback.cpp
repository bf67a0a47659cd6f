#include "store/rollback.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <set>

#include "base/prefix.h"
#include "chain/coin.h"
#include "resolve/outpoint_key.h"
#include "write/rows.h"

namespace sluice::store {
namespace {

class Rollback {
 public:
  Rollback(Database& database, std::uint32_t block_count)
      : database_(database), block_count_(block_count), next_(*database.state()) {}

  Status run() {
    SLUICE_CHECK(block_count_ > 0 && block_count_ < next_.block_count);
    SLUICE_CHECK(next_.undo_first_height <= block_count_);
    BlockPlace first_gone;
    if (Status status = database_.flat().blocks.read(block_count_, 1, reinterpret_cast<std::byte*>(&first_gone));
        !status)
      return status;
    first_tx_ = first_gone.first_tx;
    for (auto step : {&Rollback::remove_outputs, &Rollback::undo_spends, &Rollback::cut_history, &Rollback::remove_refs,
                      &Rollback::remove_txs, &Rollback::set_tip}) {
      if (Status status = (this->*step)(); !status) return status;
    }
    return database_.commit_rollback(batch_, next_);
  }

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
      if (!row.value()) return corrupt(Table::undo, fmt::format("no row for height {}", height));
      Status failed;
      const bool well_formed =
          write::for_each_undo(std::as_bytes(std::span(*row.value())), [&](const write::UndoEntry& entry) {
            touched_.insert(entry.prefix);
            --next_.outputs_spent;
            if (entry.tx_number >= first_tx_) {
              --next_.outputs_created;
              return;
            }
            std::byte value[write::output_bytes_max];
            put(Table::unspent, write::unspent_key(entry.prefix, entry.tx_number, entry.index).span(),
                {value, put_varint(value, entry.value.bits)});
            put(Table::outputs, write::place_key(entry.tx_number, entry.index).span(),
                {value, write::put_output(value, {entry.value, entry.prefix})});
            if (Status status = subtract_outpoint(entry.tx_number, entry.index, false); !status)
              failed = std::move(status);
          });
      if (!well_formed) return corrupt(Table::undo, fmt::format("malformed row of height {}", height));
      if (!failed) return failed;
      remove(Table::undo, key.span());
    }
    return {};
  }

  /// History rows from first_tx_ on go; the row that reaches over it is shortened. A script with no
  /// history left was first seen in a disconnected block, and goes too.
  Status cut_history() {
    const auto iterator = database_.iterate(Table::history, false);
    for (const std::uint64_t prefix : touched_) {
      bool history_left = false;
      for (iterator->Seek(slice_of(write::prefix_key(prefix).span())); iterator->Valid(); iterator->Next()) {
        const Bytes key = bytes_of_slice(iterator->key());
        const auto row = write::decode_prefix_tx(key);
        if (!row) return corrupt(Table::history, "malformed key");
        if (row->prefix != prefix) break;
        if (row->tx_number >= first_tx_) {
          remove(Table::history, key);
          continue;
        }
        history_left = true;
        if (Status status = shorten_run(key, *row, bytes_of_slice(iterator->value())); !status) return status;
      }
      if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
      if (history_left) continue;
      if (Status status = remove_scripts(prefix); !status) return status;
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

  Status remove_scripts(std::uint64_t prefix) {
    const auto iterator = database_.iterate(Table::scripts, false);
    for (iterator->Seek(slice_of(write::prefix_key(prefix).span())); iterator->Valid(); iterator->Next()) {
      const Bytes key = bytes_of_slice(iterator->key());
      if (key.size() != write::script_key_bytes) return corrupt(Table::scripts, "malformed key");
      if ((load_be<std::uint64_t>(key.data()) & prefix_mask) != prefix) break;
      remove(Table::scripts, key);
    }
    return iterator->status().ok() ? Status() : Status(rocks_error(database_.directory(), iterator->status()));
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

  Status set_tip() {
    std::array<std::byte, chain::header_bytes> header;
    if (Status status = database_.flat().headers.read(block_count_ - 1, 1, header.data()); !status) return status;
    const chain::Network* network = chain::find_network(next_.coin, next_.net);
    if (network == nullptr)
      return Error{ErrorKind::unsupported,
                   fmt::format("{}: unknown coin {} {}", database_.directory(), next_.coin, next_.net)};
    next_.tip = chain::block_hash(network->coin, header);
    next_.block_count = block_count_;
    next_.tx_count = first_tx_;
    return {};
  }

  Database& database_;
  std::uint32_t block_count_;
  State next_;
  std::uint64_t first_tx_ = 0;
  rocksdb::WriteBatch batch_;
  std::set<std::uint64_t> touched_;
};

}  // namespace

Status disconnect_blocks(Database& database, std::uint32_t block_count) {
  return Rollback(database, block_count).run();
}

}  // namespace sluice::store
