// Append-only record files: what is behind the committed records goes, what is missing is said.
#include "store/flat_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace sluice::store {
namespace {

class FlatFileTest : public testing::Test {
 protected:
  static constexpr std::size_t record_bytes = 8;

  Result<FlatFile> open(std::uint64_t records, bool writable = true) {
    return FlatFile::open(rocksdb::FileSystem::Default(), path_, record_bytes, records, writable);
  }
  static std::vector<std::byte> records(std::uint64_t first, std::uint64_t until) {
    std::vector<std::byte> bytes((until - first) * record_bytes);
    for (std::uint64_t i = first; i < until; ++i) store_le(bytes.data() + (i - first) * record_bytes, i);
    return bytes;
  }
  static void expect_records(const FlatFile& file, std::uint64_t count) {
    ASSERT_EQ(file.records(), count);
    std::vector<std::byte> bytes(count * record_bytes);
    ASSERT_TRUE(file.read(0, count, bytes.data()).ok());
    EXPECT_EQ(bytes, records(0, count));
  }

  test::TempDir directory_{test::fast_temp_base()};
  std::string path_ = (directory_.path() / "file.dat").string();
};

TEST_F(FlatFileTest, AppendReadReopen) {
  {
    auto file = open(0);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(file.value().records(), 0u);
    ASSERT_TRUE(file.value().append(records(0, 3)).ok());
    ASSERT_TRUE(file.value().append({}).ok());
    ASSERT_TRUE(file.value().append(records(3, 1000)).ok());
    expect_records(file.value(), 1000);
    ASSERT_TRUE(file.value().sync().ok());
  }
  for (const bool writable : {false, true}) {
    auto file = open(1000, writable);
    ASSERT_TRUE(file.ok());
    expect_records(file.value(), 1000);
    std::byte last[record_bytes];
    ASSERT_TRUE(file.value().read(999, 1, last).ok());
    EXPECT_EQ(load_le<std::uint64_t>(last), 999u);
    EXPECT_TRUE(file.value().read(1000, 0, last).ok());
  }
}

TEST_F(FlatFileTest, WhatWasNotCommittedIsCutOff) {
  ASSERT_TRUE(open(0).value().append(records(0, 10)).ok());
  std::ofstream(path_, std::ios::binary | std::ios::app) << "tor";
  {
    auto file = open(4, false);
    ASSERT_TRUE(file.ok());
    expect_records(file.value(), 4);
  }
  EXPECT_EQ(std::filesystem::file_size(path_), 83u) << "a reader must not change the file";
  auto file = open(4);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(std::filesystem::file_size(path_), 32u);
  ASSERT_TRUE(file.value().append(records(4, 7)).ok());
  expect_records(file.value(), 7);
}

TEST_F(FlatFileTest, AppendFollowsWhatIsNotForgotten) {
  auto file = open(0);
  ASSERT_TRUE(file.value().append(records(0, 10)).ok());
  std::uint64_t records_before = 10;
  for (const std::uint64_t keep : {10, 6, 6, 0}) {
    file.value().forget(keep);
    EXPECT_EQ(file.value().records(), keep);
    std::vector<std::byte> bytes(records_before * record_bytes);
    EXPECT_TRUE(file.value().read(0, records_before, bytes.data()).ok()) << "who began before still reads";
    EXPECT_EQ(bytes, records(0, records_before));
    ASSERT_TRUE(file.value().append(records(keep, keep + 3)).ok());
    expect_records(file.value(), keep + 3);
    EXPECT_FALSE(file.value().read(keep + 3, 1, bytes.data()).ok()) << "what was forgotten is gone";
    records_before = keep + 3;
  }
}

TEST_F(FlatFileTest, ShortOrMissingFileIsNamed) {
  ASSERT_TRUE(open(0).value().append(records(0, 3)).ok());
  for (const bool writable : {false, true}) {
    const auto file = open(4, writable);
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().kind, ErrorKind::corrupt);
    EXPECT_NE(file.error().message.find(path_), std::string::npos);
    EXPECT_NE(file.error().message.find("4 records"), std::string::npos) << file.error().message;
  }
  EXPECT_EQ(std::filesystem::file_size(path_), 24u);
  std::filesystem::remove(path_);
  EXPECT_EQ(open(1).error().kind, ErrorKind::corrupt);
  EXPECT_EQ(open(0, false).error().kind, ErrorKind::corrupt);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

// The file shrinks while it is open: told as damage, not served as zeros.
TEST_F(FlatFileTest, FileCutByOthersIsCorrupt) {
  auto file = open(0);
  ASSERT_TRUE(file.value().append(records(0, 10)).ok());
  std::filesystem::resize_file(path_, 44);
  std::byte bytes[10 * record_bytes];
  EXPECT_TRUE(file.value().read(0, 5, bytes).ok());
  const Status status = file.value().read(4, 3, bytes);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::corrupt);
}

using FlatFileDeathTest = FlatFileTest;
TEST_F(FlatFileTest, ReadingBeyondTheEndIsCorrupt) {
  auto file = open(0);
  ASSERT_TRUE(file.value().append(records(0, 2)).ok());
  std::byte bytes[3 * record_bytes];
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{2}, ~std::uint64_t{0}}) {
    const Status status = file.value().read(first, 3, bytes);
    ASSERT_FALSE(status.ok()) << first;
    EXPECT_EQ(status.error().kind, ErrorKind::corrupt);
  }
}

TEST_F(FlatFileDeathTest, HalfRecordsAreBugs) {
  auto file = open(0);
  ASSERT_TRUE(file.value().append(records(0, 2)).ok());
  std::byte bytes[3 * record_bytes];
  EXPECT_DEATH((void)file.value().append(Bytes(bytes, 5)).ok(), "record_bytes_");
}

}  // namespace
}  // namespace sluice::store
