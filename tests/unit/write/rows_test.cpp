// The bytes of every key and value. A change here is a change of the index format.
#include "write/rows.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/hex.h"
#include "vector_sink.h"

namespace sluice::write {
namespace {

constexpr std::uint64_t script_prefix = 0x0102030405060708;

std::string hex(const Key& key) { return to_hex(key.span()); }
std::string hex(const std::vector<std::byte>& value) { return to_hex(value); }

std::array<std::byte, 36> counting_ref() {
  std::array<std::byte, 36> ref;
  for (std::size_t i = 0; i < ref.size(); ++i) ref[i] = static_cast<std::byte>(i);
  return ref;
}

std::vector<std::byte> output_value(const OutputEntry& entry) {
  std::byte buffer[output_bytes_max];
  return {buffer, put_output(buffer, entry)};
}

TEST(RowBytes, Keys) {
  EXPECT_EQ(hex(prefix_tx_key(script_prefix, 7)), "01020304050607080000000007");
  EXPECT_EQ(hex(prefix_tx_key(~std::uint64_t{0}, 0xfedcba9876)), "fffffffffffffffffedcba9876");
  EXPECT_EQ(hex(unspent_key(script_prefix, 0x1122334455, 3)), "0102030405060708112233445503");
  EXPECT_EQ(hex(unspent_key(script_prefix, 1, 0xfc)), "01020304050607080000000001fc");
  EXPECT_EQ(hex(unspent_key(script_prefix, 1, 0xfd)), "01020304050607080000000001fd00fd");
  EXPECT_EQ(hex(unspent_key(script_prefix, 1, 0xffff)), "01020304050607080000000001fdffff");
  EXPECT_EQ(hex(unspent_key(script_prefix, 1, 0x10000)), "01020304050607080000000001fe00010000");
  EXPECT_EQ(hex(unspent_key(script_prefix, 1, 0xffffffff)), "01020304050607080000000001feffffffff");
  EXPECT_EQ(hex(tx_number_key(0x0102030405)), "0102030405");
  EXPECT_EQ(hex(place_key(0x0102030405, 2)), "010203040502");
  EXPECT_EQ(hex(place_key(0x0102030405, 300)), "0102030405fd012c");
  EXPECT_EQ(hex(undo_key(0x01020304)), "01020304");
  EXPECT_EQ(hex(prefix_key(script_prefix)), "0102030405060708");
}

TEST(RowBytes, RefKeysAreTheLongestAndMintsComeFirst) {
  const std::string ref = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223";
  EXPECT_EQ(hex(ref_key(counting_ref(), false, 9)), ref + "000000000009");
  EXPECT_EQ(hex(ref_key(counting_ref(), true, 9)), ref + "010000000009");
  EXPECT_EQ(ref_key(counting_ref(), true, 9).size, key_bytes_max);
}

TEST(RowBytes, OutputsValue) {
  EXPECT_EQ(hex(output_value({ValueFlags::of(1, false), script_prefix})), "020102030405060708");
  EXPECT_EQ(hex(output_value({ValueFlags::of(64, true), 0xf0})), "810100000000000000f0");
}

TEST(RowBytes, UndoValue) {
  std::vector<std::byte> value;
  append_undo(value, {0x0102030405, 2, ValueFlags::of(3, true), script_prefix});
  EXPECT_EQ(hex(value),
            "0102030405"
            "02"
            "07"
            "0102030405060708");
}

TEST(RowBytes, ValueFlagsHoldTheWholeAmountRange) {
  constexpr std::uint64_t most = (std::uint64_t{1} << 63) - 1;
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2'100'000'000'000'000'000}, most}) {
    for (const bool has_refs : {false, true}) {
      EXPECT_EQ(ValueFlags::of(value, has_refs).value(), value);
      EXPECT_EQ(ValueFlags::of(value, has_refs).has_refs(), has_refs);
    }
  }
}

// The example of rows.h: transactions 7, 9 and 300 of one script.
TEST(RowBytes, WorkedExample) {
  ChunkArena arena(1 << 20, 1024);
  resolve::RecordSet records(1);
  for (const std::uint32_t rel : {300u, 7u, 9u}) records.history[0].push(arena, {script_prefix, rel});
  resolve::SegmentContext segment;
  segment.tx_count = 301;
  segment.block_first_rel = {0};
  WriteScratch scratch;
  VectorSink sink;
  resolve::RecordSet* sources[] = {&records};
  write_history(0, sources, segment, arena, scratch, sink);
  EXPECT_EQ(sink.rows, (std::vector<HexRow>{{"01020304050607080000000007", "02a302"}}));
}

TEST(RowBytesDeathTest, TxNumbersBeyondFiveBytesAreABug) {
  EXPECT_DEATH((void)prefix_tx_key(script_prefix, std::uint64_t{1} << 40), "tx_number >> 40 == 0");
}

Bytes bytes(const std::vector<std::byte>& value) { return value; }

TEST(MalformedRows, PrefixTxNeedsExactlyThirteenBytes) {
  const std::vector<std::byte> key(20);
  for (std::size_t size = 0; size <= key.size(); ++size)
    EXPECT_EQ(decode_prefix_tx(bytes(key).first(size)).has_value(), size == 13) << size;
}

// Every truncation lives in a heap block of its own size, so that a sanitizer sees one byte too far.
std::vector<std::byte> exact_copy(Bytes from) { return {from.begin(), from.end()}; }

TEST(MalformedRows, UnspentRefusesEveryTruncation) {
  for (const std::uint32_t index : {0u, 0xfcu, 0xfdu, 0xffffu, 0x10000u, 0xffffffffu}) {
    const Key key = unspent_key(script_prefix, 77, index);
    std::byte value[varint_bytes_max];
    const Bytes whole(value, put_varint(value, ValueFlags::of(1u << 20, true).bits));
    const auto row = decode_unspent(key.span(), whole);
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->index, index);
    EXPECT_EQ(row->value.value(), 1u << 20);
    for (std::size_t size = 0; size < key.size; ++size)
      EXPECT_FALSE(decode_unspent(exact_copy(key.span().first(size)), whole)) << size;
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(decode_unspent(key.span(), exact_copy(whole.first(size)))) << size;
    EXPECT_FALSE(decode_unspent(key.span(), Bytes{}));
    auto longer = exact_copy(key.span());
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode_unspent(longer, whole));
    longer = exact_copy(whole);
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode_unspent(key.span(), longer));
  }
}

/// A row's sizes at which it may end: the whole entries in front of it are then all there is.
template <typename Append, typename Decode>
void expect_truncations_refused(Append append, Decode decode) {
  std::vector<std::byte> value;
  std::vector<std::size_t> ends{0};
  for (const std::uint32_t index : {0u, 127u, 128u, 70000u, 0xffffffffu}) {
    append(value, index);
    ends.push_back(value.size());
  }
  for (std::size_t size = 0; size <= value.size(); ++size) {
    std::size_t visited = 0;
    const bool whole = std::find(ends.begin(), ends.end(), size) != ends.end();
    EXPECT_EQ(decode(exact_copy(bytes(value).first(size)), visited), whole) << size;
    EXPECT_EQ(visited, static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin() - 1));
  }
}

TEST(MalformedRows, OutputsRefuseEveryOtherLength) {
  auto value = output_value({ValueFlags::of(70'000, true), script_prefix});
  ASSERT_TRUE(decode_output(exact_copy(value)).has_value());
  for (std::size_t size = 0; size < value.size(); ++size)
    EXPECT_FALSE(decode_output(exact_copy(bytes(value).first(size))).has_value()) << size;
  value.push_back(std::byte{0});
  EXPECT_FALSE(decode_output(value).has_value());
}

TEST(MalformedRows, PlacesRefuseEveryOtherLength) {
  for (const std::uint32_t index : {0u, 0xfcu, 0xfdu, 0xffffu, 0x10000u, 0xffffffffu}) {
    const Key key = place_key(0x0102030405, index);
    ASSERT_EQ(decode_place(key.span()), (Place{0x0102030405, index}));
    for (std::size_t size = 0; size < key.size; ++size)
      EXPECT_FALSE(decode_place(exact_copy(key.span().first(size))).has_value()) << index << " " << size;
    std::vector<std::byte> longer(key.span().begin(), key.span().end());
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode_place(longer).has_value()) << index;
  }
}

TEST(MalformedRows, UndoRefusesEveryTruncation) {
  expect_truncations_refused(
      [](auto& value, std::uint32_t index) {
        append_undo(value, {5, index, ValueFlags::of(index * 1000ull, true), script_prefix});
      },
      [](const auto& value, std::size_t& visited) {
        return for_each_undo(value, [&](const UndoEntry&) { ++visited; });
      });
}

std::vector<std::byte> varints(std::initializer_list<std::uint64_t> numbers) {
  std::vector<std::byte> value;
  for (const std::uint64_t number : numbers) {
    std::byte buffer[varint_bytes_max];
    value.insert(value.end(), buffer, put_varint(buffer, number));
  }
  return value;
}

TEST(MalformedRows, UndoIndexesAreThirtyTwoBits) {
  auto value = varints({std::uint64_t{1} << 32, 2});
  value.resize(value.size() + 8);
  value.insert(value.begin(), tx_number_bytes, std::byte{1});
  EXPECT_FALSE(for_each_undo(value, [](const UndoEntry&) {}));
}

TEST(MalformedRows, HistoryMustAscendAndStayATxNumber) {
  constexpr std::uint64_t last = (std::uint64_t{1} << 40) - 1;
  const auto walk = [last](std::uint64_t first, const std::vector<std::byte>& value) {
    std::uint64_t most = 0;
    const bool well_formed =
        for_each_history(first, value, [&](std::uint64_t number) { most = std::max(most, number); });
    EXPECT_LE(most, last);
    return well_formed;
  };
  EXPECT_TRUE(walk(7, {}));
  EXPECT_TRUE(walk(7, varints({2, 291})));
  EXPECT_FALSE(walk(7, varints({2, 0})));
  EXPECT_FALSE(walk(7, varints({std::uint64_t{1} << 40})));
  EXPECT_TRUE(walk(last - 2, varints({2})));
  EXPECT_FALSE(walk(last - 2, varints({3})));
  EXPECT_FALSE(walk(last, varints({last})));
  const auto value = varints({2, 300});
  EXPECT_FALSE(walk(7, exact_copy(bytes(value).first(2))));
}

}  // namespace
}  // namespace sluice::write
