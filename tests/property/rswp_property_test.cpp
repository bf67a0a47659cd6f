// Swap offers: what is written, with fields pushed in any form, is read again; and a payload that is right but for a
// few bytes is read, or refused, as the slow, literal parser has it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "classify/rswp.h"
#include "slow_swap_parser.h"

namespace sluice {
namespace {

using classify::SwapVerdict;
using test::Buffer;

Buffer any_bytes(std::size_t size) {
  return *rc::gen::container<Buffer>(size, rc::gen::map(rc::gen::arbitrary<std::uint8_t>(), [](std::uint8_t byte) {
                                       return static_cast<std::byte>(byte);
                                     }));
}

std::uint8_t any_of_256() { return *rc::gen::arbitrary<std::uint8_t>(); }
Buffer one_byte(unsigned value) { return {static_cast<std::byte>(value)}; }

/// By any opcode that has room for it.
void put_push(Buffer& script, const Buffer& data) {
  const int shortest = data.size() <= 75 ? 0 : data.size() <= 255 ? 1 : 2;
  const int form = *rc::gen::inRange(shortest, 4);
  if (form == 0) test::append_le(script, static_cast<std::uint8_t>(data.size()));
  if (form == 1) test::append(script, one_byte(0x4c)), test::append_le(script, static_cast<std::uint8_t>(data.size()));
  if (form == 2) test::append(script, one_byte(0x4d)), test::append_le(script, static_cast<std::uint16_t>(data.size()));
  if (form == 3) test::append(script, one_byte(0x4e)), test::append_le(script, static_cast<std::uint32_t>(data.size()));
  test::append(script, data);
}

/// A script number of up to 31 bits, perhaps longer than it need be.
Buffer index_bytes(std::uint32_t index) {
  Buffer bytes;
  for (std::uint32_t rest = index; rest > 0; rest >>= 8) bytes.push_back(static_cast<std::byte>(rest & 0xff));
  if (!bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0}) bytes.push_back(std::byte{0});
  const auto longest = static_cast<int>(4 - bytes.size());
  bytes.resize(bytes.size() + static_cast<std::size_t>(*rc::gen::inRange(0, longest + 1)));
  return bytes;
}

struct Payload {
  Buffer script;
  test::SlowOffer offer;  ///< what it says
};

Payload any_payload() {
  Payload payload;
  test::SlowOffer& offer = payload.offer;
  const auto push = [&](const Buffer& data) { put_push(payload.script, data); };
  payload.script = one_byte(0x6a);
  push(test::bytes_from_hex("52535750"));
  const bool second = *rc::gen::arbitrary<bool>();
  do offer.version = second ? 2 : any_of_256();
  while (!second && offer.version == 2);
  push(one_byte(static_cast<unsigned>(offer.version)));
  if (second) {
    offer.flags = any_of_256(), offer.offered_type = any_of_256(), offer.terms_type = any_of_256();
    for (const int field : {offer.flags, offer.offered_type, offer.terms_type})
      push(one_byte(static_cast<unsigned>(field)));
  } else {
    push(one_byte(any_of_256()));
  }
  offer.token = any_bytes(32);
  push(offer.token);
  if (second && offer.flags % 2 == 1) {
    const Buffer want = *rc::gen::arbitrary<bool>() ? any_bytes(32) : Buffer(32);
    push(want);
    if (want != Buffer(32)) offer.want = want;
  }
  offer.utxo_hash = any_bytes(32);
  push(offer.utxo_hash);
  offer.utxo_index = *rc::gen::arbitrary<std::uint32_t>() >> *rc::gen::inRange(1, 32);
  push(index_bytes(offer.utxo_index));
  const int pushes = second ? *rc::gen::inRange(1, 4) : 1;
  for (int i = 0; i < pushes; ++i) {
    const Buffer part = any_bytes(*rc::gen::element<std::size_t>(0, 1, 35, 80, 300));
    push(part);
    test::append(offer.price_terms, part);
  }
  offer.signature = any_bytes(*rc::gen::element<std::size_t>(0, 1, 75, 107, 256));
  push(offer.signature);
  if (!second) test::append(payload.script, any_bytes(*rc::gen::element<std::size_t>(0, 0, 3)));  // nobody reads on
  return payload;
}

/// The offer in the slow parser's form; nothing if there is none.
std::optional<test::SlowOffer> parsed(const Buffer& script, bool op_number_index) {
  const classify::SwapParse parse = classify::parse_swap(script, 0, {op_number_index});
  if (parse.verdict != SwapVerdict::offer) return std::nullopt;
  const classify::SwapOffer& from = parse.offer;
  const auto id_at = [&](std::uint32_t at) { return Buffer(script.begin() + at, script.begin() + at + 32); };
  test::SlowOffer offer;
  offer.version = from.version, offer.flags = from.flags;
  offer.offered_type = from.offered_type, offer.terms_type = from.terms_type;
  offer.token = id_at(from.token_offset);
  if (from.has_want) offer.want = id_at(from.want_offset);
  offer.utxo_hash = id_at(from.utxo_hash_offset);
  offer.utxo_index = from.utxo_index;
  classify::append_price_terms(script, from, offer.price_terms);
  const Bytes signature = classify::swap_tail(script, from).signature;
  offer.signature.assign(signature.begin(), signature.end());
  return offer;
}

TEST(RswpProperty, WhatIsWrittenIsReadAgain) {
  EXPECT_TRUE(rc::check([] {
    const Payload payload = any_payload();
    RC_ASSERT(parsed(payload.script, *rc::gen::arbitrary<bool>()) == payload.offer);
  }));
}

TEST(RswpProperty, AlmostRightPayloadsAreReadAsTheSlowParserHasThem) {
  std::size_t offers = 0, refused = 0;
  EXPECT_TRUE(rc::check([&] {
    Buffer script = any_payload().script;
    for (int changes = *rc::gen::inRange(1, 4); changes > 0 && !script.empty(); --changes) {
      const auto at = script.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(script.size()));
      switch (*rc::gen::inRange(0, 4)) {
        case 0: *at = static_cast<std::byte>(any_of_256()); break;
        case 1: script.erase(at); break;
        case 2: script.insert(at, static_cast<std::byte>(any_of_256())); break;
        default: script.erase(at, script.end());
      }
    }
    const bool op_number_index = *rc::gen::arbitrary<bool>();
    const auto offer = parsed(script, op_number_index);
    (offer ? offers : refused) += 1;
    RC_ASSERT(offer == test::slow_parse_swap(script, op_number_index));
  }));
  EXPECT_GT(offers, 0U);
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace sluice
