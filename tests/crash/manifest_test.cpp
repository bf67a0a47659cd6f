// A manifest whose last records reached the disk in parts opens at an earlier commit; damage is not hidden.
#include "store/manifest_guard.h"

#include <gtest/gtest.h>

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

  Result<IndexLook> look_with(const std::string& manifest) const {
    DiskModel copy = disk_.settled_copy();
    copy.find(rocks + "/" + name_)->content = manifest;
    return look_at_index(index_directory, std::make_shared<FaultFs>(std::move(copy)));
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

// What one commit appends, with each sector but the last gone in turn: never refused.
TEST_F(Manifest, TornEndIsCutOff) {
  const std::size_t end = bytes_.size();
  const std::string torn_part(1500, 'x');
  std::uint32_t opened = 0;
  for (std::size_t begin = end; begin < end + torn_part.size(); begin += 100) {
    std::string manifest = bytes_ + std::string(begin - end, '\0') + torn_part;
    const auto look = look_with(manifest);
    ASSERT_TRUE(look.ok()) << look.error().message;
    EXPECT_EQ(look.value().digest, world_.first.digest);
    ++opened;
  }
  EXPECT_EQ(opened, 15u);
}

TEST_F(Manifest, DamageAtItsBeginIsTold) {
  std::string manifest = bytes_;
  manifest[10] = static_cast<char>(manifest[10] ^ 1);
  const auto look = look_with(manifest);
  ASSERT_FALSE(look.ok());
  EXPECT_EQ(look.error().kind, ErrorKind::corrupt);
  EXPECT_NE(look.error().message.find(name_), std::string::npos) << look.error().message;
}

}  // namespace
}  // namespace sluice::test
