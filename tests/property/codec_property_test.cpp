// Numbers, keys and rows: what is written is read again, keys sort as their numbers do, and no bytes
// make a decoder read too far (each lives in a heap block of its own size, for sanitizers).
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <tuple>

#include "base/prefix.h"
#include "base/varint.h"
#include "write/rows.h"

namespace sluice {
namespace {

/// Numbers of all bit widths, evenly; random 64-bit numbers would nearly all be large.
std::uint64_t any_width(unsigned bits) {
  const auto width = *rc::gen::inRange<unsigned>(0, bits + 1);
  const auto number = *rc::gen::arbitrary<std::uint64_t>();
  return width == 0 ? 0 : number >> (64 - width);
}
std::uint32_t any_index() { return static_cast<std::uint32_t>(any_width(32)); }
std::uint64_t any_tx_number() { return any_width(40); }

std::vector<std::byte> ordered(std::uint32_t number) {
  std::vector<std::byte> bytes(ordered_bytes_max);
  bytes.resize(static_cast<std::size_t>(put_ordered(bytes.data(), number) - bytes.data()));
  return bytes;
}

/// The order of keys in the tables.
int compare(Bytes a, Bytes b) {
  const int order = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return order != 0 ? order : a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}
int sign(int number) { return number < 0 ? -1 : number > 0 ? 1 : 0; }
template <typename T>
int compare_numbers(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

TEST(CodecProperty, VarintsRoundTripAndRefuseTruncation) {
  EXPECT_TRUE(rc::check([] {
    const std::uint64_t number = any_width(64);
    std::vector<std::byte> bytes(varint_bytes_max);
    bytes.resize(static_cast<std::size_t>(put_varint(bytes.data(), number) - bytes.data()));
    std::uint64_t read = ~number;
    RC_ASSERT(get_varint(bytes.data(), bytes.data() + bytes.size(), read) == bytes.data() + bytes.size());
    RC_ASSERT(read == number);
    RC_ASSERT(bytes.size() == (number == 0 ? 1u : (static_cast<unsigned>(std::bit_width(number)) + 6) / 7));
    const std::vector<std::byte> cut(bytes.begin(), bytes.end() - 1);
    RC_ASSERT(get_varint(cut.data(), cut.data() + cut.size(), read) == nullptr);
  }));
}

TEST(CodecProperty, OrderedNumbersRoundTripAndSort) {
  EXPECT_TRUE(rc::check([] {
    const std::uint32_t a = any_index(), b = any_index();
    const auto bytes = ordered(a);
    std::uint32_t read = ~a;
    RC_ASSERT(get_ordered(bytes.data(), bytes.data() + bytes.size(), read) == bytes.data() + bytes.size());
    RC_ASSERT(read == a);
    RC_ASSERT(sign(compare(bytes, ordered(b))) == compare_numbers(a, b));
    const std::vector<std::byte> cut(bytes.begin(), bytes.end() - 1);
    RC_ASSERT(get_ordered(cut.data(), cut.data() + cut.size(), read) == nullptr);
  }));
}

TEST(CodecProperty, OrderedNumbersSortAtTheirBorders) {
  std::vector<std::byte> before = ordered(0);
  for (const std::uint32_t number :
       {1u, 0xfbu, 0xfcu, 0xfdu, 0xfeu, 0xffu, 0x100u, 0xfffeu, 0xffffu, 0x10000u, ~0u - 1, ~0u}) {
    EXPECT_LT(compare(before, ordered(number)), 0) << number;
    before = ordered(number);
  }
}

TEST(CodecProperty, KeysSortAsTheirNumbersDo) {
  EXPECT_TRUE(rc::check([] {
    const auto draw = [] {
      return std::tuple{any_width(2), any_width(3) << *rc::gen::element(0, 8, 31, 37), any_index()};
    };
    const auto a = draw(), b = draw();
    const auto unspent = [](const auto& parts) { return std::apply(write::unspent_key, parts); };
    RC_ASSERT(sign(compare(unspent(a).span(), unspent(b).span())) == compare_numbers(a, b));
    const auto [prefix_a, number_a, index_a] = a;
    const auto [prefix_b, number_b, index_b] = b;
    RC_ASSERT(sign(compare(write::prefix_tx_key(prefix_a, number_a).span(),
                           write::prefix_tx_key(prefix_b, number_b).span())) ==
              compare_numbers(std::tuple{prefix_a, number_a}, std::tuple{prefix_b, number_b}));
    RC_ASSERT(sign(compare(write::place_key(number_a, index_a).span(), write::place_key(number_b, index_b).span())) ==
              compare_numbers(std::tuple{number_a, index_a}, std::tuple{number_b, index_b}));
    RC_ASSERT(sign(compare(write::undo_key(index_a).span(), write::undo_key(index_b).span())) ==
              compare_numbers(index_a, index_b));
  }));
}

TEST(CodecProperty, UnspentRowsRoundTrip) {
  EXPECT_TRUE(rc::check([] {
    const auto prefix = *rc::gen::arbitrary<std::uint64_t>();
    const std::uint64_t tx_number = any_tx_number();
    const std::uint32_t index = any_index();
    const auto flags = resolve::ValueFlags::of(any_width(63), *rc::gen::arbitrary<bool>());
    std::byte value[varint_bytes_max];
    const auto row = write::decode_unspent(write::unspent_key(prefix, tx_number, index).span(),
                                           {value, put_varint(value, flags.bits)});
    RC_ASSERT(row.has_value());
    RC_ASSERT(row->prefix == prefix);
    RC_ASSERT(row->tx_number == tx_number);
    RC_ASSERT(row->index == index);
    RC_ASSERT(row->value.bits == flags.bits);
  }));
}

TEST(CodecProperty, OutputsAndUndoRowsRoundTrip) {
  EXPECT_TRUE(rc::check([] {
    const auto count = *rc::gen::inRange<std::size_t>(0, 20);
    std::vector<write::UndoEntry> entries;
    std::vector<std::byte> undo;
    for (std::size_t i = 0; i < count; ++i) {
      entries.push_back({any_tx_number(), any_index(), {any_width(64)}, *rc::gen::arbitrary<std::uint64_t>()});
      const write::UndoEntry& entry = entries.back();
      write::append_undo(undo, entry);
      std::byte buffer[write::output_bytes_max];
      const auto output = write::decode_output({buffer, write::put_output(buffer, {entry.value, entry.prefix})});
      RC_ASSERT(output.has_value());
      RC_ASSERT(output->value.bits == entry.value.bits);
      RC_ASSERT(output->prefix == entry.prefix);
      const auto place = write::decode_place(write::place_key(entry.tx_number, entry.index).span());
      RC_ASSERT(place == (write::Place{entry.tx_number, entry.index}));
    }
    std::size_t at = 0;
    RC_ASSERT(write::for_each_undo(undo, [&](const write::UndoEntry& entry) {
      RC_ASSERT(entry.tx_number == entries.at(at).tx_number);
      RC_ASSERT(entry.index == entries[at].index);
      RC_ASSERT(entry.value.bits == entries[at].value.bits);
      RC_ASSERT(entry.prefix == entries[at++].prefix);
    }));
    RC_ASSERT(at == count);
  }));
}

/// Well-formed rows with a few bytes changed get deeper into the decoders than noise does.
std::vector<std::byte> hostile_bytes() {
  std::vector<std::byte> bytes;
  const auto entries = *rc::gen::inRange<int>(0, 4);
  for (int i = 0; i < entries; ++i)
    write::append_undo(bytes, {any_tx_number(), any_index(), {any_width(64)}, any_width(64)});
  const auto noise = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
  for (const std::uint8_t byte : noise) {
    if (bytes.empty() || byte % 4 == 0) bytes.push_back(static_cast<std::byte>(byte));
    else if (byte % 4 == 1) bytes[byte % bytes.size()] |= std::byte{0x80};
    else if (byte % 4 == 2) bytes[(byte * 7u) % bytes.size()] = static_cast<std::byte>(byte);
    else bytes.pop_back();
  }
  return {bytes.begin(), bytes.end()};
}

TEST(CodecProperty, HostileBytesAreReadWithinTheirBounds) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<std::byte> bytes = hostile_bytes();
    std::size_t undo = 0, history = 0;
    const bool all_undo = write::for_each_undo(bytes, [&](const write::UndoEntry& entry) {
      ++undo;
      RC_ASSERT(entry.tx_number >> 40 == 0);
    });
    const bool all_history = write::for_each_history(any_tx_number(), bytes, [&](std::uint64_t number) {
      ++history;
      RC_ASSERT(number >> 40 == 0);
    });
    // An entry has 15 bytes or 1 at least, and the first number of a history is in its key.
    RC_ASSERT(undo <= bytes.size() / 15);
    RC_ASSERT(history <= bytes.size() + 1);
    RC_CLASSIFY(all_undo, "undo");
    RC_CLASSIFY(all_history, "history");
    const auto split = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
    const std::vector<std::byte> key(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(split));
    const std::vector<std::byte> value(bytes.begin() + static_cast<std::ptrdiff_t>(split), bytes.end());
    const auto output = write::decode_output(value);
    RC_ASSERT(!output || (value.size() >= 9 && value.size() <= write::output_bytes_max));
    const auto place = write::decode_place(key);
    RC_ASSERT(!place || (key.size() >= 6 && key.size() <= 10));
    const auto row = write::decode_unspent(key, value);
    RC_ASSERT(!row || (key.size() >= 14 && key.size() <= 18 && !value.empty() && value.size() <= varint_bytes_max));
    RC_ASSERT(write::decode_prefix_tx(key).has_value() == (key.size() == 13));
  }));
}

TEST(CodecProperty, PrefixOrderIsByteOrder) {
  EXPECT_TRUE(rc::check([] {
    Txid a, b;
    for (std::size_t i = 0; i < 8; ++i) {
      a.bytes[i] = static_cast<std::byte>(*rc::gen::element(0, 1, 0x7f, 0x80, 0xff));
      b.bytes[i] = static_cast<std::byte>(*rc::gen::element(0, 1, 0x7f, 0x80, 0xff));
    }
    RC_ASSERT(prefix_of(a) == (load_be<std::uint64_t>(a.data()) & prefix_mask));
    if (prefix_of(a) != prefix_of(b)) RC_ASSERT((prefix_of(a) < prefix_of(b)) == (a < b));
    RC_ASSERT((prefix_of(a) & ~prefix_mask) == 0u);
  }));
}

}  // namespace
}  // namespace sluice
