// Block files of our own: read back as a node's, cut where the index ends, rolled over.
#include "follow/block_archive.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "source/block_map.h"
#include "source/block_reader.h"
#include "source/raw_io.h"
#include "support/devnet_chain.h"
#include "support/temp_dir.h"

namespace sluice::follow {
namespace {

class BlockArchiveTest : public testing::Test {
 protected:
  [[nodiscard]] const chain::Network& network() const { return *chain::find_network("Radiant", "regtest"); }
  [[nodiscard]] std::string directory() const { return (directory_.path() / "blocks").string(); }
  [[nodiscard]] std::string file(std::uint32_t number) const {
    return directory() + "/" + source::block_file_name(number);
  }
  [[nodiscard]] Result<BlockArchive> open(const std::vector<std::uint64_t>& ends) const {
    return BlockArchive::open(network(), directory(), ends);
  }
  [[nodiscard]] source::BlockMap scan() const {
    source::BlockReader reader(directory(), source::make_thread_io(4, 1));
    auto map = source::scan_blocks(network(), reader);
    EXPECT_TRUE(map.ok()) << map.error().message;
    return std::move(map).value();
  }

  test::TempDir directory_;
  devnet::DevnetChain chain_ = test::make_chain(test::random_devnet("Radiant", 1));
};

TEST_F(BlockArchiveTest, IsReadLikeANodesFiles) {
  auto archive = open({});
  ASSERT_TRUE(archive.ok()) << archive.error().message;
  std::vector<source::ScannedBlock> appended;
  for (const auto* block : chain_.active()) {
    auto scanned = archive.value().append(block->raw);
    ASSERT_TRUE(scanned.ok()) << scanned.error().message;
    appended.push_back(scanned.value());
  }
  ASSERT_TRUE(archive.value().sync().ok());
  const source::BlockMap map = scan();
  ASSERT_EQ(map.height_count(), appended.size());
  for (std::uint32_t height = 0; height < map.height_count(); ++height) {
    EXPECT_EQ(map.at(height).hash, appended[height].hash);
    EXPECT_EQ(map.at(height).header, appended[height].header);
    EXPECT_EQ(map.at(height).offset, appended[height].offset);
    EXPECT_EQ(map.at(height).size, appended[height].size);
    EXPECT_EQ(map.at(height).file_number, appended[height].file_number);
  }
}

TEST_F(BlockArchiveTest, WhatNoIndexCountsIsCutOff) {
  const auto blocks = chain_.active();
  ASSERT_GE(blocks.size(), 6u);
  std::uint64_t end = 0;
  {
    auto archive = open({});
    ASSERT_TRUE(archive.ok());
    for (std::size_t i = 0; i < 6; ++i) {
      const auto scanned = archive.value().append(blocks[i]->raw);
      ASSERT_TRUE(scanned.ok());
      if (i == 3) end = scanned.value().offset + scanned.value().size;
    }
  }
  std::ofstream(file(0), std::ios::binary | std::ios::app) << "half a record";
  std::ofstream(file(1), std::ios::binary) << "a file begun";
  auto archive = open({end});
  ASSERT_TRUE(archive.ok()) << archive.error().message;
  EXPECT_FALSE(std::filesystem::exists(file(1)));
  EXPECT_EQ(scan().height_count(), 4u);
  ASSERT_TRUE(archive.value().append(blocks[4]->raw).ok());
  EXPECT_EQ(scan().height_count(), 5u);
}

TEST_F(BlockArchiveTest, FilesThatLackIndexedBlocksAreRefused) {
  {
    auto archive = open({});
    ASSERT_TRUE(archive.ok());
    ASSERT_TRUE(archive.value().append(chain_.active()[0]->raw).ok());
  }
  const auto archive = open({1'000'000});
  ASSERT_FALSE(archive.ok());
  EXPECT_EQ(archive.error().kind, ErrorKind::corrupt);
  EXPECT_NE(archive.error().message.find(file(0)), std::string::npos) << archive.error().message;
}

TEST_F(BlockArchiveTest, ADirectoryThatCannotBeMadeIsNamed) {
  std::ofstream(directory(), std::ios::binary) << "in the way";
  const auto archive = open({});
  ASSERT_FALSE(archive.ok());
  EXPECT_EQ(archive.error().kind, ErrorKind::io);
  EXPECT_NE(archive.error().message.find(directory()), std::string::npos) << archive.error().message;
}

}  // namespace
}  // namespace sluice::follow
