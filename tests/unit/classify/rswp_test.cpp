// Shown: the swap offer parser on every vector of the RSWP reference, each reason of refusal, and
// mutated payloads against a slow, literal second parser.
#include <gtest/gtest.h>

#include "base/random.h"
#include "classify/rswp.h"
#include "slow_swap_parser.h"
#include "tx_builder.h"

namespace sluice::classify {
namespace {

using test::Buffer;
using test::bytes_from_hex;

std::string repeat(const std::string& text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated += text;
  return repeated;
}

const std::string token = repeat("a1", 31) + "01";
const std::string want = repeat("b2", 31) + "02";
const std::string utxo = repeat("c3", 31) + "03";
const std::string v1 = "6a0452535750010101" + std::string("00") + "20" + token + "20" + utxo;
const std::string v2_head = "6a04525357500102";
const std::string v2 = v2_head + "01010102010120" + token + "20" + want + "20" + utxo;
const std::string ref = repeat("11", 36);

constexpr std::uint32_t script_begin = 1000;

SwapParse parse(const std::string& hex, bool op_number_index = false) {
  return parse_swap(bytes_from_hex(hex), script_begin, {op_number_index});
}

/// The offer with its variable parts copied out, in the slow parser's form.
std::optional<test::SlowOffer> copied(const Buffer& script, bool op_number_index = false) {
  Buffer raw(script_begin, std::byte{0xff});
  test::append(raw, script);
  const SwapParse parsed = parse_swap(Bytes(raw).subspan(script_begin), script_begin, {op_number_index});
  if (parsed.verdict != SwapVerdict::offer) return std::nullopt;
  const SwapOffer& from = parsed.offer;
  const auto id_at = [&](std::uint32_t offset) { return Buffer(raw.begin() + offset, raw.begin() + offset + 32); };
  test::SlowOffer offer;
  offer.version = from.version;
  offer.flags = from.flags;
  offer.offered_type = from.offered_type;
  offer.terms_type = from.terms_type;
  offer.token = id_at(from.token_offset);
  if (from.has_want) offer.want = id_at(from.want_offset);
  offer.utxo_hash = id_at(from.utxo_hash_offset);
  offer.utxo_index = from.utxo_index;
  append_price_terms(raw, from, offer.price_terms);
  const SwapTail tail = swap_tail(raw, from);
  EXPECT_EQ(tail.terms_bytes, offer.price_terms.size());
  EXPECT_GE(tail.terms_count, 1U);
  offer.signature.assign(tail.signature.begin(), tail.signature.end());
  return offer;
}

void expect_offer(const std::string& hex, std::uint32_t index, const std::string& terms, const std::string& signature) {
  const auto offer = copied(bytes_from_hex(hex));
  ASSERT_TRUE(offer.has_value()) << hex;
  EXPECT_EQ(offer->utxo_index, index) << hex;
  EXPECT_EQ(to_hex(offer->price_terms), terms) << hex;
  EXPECT_EQ(to_hex(offer->signature), signature) << hex;
  EXPECT_EQ(to_hex(offer->token), token);
  EXPECT_EQ(to_hex(offer->utxo_hash), utxo);
  EXPECT_EQ(test::slow_parse_swap(bytes_from_hex(hex)), offer);
}

void expect_refused(const std::string& hex, SwapRefusal refusal) {
  const SwapParse parsed = parse(hex);
  EXPECT_EQ(parsed.verdict, SwapVerdict::refused) << hex;
  EXPECT_EQ(static_cast<int>(parsed.refusal), static_cast<int>(refusal)) << hex;
  EXPECT_FALSE(test::slow_parse_swap(bytes_from_hex(hex)).has_value()) << hex;
}

TEST(Rswp, full_scripts_of_the_reference) {
  expect_offer(
      "6a04525357500101010020a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10120c3c3c3c3c3c3c3c3c3c3c3c3"
      "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c303010002aabb01dd",
      0, "aabb", "dd");
  const std::string multi =
      "6a0452535750010201010102010120a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10120b2b2b2b2b2b2b2b2"
      "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20220c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
      "03010501aa02bbcc01dd";
  expect_offer(multi, 5, "aabbcc", "dd");
  const auto offer = copied(bytes_from_hex(multi));
  EXPECT_EQ(offer->version, 2);
  EXPECT_EQ(offer->flags, 1);
  EXPECT_EQ(offer->offered_type, 2);
  EXPECT_EQ(offer->terms_type, 1);
  EXPECT_EQ(to_hex(*offer->want), want);
}

TEST(Rswp, version_1_index_forms) {
  const std::string tail = "02aabb01dd";
  const auto index = [&](const std::string& op, std::uint32_t expected) {
    expect_offer(v1 + op + tail, expected, "aabb", "dd");
  };
  index("0100", 0);
  index("00", 0);
  index("51", 0);
  index("60", 0);
  index("0180", 0);
  index("0181", 4294967295);
  index("01ff", 4294967169);
  index("02ff00", 255);
  index("0401000000", 1);
  index("04ffffff7f", 2147483647);
  index("04ffffffff", 2147483649);
  index("0400000080", 0);
  index("4c0107", 7);
  index("4d020001ff", 4294934783);  // -0x7f01
  index("4c00", 0);
  index("76", 0);
  index("4f", 0);
  expect_refused(v1 + "050100000000" + tail, SwapRefusal::bad_index);
  expect_refused(v1 + "4c050100000000" + tail, SwapRefusal::bad_index);
  expect_refused(v1 + "d0" + ref + tail, SwapRefusal::bad_index);
  expect_refused(v1 + "d8" + ref + tail, SwapRefusal::bad_index);
  expect_refused(v1, SwapRefusal::bad_index);
}

TEST(Rswp, op_number_index_is_switchable) {
  EXPECT_EQ(parse(v1 + "5102aabb01dd", true).offer.utxo_index, 1U);
  EXPECT_EQ(parse(v1 + "6002aabb01dd", true).offer.utxo_index, 16U);
  EXPECT_EQ(parse(v1 + "6102aabb01dd", true).offer.utxo_index, 0U);
  EXPECT_EQ(parse(v1 + "4f02aabb01dd", true).offer.utxo_index, 0U);
  EXPECT_EQ(parse(v1 + "0002aabb01dd", true).offer.utxo_index, 0U);
}

TEST(Rswp, version_1_tail) {
  expect_offer(v1 + "01000051", 0, "", "");
  expect_offer(v1 + "010076d0" + ref, 0, "", ref);
  expect_offer(v1 + "0100d1" + ref + "ac", 0, ref, "");
  expect_offer(v1 + "010001aa01dd01ee", 0, "aa", "dd");
  expect_offer(v1 + "010001aa01dd4cff", 0, "aa", "dd");  // what follows may even be cut
  expect_refused(v1 + "010001aa", SwapRefusal::bad_tail);
  expect_refused(v1 + "0100", SwapRefusal::bad_tail);
  expect_refused(v1 + "010001aa02dd", SwapRefusal::truncated);
}

TEST(Rswp, versions) {
  const std::string rest = v1.substr(16) + "010001aa01dd";
  for (const std::string version : {"00", "01", "03", "ff"}) {
    const auto offer = copied(bytes_from_hex("6a045253575001" + version + rest));
    ASSERT_TRUE(offer.has_value()) << version;
    EXPECT_EQ(offer->version, std::stoi(version, nullptr, 16));
    EXPECT_EQ(offer->flags, 0);
    EXPECT_FALSE(offer->want.has_value());
  }
  for (const std::string version : {"51", "52", "00", "020001", "4c00"})
    expect_refused("6a0452535750" + version + rest, SwapRefusal::bad_version);
  expect_refused("6a0452535750", SwapRefusal::bad_version);
  expect_refused("6a04525357504c", SwapRefusal::truncated);
  expect_offer("6a04525357504c0101" + rest, 0, "aa", "dd");
  // As one wallet writes version 3: the version-1 reading meets a one-byte push where the token should be.
  expect_refused("6a0452535750010301010102010120" + token + "20" + utxo + "010001aa01dd", SwapRefusal::bad_token);
}

TEST(Rswp, version_2_fields) {
  expect_offer(v2 + "010501aa02bbcc01dd", 5, "aabbcc", "dd");
  const std::string no_want = v2_head + "01000102010120" + token + "20" + utxo;
  expect_offer(no_want + "010501aa01dd", 5, "aa", "dd");
  EXPECT_FALSE(copied(bytes_from_hex(no_want + "010501aa01dd"))->want.has_value());
  const std::string zero_want = v2_head + "01010102010120" + token + "20" + std::string(64, '0') + "20" + utxo;
  expect_offer(zero_want + "010501aa01dd", 5, "aa", "dd");
  EXPECT_FALSE(copied(bytes_from_hex(zero_want + "010501aa01dd"))->want.has_value());
  EXPECT_EQ(copied(bytes_from_hex(zero_want + "010501aa01dd"))->flags, 1);
  const std::string flags_3 = v2_head + "01030102010120" + token + "20" + want + "20" + utxo;
  EXPECT_EQ(copied(bytes_from_hex(flags_3 + "010501aa01dd"))->flags, 3);
  for (const std::string& fields :
       {std::string("5101020101"), std::string("0101000101"), std::string("01010102020101")}) {
    expect_refused(v2_head + fields + "20" + token + "20" + want + "20" + utxo + "010501aa01dd",
                   SwapRefusal::bad_field_size);
  }
  expect_refused(v2_head + "0101010201011f" + token.substr(2) + "20" + want + "20" + utxo + "010501aa01dd",
                 SwapRefusal::bad_token);
  expect_refused(v2_head + "01010102010120" + token + "21" + want + "0020" + utxo + "010501aa01dd",
                 SwapRefusal::bad_token);
  expect_refused(v2_head + "01010102010120" + token + "20" + want + "1f" + utxo.substr(2) + "010501aa01dd",
                 SwapRefusal::bad_utxo_hash);
  expect_refused(v2_head + "01010102010120" + token + "20" + want, SwapRefusal::bad_utxo_hash);
}

TEST(Rswp, version_2_tail) {
  expect_offer(v2 + "01050001dd", 5, "", "dd");
  expect_offer(v2 + "010501aa00", 5, "aa", "");
  expect_offer(v2 + "01054c01aa4d0100bb4e01000000cc01dd", 5, "aabbcc", "dd");
  expect_offer(v2 + "010501aa01bb02dd", 5, "aa", "bb");  // the cut push disappears
  expect_offer(v2 + "010501aa01bbd0aa", 5, "aa", "bb");
  expect_refused(v2 + "010501aa5101dd", SwapRefusal::bad_tail);
  expect_refused(v2 + "010501aa01dd4f", SwapRefusal::bad_tail);
  expect_refused(v2 + "010501aa01ddd0" + ref, SwapRefusal::bad_tail);
  expect_refused(v2 + "010501dd", SwapRefusal::bad_tail);
  expect_refused(v2 + "0105", SwapRefusal::bad_tail);
  expect_refused(v2 + "010501aa02dd", SwapRefusal::truncated);
}

TEST(Rswp, not_looked_at) {
  for (const std::string& hex :
       {std::string(), std::string("6a"), std::string("006a0452535750"), std::string("51") + v1.substr(2),
        std::string("6a0472737770") + v1.substr(12), std::string("6a055253575000"), std::string("6a04525357"),
        std::string("6a52535750"), std::string("6a0352535750")}) {
    EXPECT_EQ(parse(hex).verdict, SwapVerdict::not_a_swap) << hex;
  }
  expect_offer("6a4c0452535750" + v1.substr(12) + "010001aa01dd", 0, "aa", "dd");
  expect_offer("6a4d040052535750" + v1.substr(12) + "010001aa01dd", 0, "aa", "dd");
}

TEST(Rswp, offsets_count_from_the_batch) {
  const SwapParse parsed = parse(v1 + "010002aabb01dd");
  EXPECT_EQ(parsed.offer.token_offset, script_begin + 11);
  EXPECT_EQ(parsed.offer.utxo_hash_offset, script_begin + 44);
  EXPECT_EQ(parsed.offer.tail_begin, script_begin + 78);
  EXPECT_EQ(parsed.offer.tail_end, script_begin + 83);
}

TEST(Rswp, agrees_with_the_literal_parser_on_mutations) {
  const Buffer seeds[] = {
      bytes_from_hex(v1 + "010002aabb01dd"),
      bytes_from_hex(v1 + "04ffffffffd0" + ref + "4c03aabbcc51"),
      bytes_from_hex(v2 + "010501aa02bbcc4d0100dd"),
      bytes_from_hex(v2_head + "01000102010120" + token + "20" + utxo + "5101aa00"),
  };
  constexpr int interesting[] = {0x00, 0x01, 0x02, 0x04, 0x20, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f,
                                 0x51, 0x52, 0x60, 0x6a, 0x80, 0xd0, 0xd3, 0xd8, 0xff};
  Random random(20250711);
  int accepted = 0;
  constexpr int rounds = 200'000;
  for (int round = 0; round < rounds; ++round) {
    Buffer script = seeds[random.below(std::size(seeds))];
    for (std::uint64_t edits = 1 + random.below(3); edits > 0 && !script.empty(); --edits) {
      const auto at = static_cast<std::ptrdiff_t>(random.below(script.size()));
      const auto value = static_cast<std::byte>(random.chance(0.7) ? interesting[random.below(std::size(interesting))]
                                                                   : static_cast<int>(random.below(256)));
      switch (random.below(4)) {
        case 0: script.erase(script.begin() + at); break;
        case 1: script.insert(script.begin() + at, value); break;
        case 2: script.resize(static_cast<std::size_t>(at)); break;
        default: script[static_cast<std::size_t>(at)] = value; break;
      }
    }
    const bool op_number_index = round % 2 == 0;
    const auto expected = test::slow_parse_swap(script, op_number_index);
    ASSERT_EQ(copied(script, op_number_index), expected) << to_hex(script);
    accepted += expected ? 1 : 0;
  }
  EXPECT_GT(accepted, rounds / 20);  // the mutations leave enough offers whole
  EXPECT_LT(accepted, rounds * 19 / 20);
}

}  // namespace
}  // namespace sluice::classify
