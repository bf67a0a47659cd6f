// Both decoders of hex against the definition, digit by digit: every pair of characters, every length around the
// vector width, a bad character at every place.
#include "base/hex.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/hash256.h"
#include "base/random.h"

namespace sluice {
namespace {

using Decoder = bool (*)(std::string_view, MutableBytes);
constexpr Decoder decoders[] = {decode_hex, decode_hex_portable};

std::optional<std::vector<std::byte>> defined(std::string_view hex) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    std::size_t value = 0;
    for (char c : hex.substr(i, 2)) {
      if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
      const std::size_t digit = digits.find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      value = 16 * value + digit;
    }
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

void expect_as_defined(const std::string& hex) {
  const auto expected = defined(hex);
  for (const Decoder decode : decoders) {
    std::vector<std::byte> bytes(hex.size() / 2);
    ASSERT_EQ(decode(hex, bytes), expected.has_value()) << hex;
    if (expected) {
      ASSERT_EQ(bytes, *expected) << hex;
    }
  }
}

std::string random_hex(Random& random, std::size_t bytes) {
  static constexpr std::string_view digits = "0123456789abcdefABCDEF";
  std::string hex;
  for (std::size_t i = 0; i < 2 * bytes; ++i) hex += digits[random.below(digits.size())];
  return hex;
}

TEST(Hex, every_pair_of_characters_in_a_vector_and_behind_it) {
  for (int pair = 0; pair < 65536; ++pair) {
    std::string hex(66, '7');
    const std::size_t at = pair % 2 == 0 ? 64 : static_cast<std::size_t>(pair % 32) * 2;
    hex[at] = static_cast<char>(pair >> 8);
    hex[at + 1] = static_cast<char>(pair & 255);
    expect_as_defined(hex);
  }
}

TEST(Hex, every_length_and_a_bad_character_at_every_place) {
  Random random(1);
  for (std::size_t bytes = 0; bytes <= 130; ++bytes) {
    const std::string hex = random_hex(random, bytes);
    expect_as_defined(hex);
    for (std::size_t at = 0; at < hex.size(); ++at) {
      std::string bad = hex;
      bad[at] = "g/:@`G \x80\xff\x10"[random.below(10)];
      expect_as_defined(bad);
    }
  }
}

TEST(Hex, a_target_of_another_size_is_refused) {
  std::vector<std::byte> bytes(32);
  for (const Decoder decode : decoders) {
    EXPECT_TRUE(decode(std::string(64, 'a'), bytes));
    for (const std::size_t digits : {0, 62, 63, 65, 66})
      EXPECT_FALSE(decode(std::string(digits, 'a'), bytes)) << digits;
  }
}

TEST(Hex, bytes_of_every_length_both_ways_round) {
  constexpr std::string_view digits = "0123456789abcdef";
  Random random(3);
  for (std::size_t size = 0; size <= 130; ++size) {
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
    std::string expected, reversed;
    for (const std::byte byte : bytes) {
      const unsigned value = std::to_integer<unsigned>(byte);
      const std::string pair{digits[value >> 4], digits[value & 15]};
      expected += pair;
      reversed = pair + reversed;
    }
    std::string text = "x";
    append_hex(text, bytes);
    EXPECT_EQ(text, "x" + expected);
    text = "y";
    append_hex_reversed(text, bytes);
    EXPECT_EQ(text, "y" + reversed);
  }
}

TEST(Hex, displayed_hashes_are_reversed) {
  Random random(2);
  const std::string hex = random_hex(random, 32);
  const auto txid = Txid::from_display(hex);
  ASSERT_TRUE(txid.has_value());
  const auto bytes = defined(hex);
  EXPECT_TRUE(std::equal(txid->bytes.rbegin(), txid->bytes.rend(), bytes->begin()));
  EXPECT_FALSE(Txid::from_display(hex.substr(1)).has_value());
  EXPECT_FALSE(Txid::from_display(hex.substr(1) + "x").has_value());
}

}  // namespace
}  // namespace sluice
