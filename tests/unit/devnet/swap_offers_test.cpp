// Swap offers: the marked share is malformed, and the parts stand where the format wants them.
#include "devnet/swap_offers.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::devnet {
namespace {

OfferParts example_parts() {
  OfferParts parts;
  parts.token.fill(std::byte{0xa1});
  parts.want.fill(std::byte{0xb2});
  parts.utxo.fill(std::byte{0xc3});
  store_le(parts.utxo.data() + 32, std::uint32_t{5});
  return parts;
}

bool contains(const Buffer& script, Bytes part) {
  return std::search(script.begin(), script.end(), part.begin(), part.end()) != script.end();
}

TEST(SwapOffers, ThreeInAHundredAreMalformed) {
  Random random(1);
  int malformed = 0;
  for (int i = 0; i < 20'000; ++i) {
    Buffer script;
    if (!put_offer(script, example_parts(), random)) ++malformed;
    ASSERT_EQ(script[0], std::byte{0x6a});
  }
  EXPECT_NEAR(malformed, 600, 100);
}

TEST(SwapOffers, WellFormedOnesCarryTheirParts) {
  Random random(2);
  const OfferParts parts = example_parts();
  int with_want = 0, version_one = 0;
  for (int i = 0; i < 2'000; ++i) {
    Buffer script;
    if (!put_offer(script, parts, random)) continue;
    constexpr std::array head{std::byte{0x6a}, std::byte{0x04}, std::byte{'R'}, std::byte{'S'},
                              std::byte{'W'},  std::byte{'P'},  std::byte{0x01}};
    ASSERT_TRUE(std::equal(head.begin(), head.end(), script.begin()));
    EXPECT_TRUE(contains(script, parts.token));
    EXPECT_TRUE(contains(script, Bytes(parts.utxo).first(32)));
    with_want += contains(script, parts.want) ? 1 : 0;
    version_one += script[7] == std::byte{1} ? 1 : 0;
  }
  EXPECT_NEAR(with_want, 1000, 100);
  EXPECT_NEAR(version_one, 1000, 100);
}

}  // namespace
}  // namespace sluice::devnet
