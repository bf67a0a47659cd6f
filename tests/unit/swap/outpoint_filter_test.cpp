// Shown: what was inserted is held; of the rest, fewer than 1 in 1,000 are said to be when the filter is full.
#include <gtest/gtest.h>

#include "base/random.h"
#include "swap/outpoint_filter.h"

namespace sluice::swap {
namespace {

Outpoint random_outpoint(Random& random) {
  Outpoint outpoint;
  for (std::size_t at = 0; at < 32; at += 8) store_le(outpoint.txid.bytes.data() + at, random.next());
  outpoint.index = static_cast<std::uint32_t>(random.below(4));
  return outpoint;
}

TEST(OutpointFilter, HoldsWhatWasInsertedAndLittleElse) {
  // Just below a power of two of lines: as full as a filter gets.
  constexpr std::size_t capacity = 4096 * 24 - 1;
  OutpointFilter filter(capacity);
  Random inserted(1);
  for (std::size_t i = 0; i < capacity; ++i) filter.insert(random_outpoint(inserted));
  EXPECT_EQ(filter.size(), capacity);
  EXPECT_TRUE(filter.full());
  EXPECT_LE(filter.bytes(), capacity * 54 / 10);

  Random again(1);
  for (std::size_t i = 0; i < capacity; ++i) {
    const Outpoint outpoint = random_outpoint(again);
    ASSERT_TRUE(filter.may_hold(outpoint.txid.data(), outpoint.index));
  }
  Random others(2);
  constexpr int asked = 200'000;
  int held = 0;
  for (int i = 0; i < asked; ++i) {
    const Outpoint outpoint = random_outpoint(others);
    held += filter.may_hold(outpoint.txid.data(), outpoint.index) ? 1 : 0;
  }
  EXPECT_LT(held, asked / 1000);
  EXPECT_GT(held, 0);
}

TEST(OutpointFilter, EveryByteCounts) {
  OutpointFilter filter(1000);
  Random random(3);
  const Outpoint inserted = random_outpoint(random);
  filter.insert(inserted);
  int held = 0;
  for (std::size_t at = 0; at < 32; ++at) {
    Outpoint other = inserted;
    other.txid.bytes[at] ^= std::byte{1};
    held += filter.may_hold(other.txid.data(), other.index) ? 1 : 0;
  }
  held += filter.may_hold(inserted.txid.data(), inserted.index + 1) ? 1 : 0;
  EXPECT_EQ(held, 0);
}

TEST(OutpointFilter, EmptyHoldsNothing) {
  const OutpointFilter filter(0);
  EXPECT_EQ(filter.bytes(), 4096U);
  EXPECT_TRUE(filter.full());
  EXPECT_FALSE(filter.may_hold(Txid{}.data(), 0));
}

}  // namespace
}  // namespace sluice::swap
