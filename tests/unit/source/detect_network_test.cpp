// Block files tell whose they are.
#include "source/detect_network.h"

#include <gtest/gtest.h>

#include "block_maker.h"

namespace sluice::source {
namespace {

using test::BlockMaker;
using test::records;
using test::regtest;
using test::TestDir;

TEST(DetectNetwork, ByTheGenesisBlock) {
  TestDir dir;
  dir.write(0, records(BlockMaker(1).chain(3), 0, 3));
  const auto found = detect_network(dir.path());
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found.value(), &regtest());
}

TEST(DetectNetwork, AnotherFirstBlockIsNamedAsTheCause) {
  TestDir dir;
  dir.write(0, records(BlockMaker(1).chain(3), 1, 3));
  const auto found = detect_network(dir.path());
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::unsupported);
  EXPECT_NE(found.error().message.find(dir.file(0) + ": its first block is no network's genesis block"),
            std::string::npos)
      << found.error().message;
}

TEST(DetectNetwork, NoFilesAndCutFilesAreErrors) {
  TestDir dir;
  EXPECT_FALSE(detect_network(dir.path()).ok());
  auto cut = records(BlockMaker(1).chain(1), 0, 1);
  cut.resize(50);
  dir.write(0, cut);
  EXPECT_FALSE(detect_network(dir.path()).ok());
}

}  // namespace
}  // namespace sluice::source
