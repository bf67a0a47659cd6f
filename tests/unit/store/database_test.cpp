// Opening, committing and discarding an index; the digest over it.
#include "store/database.h"

#include <gtest/gtest.h>

#include "hand_index.h"
#include "store/digest.h"
#include "store/prior_outputs.h"

namespace sluice::store {
namespace {

using test::HandIndex;

/// Three blocks, one script in every transaction.
void fill(HandIndex& index) {
  index.add_block({});
  index.add_block({{{}, {{5, 1}}}, {{}, {{6, 1}, {7, 2}}}});
  index.add_block({{{{1, 0}}, {{5, 1}}}});
  index.make_rows();
}

class DatabaseTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Database>> open(OpenMode mode) { return Database::open(index_.db_dir(), mode, {}); }
  void expect_empty_index() {
    auto database = open(OpenMode::read_write);
    ASSERT_TRUE(database.ok()) << database.error().message;
    EXPECT_FALSE(database.value()->state().has_value());
    EXPECT_EQ(database.value()->flat().txids.records(), 0u);
    for (const Table table : all_tables) {
      const auto iterator = database.value()->iterate(table);
      iterator->SeekToFirst();
      EXPECT_FALSE(iterator->Valid()) << table_name(table);
    }
  }

  HandIndex index_;
};

TEST_F(DatabaseTest, CommitThenReopen) {
  fill(index_);
  index_.commit();
  for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write}) {
    auto opened = open(mode);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    const Database& database = *opened.value();
    EXPECT_EQ(database.state(), index_.state());
    EXPECT_EQ(database.flat().headers.records(), 3u);
    EXPECT_EQ(database.flat().txids.records(), 3u);
    for (const auto& [table, rows] : index_.rows) {
      const auto iterator = database.iterate(table);
      iterator->SeekToFirst();
      for (const auto& [key, value] : rows) {
        ASSERT_TRUE(iterator->Valid()) << table_name(table);
        EXPECT_EQ(iterator->key().ToString(), key);
        EXPECT_EQ(iterator->value().ToString(), value);
        EXPECT_EQ(database.get(table, test::bytes_of_text(key)).value(), value);
        iterator->Next();
      }
      EXPECT_FALSE(iterator->Valid());
    }
    EXPECT_FALSE(database.get(Table::txs, test::bytes_of_text("absent")).value().has_value());
  }
}

TEST_F(DatabaseTest, WhatACrashLeftIsRemoved) {
  fill(index_);
  index_.commit();
  const std::filesystem::path directory = index_.db_dir();
  std::ofstream(directory / "ingest" / "000000.sst") << "half a table";
  std::ofstream(directory / "ingest" / "other") << "x";
  std::ofstream(directory / "txids.dat", std::ios::app) << std::string(100, 'z');
  std::ofstream(directory / "headers.dat", std::ios::app) << std::string(80, 'z');
  auto database = open(OpenMode::read_write);
  ASSERT_TRUE(database.ok()) << database.error().message;
  EXPECT_TRUE(std::filesystem::is_empty(directory / "ingest"));
  EXPECT_EQ(std::filesystem::file_size(directory / "txids.dat"), 96u);
  EXPECT_EQ(std::filesystem::file_size(directory / "headers.dat"), 240u);
  EXPECT_EQ(database.value()->state(), index_.state());
}

TEST_F(DatabaseTest, RowsBuiltButNotCommittedAreGone) {
  {
    auto database = open(OpenMode::read_write);
    std::vector<TableFile> files;
    TableBuilder builder(*database.value(), Table::txs);
    builder.put(test::bytes_of_text("key"), {});
    EXPECT_EQ(builder.rows(), 1u);
    ASSERT_TRUE(builder.finish(files).ok());
    EXPECT_EQ(files.size(), 1u);
  }
  expect_empty_index();
}

TEST_F(DatabaseTest, TableBuilderMakesNoFileOfNoRowsAndKeepsTheFirstRefusal) {
  auto database = open(OpenMode::read_write);
  std::vector<TableFile> files;
  TableBuilder none(*database.value(), Table::txs);
  EXPECT_TRUE(none.finish(files).ok());
  EXPECT_TRUE(files.empty());
  TableBuilder descending(*database.value(), Table::txs);
  descending.put(test::bytes_of_text("b"), {});
  descending.put(test::bytes_of_text("a"), {});
  descending.put(test::bytes_of_text("c"), {});
  EXPECT_FALSE(descending.finish(files).ok());
  EXPECT_TRUE(files.empty());
}

TEST_F(DatabaseTest, ManyReadersOrOneWriter) {
  fill(index_);
  index_.commit();
  const auto expect_in_use = [this](OpenMode mode) {
    const auto refused = open(mode);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::config);
    EXPECT_EQ(refused.error().message, index_.db_dir() +
                                           ": another sluice is using this directory: stop it or choose "
                                           "another --db-dir");
  };
  {
    const auto writer = open(OpenMode::read_write);
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    expect_in_use(OpenMode::read_write);
    expect_in_use(OpenMode::read_only);
  }
  {
    auto reader = open(OpenMode::read_only);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    {
      const auto second = open(OpenMode::read_only);
      ASSERT_TRUE(second.ok()) << second.error().message;
    }
    expect_in_use(OpenMode::read_write);
    EXPECT_EQ(discard_index(index_.db_dir(), {}).error().kind, ErrorKind::config);
    std::byte header[80];
    EXPECT_TRUE(reader.value()->flat().headers.read(2, 1, header).ok()) << "the refused must not harm who is there";
  }
  EXPECT_TRUE(open(OpenMode::read_write).ok());
}

TEST(RocksError, HintsAtWhatToDoAndAtNothingElse) {
  using rocksdb::Status;
  const std::string in_use = ": another sluice is using this directory";
  const std::string verify = ": run `sluice verify`";
  const struct {
    Status status;
    std::string hint;
  } cases[] = {
      {Status::Corruption("block checksum mismatch: stored = 1", "in /data/BLOCKS/rocks/000012.sst"), verify},
      {Status::Corruption("bad block contents"), verify},
      {Status::IOError("While open a file for random read: /data/BLOCKS/LOCK/1.sst", "Permission denied"), ""},
      {Status::IOError("read of a block failed"), ""},
      {Status::NoSpace("While appending to file"), ": free some space and run again, nothing committed is lost"},
      {Status::IOError("While lock file: /data/rocks/LOCK", "Resource temporarily unavailable"), in_use},
      {Status::IOError("lock hold by current process, acquire time 1 acquiring thread 2"), in_use},
  };
  for (const auto& [status, hint] : cases) {
    const Error error = rocks_error("/data", status);
    EXPECT_EQ(error.message, "/data: " + status.ToString() + hint);
    EXPECT_EQ(error.kind, status.IsCorruption() ? ErrorKind::corrupt : ErrorKind::io);
  }
}

// Who opens the tables without the directory's lock is still met by RocksDB's own.
TEST_F(DatabaseTest, TheLockOfRocksDbIsToldAsSuch) {
  fill(index_);
  index_.commit();
  const std::string path = index_.db_dir() + "/rocks/LOCK";
  rocksdb::FileLock* lock = nullptr;
  rocksdb::FileSystem& fs = *rocksdb::FileSystem::Default();
  ASSERT_TRUE(fs.LockFile(path, rocksdb::IOOptions(), &lock, nullptr).ok());
  const auto refused = open(OpenMode::read_write);
  EXPECT_TRUE(fs.UnlockFile(lock, rocksdb::IOOptions(), nullptr).ok());
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().message.ends_with(": another sluice is using this directory")) << refused.error().message;
}

TEST_F(DatabaseTest, NothingToReadIsNotFound) {
  const auto missing = open(OpenMode::read_only);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_NE(missing.error().message.find("no index here"), std::string::npos) << missing.error().message;
  EXPECT_FALSE(std::filesystem::exists(index_.db_dir())) << "a reader must not create it";
  ASSERT_TRUE(open(OpenMode::read_write).ok());
  const auto empty = open(OpenMode::read_only);
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().kind, ErrorKind::not_found);
  EXPECT_NE(empty.error().message.find("empty"), std::string::npos) << empty.error().message;
}

// A sync must not begin anew on top of rows that it would take for its own.
TEST_F(DatabaseTest, RowsWithoutAStateAreCorrupt) {
  fill(index_);
  index_.commit();
  {
    auto database = open(OpenMode::read_write);
    ASSERT_TRUE(database.ok());
    const rocksdb::Status deleted =
        database.value()->rocks().Delete(rocksdb::WriteOptions(), database.value()->handle(Table::state), "state");
    ASSERT_TRUE(deleted.ok());
  }
  for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write}) {
    const auto database = open(mode);
    ASSERT_FALSE(database.ok());
    EXPECT_EQ(database.error().kind, ErrorKind::corrupt);
    EXPECT_NE(database.error().message.find("no state record, but table history has rows"), std::string::npos)
        << database.error().message;
  }
}

TEST_F(DatabaseTest, ShortFlatFileIsCorrupt) {
  fill(index_);
  index_.commit();
  std::filesystem::resize_file(index_.db_dir() + "/places.dat", 11);
  for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write}) {
    const auto database = open(mode);
    ASSERT_FALSE(database.ok());
    EXPECT_EQ(database.error().kind, ErrorKind::corrupt);
    EXPECT_NE(database.error().message.find("places.dat"), std::string::npos);
  }
}

TEST_F(DatabaseTest, DiscardLeavesAnEmptyIndex) {
  fill(index_);
  index_.commit();
  const Status status = discard_index(index_.db_dir(), {});
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(open(OpenMode::read_only).error().kind, ErrorKind::not_found);
  expect_empty_index();
  index_.commit();
  auto database = open(OpenMode::read_only);
  ASSERT_TRUE(database.ok()) << database.error().message;
  EXPECT_EQ(database.value()->state(), index_.state());
}

TEST_F(DatabaseTest, DiscardRefusesAnIndexInUse) {
  fill(index_);
  index_.commit();
  {
    auto database = open(OpenMode::read_write);
    EXPECT_FALSE(discard_index(index_.db_dir(), {}).ok());
  }
  EXPECT_TRUE(open(OpenMode::read_only).ok());
}

Digests digests_of(HandIndex& index) {
  index.commit();
  auto database = Database::open(index.db_dir(), OpenMode::read_only, {});
  EXPECT_TRUE(database.ok()) << database.error().message;
  auto digests = digest_index(*database.value());
  EXPECT_TRUE(digests.ok()) << digests.error().message;
  return std::move(digests).value();
}

TEST(Digest, DoesNotSeeHowRunsAreSplit) {
  HandIndex whole, split;
  for (HandIndex* index : {&whole, &split}) fill(*index);
  auto& rows = split.rows[Table::history];
  const std::uint64_t prefix = split.script_prefix(1);
  ASSERT_EQ(rows.count(HandIndex::key(write::prefix_tx_key(prefix, 0))), 1u);
  split.add_run(prefix, {0});
  split.add_run(prefix, {1, 2});
  EXPECT_EQ(digests_of(whole).parts, digests_of(split).parts);
}

TEST(Digest, SeesEveryOtherChange) {
  HandIndex base;
  fill(base);
  const std::string all = digests_of(base).all;
  for (const Table table : {Table::history, Table::scripts, Table::unspent, Table::txs}) {
    HandIndex changed;
    fill(changed);
    changed.rows[table].erase(std::prev(changed.rows[table].end()));
    const Digests digests = digests_of(changed);
    EXPECT_NE(digests.all, all) << table_name(table);
  }
  HandIndex moved;
  fill(moved);
  ++moved.places[1];
  EXPECT_NE(digests_of(moved).all, all);
}

TEST(Digest, DamagedHistoryIsAnErrorNotACrash) {
  constexpr std::uint64_t last = (std::uint64_t{1} << 40) - 1;
  for (const std::string& value : {std::string("\x80", 1), std::string("\0", 1), std::string("\x05", 1)}) {
    HandIndex index;
    fill(index);
    index.rows[Table::history][HandIndex::key(write::prefix_tx_key(~std::uint64_t{0}, last))] = value;
    index.commit();
    auto database = Database::open(index.db_dir(), OpenMode::read_only, {});
    const auto digests = digest_index(*database.value());
    ASSERT_FALSE(digests.ok());
    EXPECT_EQ(digests.error().kind, ErrorKind::corrupt);
  }
}

constexpr resolve::OutpointHasher hasher{{1, 2, 3, 4, 5, 6}};

resolve::SpendRecord spend_of(const HandIndex& index, std::uint64_t number, std::uint32_t output) {
  const Txid& txid = index.txids[number];
  return {hasher(txid.data(), output), prefix_of(txid), output, 0};
}

void add_outputs(HandIndex& index, std::uint64_t number, const std::vector<std::uint32_t>& outputs) {
  for (const std::uint32_t output : outputs) {
    std::byte value[write::output_bytes_max];
    const std::byte* end = write::put_output(value, {resolve::ValueFlags::of(output + 10, false), 9});
    index.rows[Table::outputs][HandIndex::key(write::place_key(number, output))] = test::text_of(Bytes(value, end));
  }
}

TEST(PriorOutputs, FoundByOutpointAmongEqualPrefixes) {
  HandIndex index;
  fill(index);
  add_outputs(index, 1, {0, 1});
  // Another transaction under the same prefix of a txid.
  index.rows[Table::txs][HandIndex::key(write::prefix_tx_key(prefix_of(index.txids[1]), 0))] = "";
  index.commit();
  auto database = Database::open(index.db_dir(), OpenMode::read_only, {});
  resolve::SpendRecord asked[] = {spend_of(index, 1, 1), spend_of(index, 1, 2), spend_of(index, 0, 0),
                                  spend_of(index, 1, 0)};
  asked[3].index |= resolve::replaces_older;
  PriorOutput answers[4];
  ASSERT_TRUE(find_prior_outputs(*database.value(), hasher, asked, answers).ok());
  EXPECT_TRUE(answers[0].found);
  EXPECT_EQ(answers[0].tx_number, 1u);
  EXPECT_EQ(answers[0].output.value.value(), 11u);
  EXPECT_FALSE(answers[1].found) << "no such output";
  EXPECT_FALSE(answers[2].found) << "no unspent output at all";
  EXPECT_TRUE(answers[3].found) << "asked by a repeated coinbase";
}

}  // namespace
}  // namespace sluice::store
