#include "store/prior_outputs.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::store {
namespace {

Error corrupt_row(const Database& database, Table table, std::uint64_t tx_number) {
  return {ErrorKind::corrupt, fmt::format("{}: table {}: malformed row of transaction number {}: run `sluice verify`",
                                          database.directory(), table_name(table), tx_number)};
}

/// Reads outputs rows in ascending order of tx number: most are found by stepping on from the last one,
/// so that a table block is looked up once and not once a row.
class AscendingOutputs {
 public:
  explicit AscendingOutputs(const Database& database) : database_(database), rows_(database.iterate(Table::outputs)) {}

  /// The row's value, nullopt if there is none; valid until the next call.
  Result<std::optional<Bytes>> at(std::uint64_t tx_number) {
    const write::Key key = write::outputs_key(tx_number);
    const rocksdb::Slice wanted = slice_of(key.span());
    constexpr int steps_max = 8;
    for (int step = 0; step < steps_max && rows_->Valid() && rows_->key().compare(wanted) < 0; ++step) rows_->Next();
    if (!rows_->Valid() || rows_->key().compare(wanted) < 0) rows_->Seek(wanted);
    if (!rows_->status().ok()) return rocks_error(database_.directory(), rows_->status());
    if (!rows_->Valid() || rows_->key() != wanted) return std::optional<Bytes>{};
    return std::optional<Bytes>{bytes_of_slice(rows_->value())};
  }

 private:
  const Database& database_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

/// The transaction that a spend means, by number.
struct Candidate {
  std::uint64_t tx_number;
  std::size_t spend;  ///< position in spends
};

/// Spends to tx numbers: the rows of the prefix, each checked by the full txid's matching key.
Status find_transactions(const Database& database, const resolve::OutpointHasher& hasher,
                         std::span<const resolve::SpendRecord> spends, std::vector<Candidate>& found) {
  const std::uint64_t tx_count = database.state()->tx_count;
  const auto iterator = database.iterate(Table::txs);
  for (std::size_t i = 0; i < spends.size(); ++i) {
    const std::uint32_t index = spends[i].index & ~resolve::replaces_older;
    const write::Key seek = write::prefix_key(spends[i].txid_prefix);
    for (iterator->Seek(slice_of(seek.span())); iterator->Valid(); iterator->Next()) {
      const auto row = write::decode_prefix_tx(bytes_of_slice(iterator->key()));
      if (!row || row->tx_number >= tx_count) return corrupt_row(database, Table::txs, row ? row->tx_number : 0);
      if (row->prefix != spends[i].txid_prefix) break;
      Txid txid;
      if (Status status = database.flat().txids.read(row->tx_number, 1, txid.data()); !status) return status;
      if (hasher(txid.data(), index) == spends[i].key) found.push_back({row->tx_number, i});
    }
    if (!iterator->status().ok()) return rocks_error(database.directory(), iterator->status());
  }
  return {};
}

}  // namespace

Status find_prior_outputs(const Database& database, const resolve::OutpointHasher& hasher,
                          std::span<const resolve::SpendRecord> spends, std::span<PriorOutput> answers) {
  SLUICE_CHECK(spends.size() == answers.size());
  if (!database.state()) return {};
  std::vector<Candidate> found;
  found.reserve(spends.size());
  if (Status status = find_transactions(database, hasher, spends, found); !status) return status;
  // In order of tx number each block of the outputs table is read and unpacked once, not once a spend.
  std::sort(found.begin(), found.end(),
            [](const Candidate& a, const Candidate& b) { return a.tx_number < b.tx_number; });
  AscendingOutputs rows(database);
  for (const Candidate& candidate : found) {
    auto row = rows.at(candidate.tx_number);
    if (!row) return std::move(row).error();
    if (!row.value()) continue;
    const std::uint32_t index = spends[candidate.spend].index & ~resolve::replaces_older;
    const bool well_formed = write::for_each_output(*row.value(), [&](const write::OutputEntry& entry) {
      if (entry.index == index) answers[candidate.spend] = {true, candidate.tx_number, entry};
    });
    if (!well_formed) return corrupt_row(database, Table::outputs, candidate.tx_number);
  }
  return {};
}

Status write_reduced_outputs(const Database& database, std::span<const SpentPlace> places, write::RowSink& sink) {
  std::vector<std::byte> value;
  AscendingOutputs rows(database);
  for (std::size_t begin = 0; begin < places.size();) {
    const std::uint64_t tx_number = places[begin].tx_number;
    std::size_t end = begin;
    while (end < places.size() && places[end].tx_number == tx_number) ++end;
    const auto removed = places.subspan(begin, end - begin);
    begin = end;

    const write::Key key = write::outputs_key(tx_number);
    auto row = rows.at(tx_number);
    if (!row) return std::move(row).error();
    if (!row.value()) return corrupt_row(database, Table::outputs, tx_number);
    value.clear();
    std::size_t removed_count = 0;
    const bool well_formed = write::for_each_output(*row.value(), [&](const write::OutputEntry& entry) {
      if (std::binary_search(removed.begin(), removed.end(), SpentPlace{tx_number, entry.index})) ++removed_count;
      else write::append_output(value, entry);
    });
    if (!well_formed || removed_count != removed.size()) return corrupt_row(database, Table::outputs, tx_number);
    value.empty() ? sink.remove(key.span()) : sink.put(key.span(), value);
  }
  return {};
}

}  // namespace sluice::store
