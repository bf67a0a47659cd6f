#include "store/prior_outputs.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::store {
namespace {

Error corrupt_row(const Database& database, Table table, std::uint64_t tx_number) {
  return {ErrorKind::corrupt, fmt::format("{}: table {}: malformed row of transaction number {}: run `sluice verify`",
                                          database.directory(), table_name(table), tx_number)};
}

/// Reads outputs rows in ascending order of place: most are found by stepping on from the last one,
/// so that a table block is looked up once and not once a row.
class AscendingOutputs {
 public:
  explicit AscendingOutputs(const Database& database) : database_(database), rows_(database.iterate(Table::outputs)) {}

  /// The row's value, nullopt if there is none; valid until the next call.
  Result<std::optional<Bytes>> at(const write::Place& place) {
    const write::Key key = write::place_key(place.tx_number, place.index);
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

/// The output that a spend means, by place.
struct Candidate {
  write::Place place;
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
      if (hasher(txid.data(), index) == spends[i].key) found.push_back({{row->tx_number, index}, i});
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
  // In order of place each block of the outputs table is read and unpacked once, not once a spend.
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) { return a.place < b.place; });
  AscendingOutputs rows(database);
  for (const Candidate& candidate : found) {
    auto row = rows.at(candidate.place);
    if (!row) return std::move(row).error();
    if (!row.value()) continue;
    const auto output = write::decode_output(*row.value());
    if (!output) return corrupt_row(database, Table::outputs, candidate.place.tx_number);
    answers[candidate.spend] = {true, candidate.place.tx_number, *output};
  }
  return {};
}

}  // namespace sluice::store
