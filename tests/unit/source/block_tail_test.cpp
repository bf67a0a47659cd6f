// Reading on at the end of the files, and the way from a tip back to what is indexed.
#include "source/block_tail.h"

#include <gtest/gtest.h>

#include "block_maker.h"
#include "source/raw_io.h"

namespace sluice::source {
namespace {

using test::append;
using test::BlockMaker;
using test::Buffer;
using test::MadeBlock;
using test::record;
using test::records;
using test::regtest;
using test::TestDir;

/// An index of the first `count` blocks of a chain.
BlockTail::IsIndexed indexed(const std::vector<MadeBlock>& chain, std::size_t count) {
  return [&chain, count](std::uint32_t height, const BlockHash& hash) -> Result<bool> {
    return height < count && chain[height].hash == hash;
  };
}

std::vector<BlockHash> hashes(const Branch& branch) {
  std::vector<BlockHash> found;
  for (const ScannedBlock& block : branch.blocks) found.push_back(block.hash);
  return found;
}

std::vector<BlockHash> hashes(const std::vector<MadeBlock>& chain, std::size_t first, std::size_t until) {
  std::vector<BlockHash> wanted;
  for (std::size_t i = first; i < until; ++i) wanted.push_back(chain[i].hash);
  return wanted;
}

class BlockTailTest : public testing::Test {
 protected:
  TestDir dir_;
  BlockMaker maker_{31};
  std::vector<MadeBlock> chain_ = maker_.chain(10);
  BlockReader reader_{dir_.path(), make_thread_io(4, 1)};
};

TEST_F(BlockTailTest, ReadsOnBehindWhatIsIndexed) {
  const Buffer indexed_records = records(chain_, 0, 6);
  dir_.write(0, indexed_records);
  BlockTail tail(regtest(), reader_, {indexed_records.size()});
  EXPECT_EQ(tail.read_on().value(), 0u);
  auto none = tail.branch_to(5, chain_[5].hash, indexed(chain_, 6));
  ASSERT_TRUE(none.ok() && none.value());
  EXPECT_EQ(none.value()->first_height, 6u);
  EXPECT_TRUE(none.value()->blocks.empty());

  dir_.append_to(0, records(chain_, 6, 8));
  dir_.write(1, records(chain_, 8, 10));
  EXPECT_EQ(tail.read_on().value(), 4u);
  auto branch = tail.branch_to(9, chain_[9].hash, indexed(chain_, 6));
  ASSERT_TRUE(branch.ok() && branch.value());
  EXPECT_EQ(branch.value()->first_height, 6u);
  EXPECT_EQ(hashes(*branch.value()), hashes(chain_, 6, 10));
}

TEST_F(BlockTailTest, FindsTheForkOfAnotherBranch) {
  std::vector<MadeBlock> branch(chain_.begin(), chain_.begin() + 7);
  while (branch.size() < 12) branch.push_back(maker_.on(branch.back().hash));
  const Buffer indexed_records = records(chain_, 0, 10);
  dir_.write(0, indexed_records);
  dir_.append_to(0, records(branch, 7, 12));
  BlockTail tail(regtest(), reader_, {indexed_records.size()});
  ASSERT_EQ(tail.read_on().value(), 5u);
  auto found = tail.branch_to(11, branch[11].hash, indexed(chain_, 10));
  ASSERT_TRUE(found.ok() && found.value());
  EXPECT_EQ(found.value()->first_height, 7u);
  EXPECT_EQ(hashes(*found.value()), hashes(branch, 7, 12));
}

TEST_F(BlockTailTest, ABlockBeforeTheTailIsNotFoundUntilItBeginsAnew) {
  const Buffer all = records(chain_, 0, 10);
  dir_.write(0, all);
  BlockTail tail(regtest(), reader_, {all.size()});
  ASSERT_EQ(tail.read_on().value(), 0u);
  auto found = tail.branch_to(9, chain_[9].hash, indexed(chain_, 6));
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found.value().has_value());

  BlockTail anew(regtest(), reader_, {});
  ASSERT_EQ(anew.read_on().value(), 10u);
  found = anew.branch_to(9, chain_[9].hash, indexed(chain_, 6));
  ASSERT_TRUE(found.ok() && found.value());
  EXPECT_EQ(hashes(*found.value()), hashes(chain_, 6, 10));
  found = anew.branch_to(9, chain_[9].hash, indexed(chain_, 0));
  ASSERT_TRUE(found.ok() && found.value());
  EXPECT_EQ(hashes(*found.value()), hashes(chain_, 0, 10));
}

TEST_F(BlockTailTest, AWrongHeightLeadsNowhere) {
  dir_.write(0, records(chain_, 0, 10));
  BlockTail tail(regtest(), reader_, {});
  ASSERT_EQ(tail.read_on().value(), 10u);
  EXPECT_FALSE(tail.branch_to(8, chain_[9].hash, indexed(chain_, 0)).ok());
  EXPECT_FALSE(tail.branch_to(20, chain_[9].hash, indexed(chain_, 0)).value().has_value());
}

TEST_F(BlockTailTest, KeepsTheLatestRecordsOnly) {
  const auto chain = maker_.chain(BlockTail::records_kept + 40);
  dir_.write(0, records(chain, 0, chain.size()));
  BlockTail tail(regtest(), reader_, {});
  ASSERT_EQ(tail.read_on().value(), chain.size());
  tail.forget_old();
  const auto last = static_cast<std::uint32_t>(chain.size() - 1);
  EXPECT_TRUE(tail.branch_to(last, chain[last].hash, indexed(chain, 40)).value().has_value());
  EXPECT_FALSE(tail.branch_to(last, chain[last].hash, indexed(chain, 39)).value().has_value());
}

TEST_F(BlockTailTest, FilesThatShrinkAreRefused) {
  const Buffer all = records(chain_, 0, 10);
  dir_.write(0, all);
  BlockTail tail(regtest(), reader_, {});
  ASSERT_TRUE(tail.read_on().ok());
  dir_.write(0, records(chain_, 0, 4));
  const auto failed = tail.read_on();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::corrupt);
}

}  // namespace
}  // namespace sluice::source
