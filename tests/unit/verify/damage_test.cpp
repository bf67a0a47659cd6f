// Damage of every kind in every part of the index: in each table rows are changed, deleted and added
// one at a time, in each flat file a byte is changed, bytes are cut off and records are added. Each
// time the damage is found, and the findings name the table or file.
#include <set>

#include "base/hex.h"
#include "small_index.h"
#include "write/rows.h"

namespace sluice::test {
namespace {

using store::Table;
using Depth = SmallIndex::Depth;

const SmallIndex& shared_index() {
  static const SmallIndex index([] {
    devnet::DevnetOptions options;
    options.blocks = 115;
    options.txs_per_block = 12;
    options.reorgs = 1;
    return options;
  }());
  return index;
}

struct Row {
  std::string key;
  std::string value;
};

std::unique_ptr<store::Database> open_writable(const std::string& directory) {
  auto database = store::Database::open(directory, store::OpenMode::read_write, {});
  SLUICE_CHECK(database.ok());
  return std::move(database).value();
}

std::vector<Row> rows_of(const std::string& directory, Table table) {
  const auto database = open_writable(directory);
  std::vector<Row> rows;
  const auto iterator = database->iterate(table);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next())
    rows.push_back({iterator->key().ToString(), iterator->value().ToString()});
  return rows;
}

void put(const std::string& directory, Table table, const Row& row) {
  const auto database = open_writable(directory);
  ASSERT_TRUE(database->rocks().Put(rocksdb::WriteOptions(), database->handle(table), row.key, row.value).ok());
}

void remove(const std::string& directory, Table table, const std::string& key) {
  const auto database = open_writable(directory);
  ASSERT_TRUE(database->rocks().Delete(rocksdb::WriteOptions(), database->handle(table), key).ok());
}

void expect_found(const std::string& directory, Depth depth, const std::string& name) {
  const auto report = shared_index().verify(directory, depth);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_FALSE(report.value().whole());
  const std::string text = findings_text(report.value());
  EXPECT_NE(text.find(name), text.npos) << "does not name " << name << ":\n" << text;
  const std::string lines = verify::describe(report.value());
  EXPECT_NE(lines.find("verify: the index is damaged: " + std::to_string(report.value().finding_count) + " findings\n"),
            lines.npos)
      << lines;
}

void expect_row_found(const std::string& directory, Table table, Depth depth = Depth::deep) {
  expect_found(directory, depth,
               "table " + std::string(table == Table::state ? "state" : store::table_name(table)) + ":");
}

/// Five rows all over a table.
std::vector<Row> sample(const std::vector<Row>& rows) {
  std::vector<Row> some;
  for (std::size_t i = 0; i < 5; ++i) some.push_back(rows[i * (rows.size() - 1) / 4]);
  return some;
}

constexpr Table row_tables[] = {Table::history, Table::scripts,     Table::unspent, Table::outputs,
                                Table::txs,     Table::output_refs, Table::refs,    Table::undo};

class EveryTable : public testing::TestWithParam<Table> {
 protected:
  void SetUp() override {
    rows_ = rows_of(shared_index().db_dir(), GetParam());
    ASSERT_GE(rows_.size(), 5U);
    for (const Row& row : rows_) keys_.insert(row.key);
  }
  std::vector<Row> rows_;
  std::set<std::string> keys_;
};

TEST_P(EveryTable, DeletedRow) {
  for (const Row& row : sample(rows_)) {
    const std::string directory = shared_index().copy("deleted");
    remove(directory, GetParam(), row.key);
    SCOPED_TRACE(to_hex(std::as_bytes(std::span(row.key))));
    expect_row_found(directory, GetParam());
  }
}

TEST_P(EveryTable, ChangedValue) {
  for (const Row& row : sample(rows_)) {
    // Key-only tables get a value, others one bit less or more, at their begin, middle and end.
    std::set<std::size_t> places = {0, row.value.size() / 2, row.value.empty() ? 0 : row.value.size() - 1};
    for (const std::size_t at : places) {
      Row changed = row;
      if (changed.value.empty()) changed.value = "x";
      else changed.value[at] = static_cast<char>(changed.value[at] ^ 1);
      const std::string directory = shared_index().copy("changed");
      put(directory, GetParam(), changed);
      SCOPED_TRACE(to_hex(std::as_bytes(std::span(row.key))) + " byte " + std::to_string(at));
      expect_row_found(directory, GetParam());
    }
  }
}

TEST_P(EveryTable, ChangedKey) {
  for (const Row& row : sample(rows_)) {
    for (const std::size_t at : {std::size_t{0}, row.key.size() / 2, row.key.size() - 1}) {
      Row changed = row;
      changed.key[at] = static_cast<char>(changed.key[at] ^ 1);
      if (keys_.contains(changed.key)) continue;
      const std::string directory = shared_index().copy("moved");
      remove(directory, GetParam(), row.key);
      put(directory, GetParam(), changed);
      SCOPED_TRACE(to_hex(std::as_bytes(std::span(row.key))) + " byte " + std::to_string(at));
      expect_row_found(directory, GetParam());
    }
  }
}

TEST_P(EveryTable, AddedRow) {
  for (const Row& row : sample(rows_)) {
    for (const std::size_t at : {std::size_t{1}, row.key.size() - 1}) {
      Row added = row;
      added.key[at] = static_cast<char>(added.key[at] ^ 2);
      if (keys_.contains(added.key)) continue;
      const std::string directory = shared_index().copy("added");
      put(directory, GetParam(), added);
      SCOPED_TRACE(to_hex(std::as_bytes(std::span(added.key))));
      expect_row_found(directory, GetParam());
    }
  }
}

TEST_P(EveryTable, MalformedRowsWithoutBlockFiles) {
  for (const char* key : {"", "x", "far too long for a key of any table of the index"}) {
    const std::string directory = shared_index().copy("malformed");
    put(directory, GetParam(), {key, "y"});
    SCOPED_TRACE(key);
    expect_row_found(directory, GetParam(), Depth::tables);
  }
  for (const Row& row : sample(rows_)) {
    const std::string directory = shared_index().copy("malformed");
    put(directory, GetParam(), {row.key, row.value + std::string(11, '\xff')});
    expect_row_found(directory, GetParam(), Depth::tables);
  }
}

INSTANTIATE_TEST_SUITE_P(VerifyDamage, EveryTable, testing::ValuesIn(row_tables),
                         [](const auto& parameter) { return std::string(store::table_name(parameter.param)); });

// What agrees with nothing else in the index is found without block files.
TEST(VerifyDamage, FoundWithoutBlockFiles) {
  for (const Table table : {Table::scripts, Table::unspent, Table::outputs, Table::txs, Table::undo}) {
    // A script can only be missed by its prefix, which it has for itself unless the build forces collisions.
    if (table == Table::scripts && prefix_bits_kept < 64) continue;
    for (const Row& row : sample(rows_of(shared_index().db_dir(), table))) {
      const std::string directory = shared_index().copy("deleted");
      remove(directory, table, row.key);
      SCOPED_TRACE(store::table_name(table));
      expect_row_found(directory, table, Depth::tables);
    }
  }
}

TEST(VerifyDamage, StateRecord) {
  const Row record = rows_of(shared_index().db_dir(), Table::state).front();
  ASSERT_EQ(record.key, "state");
  const std::string deleted = shared_index().copy("state");
  remove(deleted, Table::state, record.key);
  expect_row_found(deleted, Table::state, Depth::tables);

  const std::string added = shared_index().copy("state");
  put(added, Table::state, {"statf", record.value});
  expect_row_found(added, Table::state, Depth::tables);

  // One digit of each line: either nothing can be opened, or the findings tell.
  std::size_t lines = 0;
  for (std::size_t at = record.value.find('\n'); at != std::string::npos; at = record.value.find('\n', at + 1)) {
    ++lines;
    Row changed = record;
    changed.value[at - 1] = static_cast<char>(changed.value[at - 1] ^ 1);
    const std::string directory = shared_index().copy("state");
    put(directory, Table::state, changed);
    const auto report = shared_index().verify(directory, Depth::deep);
    const bool found = report.ok() ? !report.value().whole() : report.error().kind == ErrorKind::unsupported;
    EXPECT_TRUE(found) << changed.value;
  }
  EXPECT_GE(lines, 13U);

  const std::string torn = shared_index().copy("state");
  put(torn, Table::state, {"state", record.value.substr(0, record.value.size() / 2)});
  expect_found(torn, Depth::tables, "state record");
}

struct FlatCase {
  const char* name;
  std::size_t record_bytes;
};
constexpr FlatCase flat_files[] = {{"headers.dat", 80}, {"blocks.dat", 24}, {"txids.dat", 32}, {"places.dat", 4}};

class EveryFile : public testing::TestWithParam<FlatCase> {
 protected:
  std::string copy() {
    const std::string directory = shared_index().copy("flat");
    path_ = directory + "/" + GetParam().name;
    return directory;
  }
  std::string path_;
};

TEST_P(EveryFile, ChangedByte) {
  const std::uint64_t size = std::filesystem::file_size(shared_index().db_dir() + "/" + GetParam().name);
  std::set<std::uint64_t> places = {0, size - 1};
  for (std::size_t i = 0; i < GetParam().record_bytes; i += 3)
    places.insert(size / 2 / GetParam().record_bytes * GetParam().record_bytes + i);
  for (const std::uint64_t at : places) {
    const std::string directory = copy();
    {
      std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(at));
      const int byte = file.get();
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(byte ^ 1));
    }
    SCOPED_TRACE("byte " + std::to_string(at));
    expect_found(directory, Depth::blocks, GetParam().name);
    expect_found(directory, Depth::deep, GetParam().name);
  }
}

TEST_P(EveryFile, ShorterAndLonger) {
  const std::uint64_t size = std::filesystem::file_size(shared_index().db_dir() + "/" + GetParam().name);
  for (const std::uint64_t bytes :
       {size - 1, size - GetParam().record_bytes, std::uint64_t{0}, size + 1, size + GetParam().record_bytes}) {
    const std::string directory = copy();
    std::filesystem::resize_file(path_, bytes);
    SCOPED_TRACE(std::to_string(bytes) + " of " + std::to_string(size) + " bytes");
    expect_found(directory, Depth::tables, GetParam().name);
  }
  const std::string directory = copy();
  std::filesystem::remove(path_);
  expect_found(directory, Depth::tables, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(VerifyDamage, EveryFile, testing::ValuesIn(flat_files), [](const auto& parameter) {
  return std::string(parameter.param.name).substr(0, std::string(parameter.param.name).find('.'));
});

std::filesystem::path largest_table_file(const std::string& directory) {
  std::filesystem::path largest;
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/rocks")) {
    if (entry.path().extension() != ".sst") continue;
    if (largest.empty() || entry.file_size() > std::filesystem::file_size(largest)) largest = entry.path();
  }
  SLUICE_CHECK(!largest.empty());
  return largest;
}

TEST(VerifyDamage, TableFileThatCannotBeRead) {
  const std::string directory = shared_index().copy("sst");
  std::fstream file(largest_table_file(directory), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(20);
  file.put('\x55').put('\x66');
  file.close();
  expect_found(directory, Depth::tables, "table ");
}

TEST(VerifyDamage, TableFileThatIsGone) {
  const std::string directory = shared_index().copy("sst");
  const std::filesystem::path gone = largest_table_file(directory);
  std::filesystem::remove(gone);
  expect_found(directory, Depth::tables, gone.stem().string());
}

}  // namespace
}  // namespace sluice::test
