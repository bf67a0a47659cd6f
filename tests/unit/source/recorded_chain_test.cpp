// The scan and the source on a block file that a real node wrote.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "block_maker.h"
#include "source/block_reader.h"
#include "source/block_source.h"
#include "support/fixtures.h"

namespace sluice::source {
namespace {

TEST(RecordedChain, HeadersAsTheNodeHadThem) {
  const std::filesystem::path fixture = sluice::test::fixtures_dir() / "radiant-regtest-small";
  ASSERT_TRUE(std::filesystem::exists(fixture / "headers.tsv")) << fixture;
  test::TestDir dir;
  const std::string unpack = "gzip -dc '" + (fixture / "blk00000.dat.gz").string() + "' > '" + dir.file(0) + "'";
  ASSERT_EQ(std::system(unpack.c_str()), 0);

  BlockReader reader(dir.path(), choose_io("", 16).value().io);
  auto scanned = scan_blocks(test::regtest(), reader);
  ASSERT_TRUE(scanned.ok()) << scanned.error().message;
  const BlockMap map = std::move(scanned).value();
  std::ifstream headers(fixture / "headers.tsv");
  std::string height, hash, hex;
  std::uint32_t count = 0;
  while (headers >> height >> hash >> hex) {
    ASSERT_LT(count, map.height_count());
    EXPECT_EQ(height, std::to_string(count));
    EXPECT_EQ(map.at(count).hash.display(), hash);
    EXPECT_EQ(to_hex(map.at(count).header), hex);
    ++count;
  }
  EXPECT_EQ(count, 301u);
  EXPECT_EQ(map.height_count(), count);
  EXPECT_EQ(map.stale_count, 5u);
  EXPECT_EQ(map.duplicate_count, 0u);
  EXPECT_EQ(map.unlinked_count, 0u);

  std::vector<RawBuffer> slots(2);
  BlockSource source(map, reader, slots, {.batch_bytes = 100'000}, 0, count);
  source.give(0), source.give(1);
  std::uint64_t bytes = 0;
  for (bool running = true; running;) {
    std::uint32_t slot = 0;
    switch (source.step(slot)) {
      case SourceStep::ready:
        for (const RawBlock& block : slots[slot].batch().blocks) bytes += block.size;
        source.give(slot);
        break;
      case SourceStep::progressed: break;
      case SourceStep::finished: running = false; break;
      default: FAIL() << source.error().message;
    }
  }
  EXPECT_EQ(bytes, map.best_bytes);
}

}  // namespace
}  // namespace sluice::source
