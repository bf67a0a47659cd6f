// Header fields, compact targets and work, checked against numbers computed elsewhere and against
// arithmetic done the slow way.
#include <gtest/gtest.h>

#include <string>

#include "base/hex.h"
#include "base/random.h"
#include "chain/header.h"

namespace sluice::chain {
namespace {

std::string shown(const Uint256& value) {
  Digest digest;
  for (std::size_t i = 0; i < 4; ++i) store_le(digest.data() + 8 * i, value.word[i]);
  return digest.display();
}

Uint256 number(std::string_view hex) {
  std::string padded(64 - hex.size(), '0');
  padded += hex;
  const Digest digest = Digest::from_display(padded).value();
  Uint256 value;
  for (std::size_t i = 0; i < 4; ++i) value.word[i] = load_le<std::uint64_t>(digest.data() + 8 * i);
  return value;
}

TEST(Header, DecodesEachFieldFromItsPlace) {
  std::array<std::byte, 80> raw;
  for (std::size_t i = 0; i < 80; ++i) raw[i] = static_cast<std::byte>(i);
  const Header header = decode_header(raw);
  EXPECT_EQ(header.version, 0x03020100);
  EXPECT_EQ(header.previous.bytes[0], std::byte{4});
  EXPECT_EQ(header.previous.bytes[31], std::byte{35});
  EXPECT_EQ(header.merkle_root.bytes[0], std::byte{36});
  EXPECT_EQ(header.merkle_root.bytes[31], std::byte{67});
  EXPECT_EQ(header.time, 0x47464544U);
  EXPECT_EQ(header.bits, 0x4b4a4948U);
  EXPECT_EQ(header.nonce, 0x4f4e4d4cU);
}

TEST(HeaderDeathTest, OtherSizesAreABug) {
  const std::array<std::byte, 81> raw{};
  EXPECT_DEATH((void)decode_header(raw), "internal check failed");
}

TEST(Target, DecodesAsTheNodeDoes) {
  const struct {
    std::uint32_t bits;
    const char* target;  // "" if refused
  } cases[] = {
      {0x1d00ffff, "ffff0000000000000000000000000000000000000000000000000000"},
      {0x207fffff, "7fffff0000000000000000000000000000000000000000000000000000000000"},
      {0x1e0377ae, "0377ae000000000000000000000000000000000000000000000000000000"},
      {0x1b03a760, "03a760000000000000000000000000000000000000000000000000"},
      {0x01123456, "12"},
      {0x02123456, "1234"},
      {0x03123456, "123456"},
      {0x04123456, "12345600"},
      {0x05009234, "92340000"},
      {0x220000ff, "ff00000000000000000000000000000000000000000000000000000000000000"},
      {0x2100ffff, "ffff000000000000000000000000000000000000000000000000000000000000"},
      {0, ""},                       // zero
      {0x00123456, ""},              // zero after the shift
      {0x01003456, ""},              // zero after the shift
      {0x04923456, ""},              // negative
      {0x01fedcba, ""},              // negative
      {0x20800000, ""},              // sign bit alone
      {0xff123456, ""},              // overflow
      {0x23000001, ""},              // overflow by one byte
      {0x22000100, ""},              // overflow: two bytes at 2^256
      {0x21010000, ""},              // overflow: three bytes
  };
  for (const auto& c : cases) {
    const auto target = target_of_bits(c.bits);
    ASSERT_EQ(target.has_value(), *c.target != '\0') << std::hex << c.bits;
    if (target.has_value()) {
      EXPECT_EQ(shown(*target), shown(number(c.target))) << std::hex << c.bits;
    }
  }
}

TEST(Work, KnownValues) {
  EXPECT_EQ(shown(work_of_bits(0x1d00ffff)), shown(number("0100010001")));
  EXPECT_EQ(shown(work_of_bits(0x207fffff)), shown(number("2")));
  EXPECT_EQ(work_of_bits(0x03000001), (Uint256{{0, 0, 0, 1ULL << 63}}));
  EXPECT_EQ(shown(work_of_bits(0x2100ffff)), shown(number("1")));
  for (const std::uint32_t bad : {0U, 0x04923456U, 0xff123456U}) EXPECT_EQ(work_of_bits(bad), Uint256{});
}

/// x * y as long as it fits, by shifting and adding; `fits` tells.
Uint256 product(const Uint256& x, const Uint256& y, bool& fits) {
  Uint256 sum;
  fits = true;
  for (int bit = 255; bit >= 0; --bit) {
    if (sum.word[3] >> 63 != 0) fits = false;
    sum += Uint256(sum);
    if ((x.word[static_cast<std::size_t>(bit / 64)] >> (bit % 64) & 1) != 0) {
      sum += y;
      if (sum < y) fits = false;
    }
  }
  return sum;
}

/// work = floor(2^256 / (target + 1)) exactly when work * (target + 1) <= 2^256 < (work + 1) * (target + 1).
TEST(Work, IsTheExactQuotientForAnyBits) {
  Random random(1);
  for (int round = 0; round < 20'000; ++round) {
    const std::uint32_t size = 1 + static_cast<std::uint32_t>(random.below(33));
    const std::uint32_t bits = size << 24 | static_cast<std::uint32_t>(random.below(0x800000) >> random.below(23));
    const auto target = target_of_bits(bits);
    if (!target) continue;
    const Uint256 one{{1, 0, 0, 0}};
    Uint256 divisor = *target;
    divisor += one;
    const Uint256 work = work_of_bits(bits);
    bool fits = false;
    const Uint256 below = product(work, divisor, fits);
    // The product may be 2^256 itself, which wraps to zero.
    ASSERT_TRUE(fits || below == Uint256{}) << std::hex << bits;
    Uint256 more = work;
    more += one;
    const Uint256 above = product(more, divisor, fits);
    ASSERT_TRUE(!fits && above != Uint256{}) << std::hex << bits << " " << shown(work);
  }
}

TEST(Work, SumCarriesThroughAllWords) {
  Uint256 value{{~0ULL, ~0ULL, ~0ULL, 0}};
  value += Uint256{{1, 0, 0, 0}};
  EXPECT_EQ(value, (Uint256{{0, 0, 0, 1}}));
  EXPECT_GT(value, (Uint256{{~0ULL, ~0ULL, ~0ULL, 0}}));
  EXPECT_LT(Uint256{}, value);
}

TEST(MeetsTarget, ComparesAsLittleEndianNumber) {
  const auto hash_of = [](std::string_view hex) {
    return BlockHash::from_display(std::string(64 - hex.size(), '0') + std::string(hex)).value();
  };
  EXPECT_TRUE(meets_target(hash_of("ffff0000000000000000000000000000000000000000000000000000"), 0x1d00ffff));
  EXPECT_FALSE(meets_target(hash_of("ffff0000000000000000000000000000000000000000000000000001"), 0x1d00ffff));
  EXPECT_TRUE(meets_target(hash_of("0"), 0x03000001));
  EXPECT_FALSE(meets_target(hash_of("0"), 0x04923456));
}

}  // namespace
}  // namespace sluice::chain
