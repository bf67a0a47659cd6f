// Compares a scanned map with the blocks that were made.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "block_maker.h"
#include "source/block_map.h"

namespace sluice::source::test {

inline void expect_chain(const BlockMap& map, const std::vector<MadeBlock>& blocks, std::size_t count) {
  ASSERT_EQ(map.height_count(), count);
  std::uint64_t bytes = 0;
  for (std::uint32_t h = 0; h < count; ++h) {
    EXPECT_EQ(map.at(h).hash, blocks[h].hash) << "height " << h;
    EXPECT_EQ(map.at(h).size, blocks[h].bytes.size());
    EXPECT_TRUE(std::equal(map.at(h).header.begin(), map.at(h).header.end(), blocks[h].bytes.begin()));
    bytes += map.at(h).size;
  }
  EXPECT_EQ(map.best_bytes, bytes);
}

}  // namespace sluice::source::test
