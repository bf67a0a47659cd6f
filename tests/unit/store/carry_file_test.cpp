// Live outputs come back from a carry file as they went in, and are found again in the tables.
#include "store/carry_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "hand_index.h"

namespace sluice::store {
namespace {

using resolve::LiveOutput;
using test::HandIndex;

constexpr resolve::OutpointHasher carry_hasher{{1, 2, 3, 4, 5, 6}};

std::unique_ptr<Database> empty_database(const std::string& directory) {
  auto database = Database::open(directory, OpenMode::read_write, {});
  SLUICE_CHECK(database.ok());
  return std::move(database).value();
}

std::vector<std::uint64_t> keys_of(const CarryFile& file, std::size_t partition) {
  Column<LiveOutput> outputs;
  EXPECT_TRUE(file.read(partition, outputs).ok());
  std::vector<std::uint64_t> keys;
  for (const LiveOutput& output : outputs) keys.push_back(output.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::size_t carry_files(const std::string& directory) {
  const auto files = std::filesystem::directory_iterator(directory + "/ingest");
  return static_cast<std::size_t>(
      std::count_if(begin(files), end(files), [](const auto& entry) { return entry.path().extension() == ".carry"; }));
}

TEST(CarryFile, PartitionsComeBackWholeAndApart) {
  const test::TempDir directory(test::fast_temp_base());
  const std::string path = (directory.path() / "db").string();
  const auto database = empty_database(path);
  {
    auto created = CarryFile::create(*database, 4);
    ASSERT_TRUE(created.ok());
    CarryFile& file = *created.value();
    std::vector<std::thread> writers;
    for (std::uint64_t writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&file, writer] {
        for (std::uint64_t i = 0; i < 100; ++i) {
          const LiveOutput outputs[] = {{writer * 1000 + 2 * i, 0, {}, 0, 0, 0},
                                        {writer * 1000 + 2 * i + 1, 0, {}, 0, 0, 0}};
          SLUICE_CHECK(file.append(i % 3, outputs).ok());
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    ASSERT_TRUE(file.finish().ok());
    std::vector<std::uint64_t> all;
    for (std::size_t partition = 0; partition < 3; ++partition) {
      for (const std::uint64_t key : keys_of(file, partition)) {
        EXPECT_EQ(key % 1000 / 2 % 3, partition);
        all.push_back(key);
      }
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all.size(), 800u);
    EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
    EXPECT_TRUE(keys_of(file, 3).empty());
    EXPECT_EQ(carry_files(path), 1u);
  }
  EXPECT_EQ(carry_files(path), 0u) << "the file ends with its object";
}

TEST(CarryFile, NextStartRemovesWhatAKilledRunLeft) {
  const test::TempDir directory(test::fast_temp_base());
  const std::string path = (directory.path() / "db").string();
  (void)empty_database(path);
  std::ofstream(path + "/ingest/000007.carry") << "left";
  (void)empty_database(path);
  EXPECT_EQ(carry_files(path), 0u);
}

TEST(CarryFile, FilledFromTheTablesByRange) {
  HandIndex index;
  for (std::uint8_t block = 0; block < 5; ++block) {
    std::vector<HandIndex::Tx> txs;
    for (std::uint8_t tx = 0; tx < 7; ++tx) txs.push_back({{}, {{1u + tx, tx}, {9, block}, {8, 3}}});
    index.add_block(txs);
  }
  index.make_rows();
  for (std::uint64_t number = 0; number < index.txids.size(); number += 2) {
    for (const std::uint32_t output : {0u, 2u, 300u}) {
      std::byte value[write::output_bytes_max];
      const std::byte* end = write::put_output(value, {resolve::ValueFlags::of(number, output == 2), 77});
      index.rows[Table::outputs][HandIndex::key(write::place_key(number, output))] = test::text_of(Bytes(value, end));
    }
  }
  index.commit();
  auto database = Database::open(index.db_dir(), OpenMode::read_write, {});
  ASSERT_TRUE(database.ok());
  auto file = CarryFile::create(*database.value(), 8);
  ASSERT_TRUE(file.ok());
  for (const TxRange range : {TxRange{0, 11}, TxRange{11, 12}, TxRange{12, index.txids.size()}})
    ASSERT_TRUE(fill_from_tables(*database.value(), carry_hasher, range, *file.value()).ok());
  ASSERT_TRUE(file.value()->finish().ok());
  std::size_t count = 0;
  for (std::size_t partition = 0; partition < 8; ++partition) {
    Column<LiveOutput> outputs;
    ASSERT_TRUE(file.value()->read(partition, outputs).ok());
    for (const LiveOutput& output : outputs) {
      EXPECT_EQ(resolve::partition_of(output.key, resolve::partition_shift(8)), partition);
      EXPECT_EQ(output.key, carry_hasher(index.txids[output.tx_number].data(), output.index));
      EXPECT_EQ(output.prefix, 77u);
      EXPECT_EQ(output.value.value(), output.tx_number);
      EXPECT_EQ(output.value.has_refs(), output.index == 2);
      ++count;
    }
  }
  EXPECT_EQ(count, 3 * (index.txids.size() + 1) / 2);
}

TEST(CarryFile, MalformedRowIsNamed) {
  HandIndex index;
  index.add_block({{{}, {{1, 1}}}});
  index.make_rows();
  index.rows[Table::outputs][HandIndex::key(write::place_key(0, 0))] = "";
  index.commit();
  auto database = Database::open(index.db_dir(), OpenMode::read_write, {});
  auto file = CarryFile::create(*database.value(), 1);
  const Status status = fill_from_tables(*database.value(), carry_hasher, {0, 1}, *file.value());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::corrupt);
  EXPECT_NE(status.error().message.find("table outputs"), std::string::npos);
}

}  // namespace
}  // namespace sluice::store
