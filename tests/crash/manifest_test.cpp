// A manifest whose last records reached the disk in parts opens at an earlier commit; damage is not hidden.
#include "store/manifest_guard.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crash/world.h"

namespace sluice::test {
namespace {

const std::string rocks = std::string(index_directory) + "/rocks";

class Manifest : public testing::Test {
 protected:
  Manifest()
      : world_(make_world({.seed = 41, .blocks = 20, .txs_per_block = 4})), disk_(world_.first_disk.settled_copy()) {
    name_ = disk_.find(rocks + "/CURRENT")->content;
    name_.pop_back();
    bytes_ = disk_.find(rocks + "/" + name_)->content;
  }

  [[nodiscard]] std::shared_ptr<FaultFs> disk_with(const std::string& manifest) const {
    DiskModel copy = disk_.settled_copy();
    copy.find(rocks + "/" + name_)->content = manifest;
    return std::make_shared<FaultFs>(std::move(copy));
  }

  World world_;
  DiskModel disk_;
  std::string name_;
  std::string bytes_;
};

TEST_F(Manifest, WholeRecordsAreFound) {
  EXPECT_EQ(store::whole_record_bytes(bytes_), bytes_.size());
  EXPECT_EQ(store::whole_record_bytes(""), 0u);
  std::size_t last = 0;
  for (std::size_t size = 0; size <= bytes_.size(); ++size) {
    const std::size_t whole = store::whole_record_bytes(std::string_view(bytes_).substr(0, size));
    EXPECT_LE(whole, size);
    EXPECT_GE(whole, last);
    EXPECT_EQ(store::whole_record_bytes(std::string_view(bytes_).substr(0, whole)), whole);
    last = whole;
  }
  std::string zeros = bytes_ + std::string(sector_bytes, '\0');
  EXPECT_EQ(store::whole_record_bytes(zeros), bytes_.size());
}

// What a commit appends, with its first header there, a hole behind it and the rest there again: never refused.
TEST_F(Manifest, TornEndIsCutOff) {
  const std::string records = bytes_.substr(store::whole_record_bytes(std::string_view(bytes_).substr(0, 2000)));
  ASSERT_GT(records.size(), 2000u);
  constexpr std::size_t header_bytes = 8;
  std::uint32_t opened = 0;
  for (std::size_t hole = 10; hole < 1500; hole += 100) {
    std::string torn = records;
    std::fill_n(torn.begin() + header_bytes, hole, '\0');
    const std::string manifest = bytes_ + torn;
    for (const auto& open : {look_at_index, look_read_only}) {
      const auto look = open(index_directory, disk_with(manifest));
      ASSERT_TRUE(look.ok()) << look.error().message;
      EXPECT_EQ(look.value().digest, world_.first.digest);
    }
    ++opened;
  }
  EXPECT_EQ(opened, 15u);
}

TEST_F(Manifest, DamageAtItsBeginIsTold) {
  std::string manifest = bytes_;
  manifest[10] = static_cast<char>(manifest[10] ^ 1);
  for (const auto& open : {look_at_index, look_read_only}) {
    const auto look = open(index_directory, disk_with(manifest));
    ASSERT_FALSE(look.ok());
    EXPECT_EQ(look.error().kind, ErrorKind::corrupt);
    EXPECT_NE(look.error().message.find(name_), std::string::npos) << look.error().message;
  }
}

}  // namespace
}  // namespace sluice::test
