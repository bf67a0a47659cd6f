#include "index_rows.h"

#include <stdexcept>

#include "base/hex.h"
#include "base/prefix.h"
#include "byte_text.h"
#include "resolve/outpoint_key.h"
#include "write/rows.h"

namespace sluice::test {
namespace {

using model::id_of;
using model::text_of;

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

void require(Status status) {
  if (!status) throw std::runtime_error(status.error().message);
}

template <typename Visit>
void for_each_row(const store::Database& database, store::Table table, Visit visit) {
  const auto iterator = database.iterate(table);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next())
    visit(store::bytes_of_slice(iterator->key()), store::bytes_of_slice(iterator->value()));
  require(iterator->status().ok(), "table cannot be read");
}

void read_flat(const store::Database& database, IndexRows& rows) {
  const store::FlatFiles& flat = database.flat();
  for (std::uint64_t i = 0; i < flat.headers.records(); ++i) {
    std::array<std::byte, 80> header;
    store::BlockPlace place;
    require(flat.headers.read(i, 1, header.data()));
    require(flat.blocks.read(i, 1, reinterpret_cast<std::byte*>(&place)));
    rows.headers.push_back(text_of(header));
    rows.block_first_tx.push_back(place.first_tx);
  }
  for (std::uint64_t i = 0; i < flat.txids.records(); ++i) {
    Txid txid;
    std::uint32_t place = 0;
    require(flat.txids.read(i, 1, txid.data()));
    require(flat.places.read(i, 1, reinterpret_cast<std::byte*>(&place)));
    rows.txids.push_back(text_of(txid.span()));
    rows.places.push_back(place);
  }
}

}  // namespace

IndexRows rows_of(const store::Database& database) {
  using store::Table;
  IndexRows rows;
  read_flat(database, rows);
  for_each_row(database, Table::history, [&](Bytes key, Bytes value) {
    const auto row = write::decode_prefix_tx(key);
    require(row.has_value(), "history key");
    require(write::for_each_history(row->tx_number, value,
                                    [&](std::uint64_t tx_number) {
                                      require(rows.history.emplace(row->prefix, tx_number).second,
                                              "history entry twice");
                                    }),
            "history row");
  });
  for_each_row(database, Table::scripts, [&](Bytes key, Bytes) { rows.scripts.insert(text_of(key)); });
  for_each_row(database, Table::unspent, [&](Bytes key, Bytes value) {
    const auto row = write::decode_unspent(key, value);
    require(row.has_value(), "unspent row");
    rows.unspent[{row->prefix, row->tx_number, row->index}] = row->value.bits;
  });
  for_each_row(database, Table::outputs, [&](Bytes key, Bytes value) {
    const auto place = write::decode_place(key);
    const auto entry = write::decode_output(value);
    require(place && entry, "outputs row");
    rows.outputs[{place->tx_number, place->index}] = {entry->prefix, entry->value.bits};
  });
  for_each_row(database, Table::txs, [&](Bytes key, Bytes) {
    const auto row = write::decode_prefix_tx(key);
    require(row.has_value(), "txs key");
    rows.txs.emplace(row->prefix, row->tx_number);
  });
  for_each_row(database, Table::output_refs, [&](Bytes key, Bytes value) {
    std::uint32_t index = 0;
    require(get_ordered(key.data() + write::tx_number_bytes, key.data() + key.size(), index) == key.data() + key.size(),
            "output_refs key");
    rows.output_refs[{write::get_tx_number(key.data()), index}] = text_of(value);
  });
  for_each_row(database, Table::refs, [&](Bytes key, Bytes) {
    require(key.size() == 42, "refs key");
    const std::string ref = text_of(key.first(36));
    auto& target = key[36] == std::byte{0} ? rows.mints : rows.latest;
    target[ref] = write::get_tx_number(key.data() + 37);
  });
  const auto& state = *database.state();
  rows.outpoint_sum = {state.outpoint_sum.high, state.outpoint_sum.low};
  rows.unspent_count = state.outputs_created - state.outputs_spent;
  return rows;
}

IndexRows rows_of(const model::NaiveIndex& model) {
  IndexRows rows;
  rows.headers = model.headers;
  rows.block_first_tx = model.block_first_tx;
  rows.txids = model.txids;
  rows.places = model.offsets;
  for (std::size_t i = 0; i < model.txids.size(); ++i) rows.txs.emplace(prefix_of(id_of<Txid>(model.txids[i])), i);
  for (const auto& [scripthash, numbers] : model.history) {
    rows.scripts.insert(scripthash.substr(0, write::script_key_bytes));
    for (const std::uint64_t number : numbers) rows.history.emplace(prefix_of(id_of<ScriptHash>(scripthash)), number);
  }
  resolve::OutpointSum sum;
  for (const auto& [place, value] : model.unspent) {
    const auto& [scripthash, number, index] = place;
    const std::uint64_t prefix = prefix_of(id_of<ScriptHash>(scripthash));
    const std::uint64_t bits = value << 1 | (model.refs.contains({number, index}) ? 1 : 0);
    rows.unspent[{prefix, number, index}] = bits;
    rows.outputs[{number, index}] = {prefix, bits};
    sum.add(resolve::outpoint_term(id_of<Txid>(model.txids[number]).data(), index));
  }
  rows.outpoint_sum = {sum.high, sum.low};
  rows.unspent_count = model.unspent.size();
  for (const auto& [place, refs] : model.refs) {
    std::string& row = rows.output_refs[place];
    for (const auto& [ref, singleton] : refs) row += std::string(1, singleton ? '\1' : '\0') + ref;
  }
  rows.mints = model.mints;
  rows.latest = model.latest;
  return rows;
}

std::string difference(const IndexRows& expected, const IndexRows& actual) {
  std::string text;
  const auto compare = [&](const char* name, const auto& a, const auto& b) {
    if (a != b)
      text +=
          std::string(name) + " (" + std::to_string(a.size()) + " expected, " + std::to_string(b.size()) + " found) ";
  };
  compare("headers", expected.headers, actual.headers);
  compare("txids", expected.txids, actual.txids);
  compare("places", expected.places, actual.places);
  compare("block_first_tx", expected.block_first_tx, actual.block_first_tx);
  compare("history", expected.history, actual.history);
  compare("scripts", expected.scripts, actual.scripts);
  compare("unspent", expected.unspent, actual.unspent);
  compare("outputs", expected.outputs, actual.outputs);
  compare("txs", expected.txs, actual.txs);
  compare("output_refs", expected.output_refs, actual.output_refs);
  compare("mints", expected.mints, actual.mints);
  compare("latest", expected.latest, actual.latest);
  if (expected.outpoint_sum != actual.outpoint_sum) text += "outpoint sum ";
  if (expected.unspent_count != actual.unspent_count) text += "unspent count ";
  return text;
}

}  // namespace sluice::test
