#include "store/spent_outputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/prefix.h"
#include "classify/scripthash.h"

namespace sluice::store {

SpentOutputs::SpentOutputs(const Database& database, source::RangeReader& block_files, const chain::Network& network)
    : database_(database), block_files_(block_files), network_(network) {}

Error SpentOutputs::corrupt(std::string_view what) const {
  return {ErrorKind::corrupt, fmt::format("{}: {}: run `sluice verify`", database_.directory(), what)};
}

Result<std::uint64_t> SpentOutputs::first_tx(std::uint32_t height) const {
  if (height == database_.state()->block_count) return std::uint64_t{database_.state()->tx_count};
  BlockPlace block;
  if (Status status = database_.flat().blocks.read(height, 1, reinterpret_cast<std::byte*>(&block)); !status)
    return std::move(status).error();
  return block.first_tx;
}

Result<StoredTx> SpentOutputs::tx(std::uint64_t tx_number) const {
  // The block is the last one that begins at or before the transaction.
  std::uint32_t low = 0, high = database_.state()->block_count;
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    const auto begin = first_tx(middle);
    if (!begin) return begin.error();
    (begin.value() <= tx_number ? low : high) = middle;
  }
  BlockPlace block;
  if (Status status = database_.flat().blocks.read(low, 1, reinterpret_cast<std::byte*>(&block)); !status)
    return std::move(status).error();
  const auto end = first_tx(low + 1);
  if (!end) return end.error();
  return parse_stored_tx(read_raw_tx(database_.flat(), block_files_, block, tx_number + 1 == end.value(), tx_number),
                         network_.coin);
}

Result<std::optional<std::uint64_t>> SpentOutputs::find_tx(const Txid& txid, std::uint64_t until) const {
  std::optional<std::uint64_t> found;
  const std::uint64_t prefix = prefix_of(txid);
  const auto iterator = database_.iterate(Table::txs, false);
  for (iterator->Seek(slice_of(write::prefix_key(prefix).span())); iterator->Valid(); iterator->Next()) {
    const auto row = write::decode_prefix_tx(bytes_of_slice(iterator->key()));
    if (!row) return corrupt("table txs: malformed key");
    if (row->prefix != prefix || row->tx_number >= until) break;
    Txid candidate;
    if (Status status = database_.flat().txids.read(row->tx_number, 1, candidate.data()); !status)
      return std::move(status).error();
    if (candidate == txid) found = row->tx_number;
  }
  if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
  return found;
}

Result<std::optional<write::UndoEntry>> SpentOutputs::entry(std::uint64_t tx_number, const StoredTx& tx,
                                                            std::uint32_t index) const {
  if (index >= tx.batch.output_count())
    return corrupt(fmt::format("transaction number {} has no output {}", tx_number, index));
  const Bytes script = tx.script(index);
  if (!classify::is_indexed(script, network_.coin)) return std::optional<write::UndoEntry>{};
  auto refs = database_.get(Table::output_refs, write::place_key(tx_number, index).span());
  if (!refs) return std::move(refs).error();
  const ScriptHash scripthash = classify::script_hash(script, network_.coin, database_.state()->parity);
  return std::optional(write::UndoEntry{tx_number, index,
                                        write::ValueFlags::of(tx.batch.output_value[index], refs.value().has_value()),
                                        prefix_of(scripthash)});
}

Status SpentOutputs::visit(std::uint32_t height, const Visit& visit) const {
  const auto begin = first_tx(height);
  const auto end = first_tx(height + 1);
  if (!begin || !end) return begin ? end.error() : begin.error();
  for (std::uint64_t number = begin.value(); number < end.value(); ++number) {
    const auto spender = tx(number);
    if (!spender) return spender.error();
    if (number == begin.value()) {
      if (Status status = visit_replaced(number, spender.value().batch.txid[0], visit); !status) return status;
    }
    for (const std::uint32_t offset : spender.value().batch.prevout_offset) {
      const std::byte* prevout = spender.value().raw.data() + offset;
      const Txid txid = Txid::from_bytes(prevout);
      // A block may order a spender before what it spends.
      const auto funding = find_tx(txid, end.value());
      if (!funding) return funding.error();
      if (!funding.value()) return corrupt(fmt::format("height {}: no transaction {}", height, txid.display()));
      const auto funding_tx = tx(*funding.value());
      if (!funding_tx) return funding_tx.error();
      const auto spent = entry(*funding.value(), funding_tx.value(), load_le<std::uint32_t>(prevout + 32));
      if (!spent) return spent.error();
      if (!spent.value()) continue;
      if (Status status = visit(*spent.value()); !status) return status;
    }
  }
  return {};
}

Status SpentOutputs::visit_replaced(std::uint64_t coinbase, const Txid& txid, const Visit& visit) const {
  const auto older = find_tx(txid, coinbase);
  if (!older) return older.error();
  if (!older.value()) return {};
  const auto older_tx = tx(*older.value());
  if (!older_tx) return older_tx.error();
  for (std::uint32_t index = 0; index < older_tx.value().batch.output_count(); ++index) {
    const auto replaced = entry(*older.value(), older_tx.value(), index);
    if (!replaced) return replaced.error();
    if (!replaced.value()) continue;
    const auto spent = was_spent(*replaced.value(), txid, coinbase);
    if (!spent) return spent.error();
    if (spent.value()) continue;
    if (Status status = visit(*replaced.value()); !status) return status;
  }
  return {};
}

Result<bool> SpentOutputs::was_spent(const write::UndoEntry& output, const Txid& txid, std::uint64_t until) const {
  const auto iterator = database_.iterate(Table::history, false);
  for (iterator->Seek(slice_of(write::prefix_key(output.prefix).span())); iterator->Valid(); iterator->Next()) {
    const auto row = write::decode_prefix_tx(bytes_of_slice(iterator->key()));
    if (!row) return corrupt("table history: malformed key");
    if (row->prefix != output.prefix || row->tx_number >= until) break;
    std::vector<std::uint64_t> between;
    const bool well_formed =
        write::for_each_history(row->tx_number, bytes_of_slice(iterator->value()), [&](std::uint64_t number) {
          if (number > output.tx_number && number < until) between.push_back(number);
        });
    if (!well_formed) return corrupt("table history: malformed row");
    for (const std::uint64_t number : between) {
      const auto candidate = tx(number);
      if (!candidate) return candidate.error();
      const auto spends = [&](std::uint32_t offset) {
        const std::byte* prevout = candidate.value().raw.data() + offset;
        return Txid::from_bytes(prevout) == txid && load_le<std::uint32_t>(prevout + 32) == output.index;
      };
      const auto& prevouts = candidate.value().batch.prevout_offset;
      if (std::any_of(prevouts.begin(), prevouts.end(), spends)) return true;
    }
  }
  if (!iterator->status().ok()) return rocks_error(database_.directory(), iterator->status());
  return false;
}

}  // namespace sluice::store
