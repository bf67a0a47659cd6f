// Looking again: files that grew, branches that overtook, errors that leave the map alone.
#include <gtest/gtest.h>

#include "block_maker.h"
#include "expect_chain.h"
#include "source/block_map.h"
#include "source/block_reader.h"
#include "source/raw_io.h"

namespace sluice::source {
namespace {

using test::append;
using test::BlockMaker;
using test::Buffer;
using test::expect_chain;
using test::MadeBlock;
using test::record;
using test::records;
using test::regtest;
using test::TestDir;

TEST(Rescan, ExtendsTheTip) {
  TestDir dir;
  const auto blocks = BlockMaker(18).chain(40);
  Buffer bytes = records(blocks, 0, 10);
  append(bytes, Bytes(record(blocks[10])).first(50));
  dir.write(0, bytes);
  BlockReader reader(dir.path(), make_thread_io(4, 1));
  auto scanned = scan_blocks(regtest(), reader);
  ASSERT_TRUE(scanned.ok()) << scanned.error().message;
  BlockMap map = std::move(scanned).value();
  expect_chain(map, blocks, 10);

  auto nothing = rescan(map, reader);
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(nothing.value().added_count, 0u);
  EXPECT_EQ(nothing.value().kept_heights, 10u);

  dir.append_to(0, Bytes(record(blocks[10])).subspan(50));
  dir.append_to(0, records(blocks, 11, 20));
  dir.write(1, records(blocks, 20, 40));
  auto grown = rescan(map, reader);
  ASSERT_TRUE(grown.ok()) << grown.error().message;
  EXPECT_EQ(grown.value().added_count, 30u);
  EXPECT_EQ(grown.value().kept_heights, 10u);
  expect_chain(map, blocks, 40);
  EXPECT_EQ(map.files.count(), 2u);
}

TEST(Rescan, FollowsTheBetterBranchAndLinksOrphans) {
  TestDir dir;
  BlockMaker maker(19);
  const auto blocks = maker.chain(10);
  std::vector<MadeBlock> branch(blocks.begin(), blocks.begin() + 7);
  while (branch.size() < 12) branch.push_back(maker.on(branch.back().hash));
  Buffer bytes = records(blocks, 0, 10);
  append(bytes, record(branch[8]));  // its parent comes later
  dir.write(0, bytes);
  BlockReader reader(dir.path(), make_thread_io(4, 1));
  BlockMap map = scan_blocks(regtest(), reader).value();
  expect_chain(map, blocks, 10);
  EXPECT_EQ(map.unlinked_count, 1u);

  dir.append_to(0, record(branch[7]));
  auto linked = rescan(map, reader);
  ASSERT_TRUE(linked.ok());
  EXPECT_EQ(linked.value().kept_heights, 10u);
  EXPECT_EQ(map.unlinked_count, 0u);
  EXPECT_EQ(map.stale_count, 2u);

  dir.append_to(0, records(branch, 9, 12));
  auto better = rescan(map, reader);
  ASSERT_TRUE(better.ok());
  EXPECT_EQ(better.value().kept_heights, 7u);
  EXPECT_EQ(map.stale_count, 3u);
  expect_chain(map, branch, 12);
}

TEST(Rescan, FailedChangesNothing) {
  TestDir dir;
  const auto blocks = BlockMaker(20).chain(12);
  const Buffer good = records(blocks, 0, 10);
  dir.write(0, good);
  BlockReader reader(dir.path(), make_thread_io(4, 1));
  BlockMap map = scan_blocks(regtest(), reader).value();

  dir.append_to(0, record(blocks[10]));
  dir.append_to(0, Buffer(100, std::byte{7}));
  auto bad = rescan(map, reader);
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("07070707"), std::string::npos);
  expect_chain(map, blocks, 10);
  EXPECT_EQ(map.scanned.size(), 10u);
  EXPECT_EQ(map.data_end[0], good.size());

  dir.write(0, Bytes(good).first(good.size() - 1));
  auto shrunk = rescan(map, reader);
  ASSERT_FALSE(shrunk.ok());
  EXPECT_EQ(shrunk.error().kind, ErrorKind::corrupt);
  EXPECT_NE(shrunk.error().message.find(dir.file(0)), std::string::npos);

  dir.write(0, good);
  dir.append_to(0, records(blocks, 10, 12));
  auto grown = rescan(map, reader);
  ASSERT_TRUE(grown.ok()) << grown.error().message;
  expect_chain(map, blocks, 12);
}

}  // namespace
}  // namespace sluice::source
