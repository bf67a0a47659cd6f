// Damage that agrees with itself everywhere in the index, so that only the block files tell; and block
// files that are damaged, or of another chain.
#include "resolve/outpoint_key.h"
#include "small_index.h"
#include "write/rows.h"

namespace sluice::test {
namespace {

using store::Table;
using Depth = SmallIndex::Depth;

devnet::DevnetOptions small_chain(std::uint64_t seed) {
  devnet::DevnetOptions options;
  options.seed = seed;
  options.blocks = 30;
  options.txs_per_block = 12;
  return options;
}

/// An index opened for writing, with what forging takes.
class Forger {
 public:
  explicit Forger(const std::string& directory) : state_(open(directory)) {}

  void put(Table table, Bytes key, Bytes value) {
    ASSERT_TRUE(
        database_->rocks().Put({}, database_->handle(table), store::slice_of(key), store::slice_of(value)).ok());
  }
  void remove(Table table, Bytes key) {
    ASSERT_TRUE(database_->rocks().Delete({}, database_->handle(table), store::slice_of(key)).ok());
  }
  void put_state() {
    const std::string text = store::encode_state(state_);
    ASSERT_TRUE(database_->rocks().Put({}, database_->handle(Table::state), "state", text).ok());
  }
  [[nodiscard]] resolve::OutpointSum term(std::uint64_t tx_number, std::uint32_t index) const {
    Txid txid;
    SLUICE_CHECK(database_->flat().txids.read(tx_number, 1, txid.data()).ok());
    return resolve::outpoint_term(txid.data(), index);
  }
  struct Output {
    write::Place place;
    write::OutputEntry entry;
  };
  /// An unspent output without refs somewhere in the middle.
  [[nodiscard]] Output some_output() const {
    const auto rows = database_->iterate(Table::outputs);
    for (rows->Seek(store::slice_of(write::tx_number_key(state_.tx_count / 2).span())); rows->Valid(); rows->Next()) {
      const auto place = write::decode_place(store::bytes_of_slice(rows->key()));
      const auto entry = write::decode_output(store::bytes_of_slice(rows->value()));
      SLUICE_CHECK(place && entry);
      if (!entry->value.has_refs()) return {*place, *entry};
    }
    SLUICE_CHECK(false);
  }
  void put_output(const Output& output) {
    const auto& [place, entry] = output;
    std::byte value[write::output_bytes_max];
    put(Table::outputs, write::place_key(place.tx_number, place.index).span(),
        {value, write::put_output(value, entry)});
    put(Table::unspent, write::unspent_key(entry.prefix, place.tx_number, place.index).span(),
        {value, put_varint(value, entry.value.bits)});
  }
  void remove_output(const Output& output) {
    const auto& [place, entry] = output;
    remove(Table::outputs, write::place_key(place.tx_number, place.index).span());
    remove(Table::unspent, write::unspent_key(entry.prefix, place.tx_number, place.index).span());
  }

  std::unique_ptr<store::Database> database_;
  store::State state_;

 private:
  store::State open(const std::string& directory) {
    auto database = store::Database::open(directory, store::OpenMode::read_write, {});
    SLUICE_CHECK(database.ok());
    database_ = std::move(database).value();
    return *database_->state();
  }
};

void expect_only_deep_finds(const SmallIndex& index, const std::string& directory,
                            const std::vector<std::string>& names) {
  for (const Depth depth : {Depth::tables, Depth::blocks}) {
    const auto shallow = index.verify(directory, depth);
    ASSERT_TRUE(shallow.ok()) << shallow.error().message;
    EXPECT_TRUE(shallow.value().whole()) << "not a good forgery:\n" << findings_text(shallow.value());
  }
  for (const std::uint32_t passes : {1U, 5U}) {
    const auto deep = index.verify(directory, Depth::deep, passes);
    ASSERT_TRUE(deep.ok()) << deep.error().message;
    const std::string text = findings_text(deep.value());
    EXPECT_EQ(deep.value().finding_count, names.size()) << text;
    for (const std::string& name : names) EXPECT_NE(text.find(name), text.npos) << name << " is not in:\n" << text;
  }
}

TEST(VerifyForgery, ValueOfAnOutput) {
  const SmallIndex index(small_chain(1));
  const std::string directory = index.copy("forged");
  std::string place;
  {
    Forger forger(directory);
    auto output = forger.some_output();
    output.entry.value.bits += 2;
    forger.put_output(output);
    place = "output " + std::to_string(output.place.index) + " of transaction " +
            std::to_string(output.place.tx_number) + " (";
  }
  expect_only_deep_finds(index, directory, {"table unspent: ", "table outputs: "});
  EXPECT_NE(findings_text(index.verify(directory, Depth::deep).value()).find(place), std::string::npos);
}

TEST(VerifyForgery, OutputThatNeverWas) {
  const SmallIndex index(small_chain(2));
  const std::string directory = index.copy("forged");
  {
    Forger forger(directory);
    auto output = forger.some_output();
    output.place.index = 100000;
    forger.put_output(output);
    forger.state_.outpoint_sum.add(forger.term(output.place.tx_number, output.place.index));
    ++forger.state_.outputs_created;
    forger.put_state();
  }
  expect_only_deep_finds(index, directory,
                         {"table unspent: an entry for ", "table outputs: an entry for ", "table state: "});
}

TEST(VerifyForgery, OutputThatVanished) {
  const SmallIndex index(small_chain(3));
  const std::string directory = index.copy("forged");
  {
    Forger forger(directory);
    const auto output = forger.some_output();
    forger.remove_output(output);
    forger.state_.outpoint_sum.subtract(forger.term(output.place.tx_number, output.place.index));
    ++forger.state_.outputs_spent;
    forger.put_state();
  }
  expect_only_deep_finds(index, directory,
                         {"table unspent: no entry for ", "table outputs: no entry for ", "table state: "});
}

TEST(VerifyForgery, HistoryOfAKnownScript) {
  const SmallIndex index(small_chain(4));
  const std::string directory = index.copy("forged");
  std::uint64_t tx_number = 0;
  {
    Forger forger(directory);
    const auto rows = forger.database_->iterate(Table::history);
    rows->SeekToFirst();
    // One more entry behind the last one of the first script.
    const auto row = write::decode_prefix_tx(store::bytes_of_slice(rows->key()));
    ASSERT_TRUE(row.has_value());
    std::uint64_t last = 0;
    for (; rows->Valid() && write::decode_prefix_tx(store::bytes_of_slice(rows->key()))->prefix == row->prefix;
         rows->Next()) {
      const auto part = write::decode_prefix_tx(store::bytes_of_slice(rows->key()));
      ASSERT_TRUE(write::for_each_history(part->tx_number, store::bytes_of_slice(rows->value()),
                                          [&](std::uint64_t number) { last = number; }));
    }
    tx_number = last + 1;
    ASSERT_LT(tx_number, forger.state_.tx_count);
    forger.put(Table::history, write::prefix_tx_key(row->prefix, tx_number).span(), {});
  }
  expect_only_deep_finds(index, directory, {"table history: an entry for "});
  const auto deep = index.verify(directory, Depth::deep);
  EXPECT_NE(findings_text(deep.value()).find("transaction " + std::to_string(tx_number) + " (height "),
            std::string::npos);
}

TEST(VerifyForgery, UndoValue) {
  const SmallIndex index(small_chain(5));
  const std::string directory = index.copy("forged");
  {
    Forger forger(directory);
    const auto rows = forger.database_->iterate(Table::undo);
    for (rows->SeekToFirst(); rows->Valid() && rows->value().empty();) rows->Next();
    ASSERT_TRUE(rows->Valid());
    std::vector<std::byte> value;
    ASSERT_TRUE(write::for_each_undo(store::bytes_of_slice(rows->value()), [&](write::UndoEntry entry) {
      if (value.empty()) entry.value.bits += 2;
      write::append_undo(value, entry);
    }));
    forger.put(Table::undo, store::bytes_of_slice(rows->key()), value);
  }
  expect_only_deep_finds(index, directory, {"table undo: height "});
}

TEST(VerifyForgery, ScriptThatSharesAPrefix) {
  const SmallIndex index(small_chain(6));
  const std::string directory = index.copy("forged");
  {
    Forger forger(directory);
    const auto rows = forger.database_->iterate(Table::scripts);
    rows->SeekToFirst();
    std::string key = rows->key().ToString();
    key.back() = static_cast<char>(key.back() ^ 1);
    forger.put(Table::scripts, std::as_bytes(std::span(key)), {});
  }
  expect_only_deep_finds(index, directory, {"table scripts: an entry for script "});
}

void flip_byte(const std::string& path, std::uint64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ 1));
}

TEST(VerifyBlockFiles, DamagedBlockIsNamed) {
  const SmallIndex index(small_chain(7));
  const std::string path = index.blocks_dir() + "/blk00000.dat";
  flip_byte(path, std::filesystem::file_size(path) / 4);
  for (const Depth depth : {Depth::blocks, Depth::deep}) {
    const auto report = index.verify(index.db_dir(), depth);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_FALSE(report.value().whole());
    EXPECT_NE(findings_text(report.value()).find("blk00000.dat"), std::string::npos) << findings_text(report.value());
  }
  EXPECT_TRUE(index.verify(index.db_dir(), Depth::tables).value().whole());
}

TEST(VerifyBlockFiles, OfAnotherChain) {
  const SmallIndex index(small_chain(8));
  const SmallIndex other(small_chain(9));
  const auto report = other.verify(index.db_dir(), Depth::deep);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_NE(findings_text(report.value()).find("do not hold the chain of the index"), std::string::npos);
}

}  // namespace
}  // namespace sluice::test
