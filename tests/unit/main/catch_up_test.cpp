// When an index is so far behind the block files that it is brought there by a sync.
#include "main/catch_up.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

source::BlockFiles files_of(std::vector<std::uint64_t> sizes) {
  source::BlockFiles files;
  files.sizes = std::move(sizes);
  return files;
}

TEST(CatchUp, AnEmptyIndexIsFarBehindAnything) { EXPECT_TRUE(is_far_behind({}, files_of({300}))); }

TEST(CatchUp, WhatTheFilesHoldBeyondTheIndexIsCounted) {
  constexpr std::uint64_t file = std::uint64_t{128} << 20;
  EXPECT_FALSE(is_far_behind({file, 1000}, files_of({file, file})));
  EXPECT_FALSE(is_far_behind({file, file}, files_of({file, file, file, file - 1})));
  EXPECT_TRUE(is_far_behind({file, file}, files_of({file, file, file, file})));
  EXPECT_TRUE(is_far_behind({file, file - 1}, files_of({file, file, file, file - 1})));
  // None of the latest blocks is in the first files: they were read long ago.
  EXPECT_FALSE(is_far_behind({0, 0, 0, 5}, files_of({file, file, file, file})));
  // Fewer files than the index knows: whoever reads them says so.
  EXPECT_FALSE(is_far_behind({file, file, file}, files_of({file})));
}

}  // namespace
}  // namespace sluice
