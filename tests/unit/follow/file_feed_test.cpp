// The way through a node's block files: in pieces that lead to the tip, and found anew when the index stands elsewhere.
#include "follow/file_feed.h"

#include <gtest/gtest.h>

#include "source/raw_io.h"
#include "support/devnet_chain.h"
#include "support/temp_dir.h"

namespace sluice::follow {
namespace {

class FileFeedTest : public testing::Test {
 protected:
  void SetUp() override {
    devnet::DevnetOptions options;
    options.coin = "Radiant";
    options.blocks = 40;
    options.reorgs = 2;
    options.directory = directory_.path() / "blocks";
    ASSERT_TRUE(devnet::write_devnet(options).ok());
    source::BlockReader reader(options.directory.string(), source::make_thread_io(4, 1));
    auto map = source::scan_blocks(network(), reader);
    ASSERT_TRUE(map.ok()) << map.error().message;
    map_ = std::move(map).value();
    tip_ = {map_.height_count() - 1, map_.at(map_.height_count() - 1).hash};
    pipeline::SyncOptions index;
    index.network = &network();
    index.db_directory = (directory_.path() / "db").string();
    index.blocks_directory = options.directory.string();
    index.memory_budget = std::uint64_t{64} << 20;
    auto opened = ChainIndex::open(index, map_.files.key);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    index_ = std::move(opened).value();
  }

  static const chain::Network& network() { return *chain::find_network("Radiant", "regtest"); }

  /// Takes one piece in; the number of its blocks.
  std::size_t walk(FileFeed& feed) {
    auto fed = feed.towards(tip_, *index_);
    if (!fed || !fed.value()) {
      ADD_FAILURE() << (fed ? "nothing to be had" : fed.error().message);
      return 0;
    }
    const std::size_t blocks = fed.value()->branch.blocks.size();
    EXPECT_EQ(fed.value()->branch.first_height, index_->block_count());
    Touched touched;
    const Status appended = index_->append(fed.value()->files, std::move(fed.value()->branch), touched);
    EXPECT_TRUE(appended.ok()) << (appended.ok() ? "" : appended.error().message);
    return blocks;
  }

  test::TempDir directory_;
  source::BlockMap map_;
  Tip tip_;
  std::unique_ptr<ChainIndex> index_;
};

TEST_F(FileFeedTest, ALongWayComesInPiecesThatLeadToTheTip) {
  auto feed = FileFeed::open(*index_, map_.best_bytes / 5);
  ASSERT_TRUE(feed.ok()) << feed.error().message;
  std::size_t pieces = 0;
  for (; index_->block_count() < map_.height_count(); ++pieces) ASSERT_GT(walk(*feed.value()), 0u);
  EXPECT_GE(pieces, 3u);
  EXPECT_LE(pieces, 6u);
  EXPECT_EQ(index_->tip(), tip_.hash);
  const auto rest = feed.value()->towards(tip_, *index_);
  ASSERT_TRUE(rest.ok() && rest.value());
  EXPECT_TRUE(rest.value()->branch.blocks.empty());
}

TEST_F(FileFeedTest, AnIndexThatStandsElsewhereIsLedOnFromThere) {
  auto feed = FileFeed::open(*index_, 1);
  ASSERT_TRUE(feed.ok()) << feed.error().message;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(walk(*feed.value()), 1u);
  Touched touched;
  ASSERT_TRUE(index_->cut(4, touched).ok());
  ASSERT_EQ(walk(*feed.value()), 1u);  // the check of the height is in there
  EXPECT_EQ(index_->tip(), map_.at(4).hash);
}

TEST_F(FileFeedTest, WithRoomTheWayIsOnePiece) {
  auto feed = FileFeed::open(*index_);
  ASSERT_TRUE(feed.ok()) << feed.error().message;
  EXPECT_EQ(walk(*feed.value()), map_.height_count());
  EXPECT_EQ(index_->tip(), tip_.hash);
}

}  // namespace
}  // namespace sluice::follow
