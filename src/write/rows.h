// The rows of the index: one place for the bytes of every key and value.
//
//   table        key                                           value
//   history      prefix 8 · first tx number 5                  varint deltas of the tx numbers that follow
//   scripts      first 16 bytes of the scripthash              -
//   unspent      prefix 8 · tx number 5 · index ordered        varint value<<1 | has_refs
//   outputs      tx number 5 · index ordered                   varint value<<1 | has_refs · prefix 8
//   txs          txid prefix 8 · tx number 5                   -
//   output_refs  tx number 5 · index ordered                   (type 1 · ref 36)*
//   refs         ref 36 · kind 1 (0 mint, 1 location) · tx number 5    -
//   undo         height 4                                      (tx number 5 · varint index · as in outputs)*
//
// Numbers in keys are big-endian, so that key order is numeric order. Example: the script with
// prefix 0102030405060708 used by transactions 7, 9 and 300 has one history row
// 0102030405060708 0000000007 -> 02 a3 02.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/hash256.h"
#include "base/varint.h"
#include "resolve/records.h"

namespace sluice::write {

using resolve::ValueFlags;

inline constexpr std::size_t tx_number_bytes = 5;
inline constexpr std::size_t key_bytes_max = 42;
inline constexpr std::size_t script_key_bytes = 16;
/// Tx numbers of one history row: a busy script is read in a few seeks, and no row is long.
inline constexpr std::size_t history_run_max = 512;

/// A key built in place.
struct Key {
  std::array<std::byte, key_bytes_max> bytes;
  std::size_t size = 0;
  [[nodiscard]] Bytes span() const noexcept { return {bytes.data(), size}; }
};

inline void put_tx_number(std::byte* at, std::uint64_t tx_number) noexcept {
  at[0] = static_cast<std::byte>(tx_number >> 32);
  store_be(at + 1, static_cast<std::uint32_t>(tx_number));
}
[[nodiscard]] inline std::uint64_t get_tx_number(const std::byte* at) noexcept {
  return std::to_integer<std::uint64_t>(at[0]) << 32 | load_be<std::uint32_t>(at + 1);
}

/// history and txs keys: a prefix and a tx number.
[[nodiscard]] Key prefix_tx_key(std::uint64_t prefix, std::uint64_t tx_number) noexcept;
[[nodiscard]] Key unspent_key(std::uint64_t prefix, std::uint64_t tx_number, std::uint32_t index) noexcept;
/// outputs and output_refs keys: an output by place.
[[nodiscard]] Key place_key(std::uint64_t tx_number, std::uint32_t index) noexcept;
/// The first 5 bytes of such a key, for seeks.
[[nodiscard]] Key tx_number_key(std::uint64_t tx_number) noexcept;
[[nodiscard]] Key ref_key(const std::array<std::byte, 36>& ref, bool is_location, std::uint64_t tx_number) noexcept;
[[nodiscard]] Key undo_key(std::uint32_t height) noexcept;
/// The first 8 bytes of a key, for seeks.
[[nodiscard]] Key prefix_key(std::uint64_t prefix) noexcept;

struct PrefixTx {
  std::uint64_t prefix;
  std::uint64_t tx_number;
};
[[nodiscard]] std::optional<PrefixTx> decode_prefix_tx(Bytes key) noexcept;

struct UnspentRow {
  std::uint64_t prefix;
  std::uint64_t tx_number;
  std::uint32_t index;
  ValueFlags value;
};
[[nodiscard]] std::optional<UnspentRow> decode_unspent(Bytes key, Bytes value) noexcept;

struct Place {
  std::uint64_t tx_number;
  std::uint32_t index;
  friend auto operator<=>(const Place&, const Place&) = default;
};
[[nodiscard]] std::optional<Place> decode_place(Bytes key) noexcept;

/// What the index keeps of an output that is unspent.
struct OutputEntry {
  ValueFlags value;
  std::uint64_t prefix;
};
inline constexpr std::size_t output_bytes_max = varint_bytes_max + 8;
/// Writes the value of an outputs row; the byte behind it. Bounds: room for output_bytes_max.
std::byte* put_output(std::byte* at, const OutputEntry& entry) noexcept;
/// Reads one output from [at, end); the byte behind it, or nullptr if malformed.
[[nodiscard]] inline const std::byte* get_output(const std::byte* at, const std::byte* end,
                                                 OutputEntry& entry) noexcept {
  at = get_varint(at, end, entry.value.bits);
  if (at == nullptr || end - at < 8) return nullptr;
  entry.prefix = load_be<std::uint64_t>(at);
  return at + 8;
}
/// A whole outputs row value.
[[nodiscard]] std::optional<OutputEntry> decode_output(Bytes value) noexcept;

/// Visits the tx numbers of a history row, the first one included; false if malformed.
template <typename Visit>
[[nodiscard]] bool for_each_history(std::uint64_t first, Bytes value, Visit&& visit) noexcept {
  visit(first);
  const std::byte* at = value.data();
  const std::byte* end = at + value.size();
  while (at < end) {
    std::uint64_t delta = 0;
    at = get_varint(at, end, delta);
    if (at == nullptr || delta == 0 || delta >> 40 != 0) return false;
    first += delta;
    if (first >> 40 != 0) return false;
    visit(first);
  }
  return true;
}

struct UndoEntry {
  std::uint64_t tx_number;
  std::uint32_t index;
  ValueFlags value;
  std::uint64_t prefix;
};
void append_undo(std::vector<std::byte>& value, const UndoEntry& entry);
template <typename Visit>
[[nodiscard]] bool for_each_undo(Bytes value, Visit&& visit) noexcept {
  const std::byte* at = value.data();
  const std::byte* end = at + value.size();
  while (at < end) {
    if (end - at < static_cast<std::ptrdiff_t>(tx_number_bytes)) return false;
    OutputEntry output{};
    std::uint64_t index = 0;
    const std::uint64_t tx_number = get_tx_number(at);
    at = get_varint(at + tx_number_bytes, end, index);
    if (at == nullptr || index > 0xffffffff) return false;
    at = get_output(at, end, output);
    if (at == nullptr) return false;
    visit(UndoEntry{tx_number, static_cast<std::uint32_t>(index), output.value, output.prefix});
  }
  return true;
}

}  // namespace sluice::write
