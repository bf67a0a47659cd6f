#include "write/rows.h"

#include <cstring>

#include "base/check.h"

namespace sluice::write {
namespace {

Key& append(Key& key, const void* bytes, std::size_t size) noexcept {
  std::memcpy(key.bytes.data() + key.size, bytes, size);
  key.size += size;
  return key;
}

Key& append_prefix(Key& key, std::uint64_t prefix) noexcept {
  store_be(key.bytes.data() + key.size, prefix);
  key.size += 8;
  return key;
}

Key& append_tx_number(Key& key, std::uint64_t tx_number) noexcept {
  SLUICE_CHECK(tx_number >> 40 == 0);
  put_tx_number(key.bytes.data() + key.size, tx_number);
  key.size += tx_number_bytes;
  return key;
}

Key& append_index(Key& key, std::uint32_t index) noexcept {
  key.size = static_cast<std::size_t>(put_ordered(key.bytes.data() + key.size, index) - key.bytes.data());
  return key;
}

}  // namespace

Key prefix_tx_key(std::uint64_t prefix, std::uint64_t tx_number) noexcept {
  Key key;
  return append_tx_number(append_prefix(key, prefix), tx_number);
}

Key unspent_key(std::uint64_t prefix, std::uint64_t tx_number, std::uint32_t index) noexcept {
  Key key;
  return append_index(append_tx_number(append_prefix(key, prefix), tx_number), index);
}

Key place_key(std::uint64_t tx_number, std::uint32_t index) noexcept {
  Key key;
  return append_index(append_tx_number(key, tx_number), index);
}

Key tx_number_key(std::uint64_t tx_number) noexcept {
  Key key;
  return append_tx_number(key, tx_number);
}

Key ref_key(const std::array<std::byte, 36>& ref, bool is_location, std::uint64_t tx_number) noexcept {
  Key key;
  const auto kind = static_cast<std::byte>(is_location ? 1 : 0);
  return append_tx_number(append(append(key, ref.data(), ref.size()), &kind, 1), tx_number);
}

Key undo_key(std::uint32_t height) noexcept {
  Key key;
  store_be(key.bytes.data(), height);
  key.size = 4;
  return key;
}

Key prefix_key(std::uint64_t prefix) noexcept {
  Key key;
  return append_prefix(key, prefix);
}

std::optional<PrefixTx> decode_prefix_tx(Bytes key) noexcept {
  if (key.size() != 8 + tx_number_bytes) return std::nullopt;
  return PrefixTx{load_be<std::uint64_t>(key.data()), get_tx_number(key.data() + 8)};
}

std::optional<UnspentRow> decode_unspent(Bytes key, Bytes value) noexcept {
  // An empty value may have no address, and get_varint's refusal would look like its end.
  if (key.size() <= 8 + tx_number_bytes || value.empty()) return std::nullopt;
  UnspentRow row{load_be<std::uint64_t>(key.data()), get_tx_number(key.data() + 8), 0, {}};
  const std::byte* key_end = key.data() + key.size();
  const std::byte* value_end = value.data() + value.size();
  if (get_ordered(key.data() + 8 + tx_number_bytes, key_end, row.index) != key_end) return std::nullopt;
  if (get_varint(value.data(), value_end, row.value.bits) != value_end) return std::nullopt;
  return row;
}

std::optional<Place> decode_place(Bytes key) noexcept {
  if (key.size() <= tx_number_bytes) return std::nullopt;
  Place place{get_tx_number(key.data()), 0};
  const std::byte* end = key.data() + key.size();
  if (get_ordered(key.data() + tx_number_bytes, end, place.index) != end) return std::nullopt;
  return place;
}

std::byte* put_output(std::byte* at, const OutputEntry& entry) noexcept {
  at = put_varint(at, entry.value.bits);
  store_be(at, entry.prefix);
  return at + 8;
}

std::optional<OutputEntry> decode_output(Bytes value) noexcept {
  // An empty value may have no address, and get_output's refusal would look like its end.
  if (value.empty()) return std::nullopt;
  OutputEntry entry{};
  const std::byte* end = value.data() + value.size();
  if (get_output(value.data(), end, entry) != end) return std::nullopt;
  return entry;
}

void append_undo(std::vector<std::byte>& value, const UndoEntry& entry) {
  std::byte buffer[tx_number_bytes + varint_bytes_max + output_bytes_max];
  put_tx_number(buffer, entry.tx_number);
  std::byte* end = put_varint(buffer + tx_number_bytes, entry.index);
  end = put_output(end, {entry.value, entry.prefix});
  value.insert(value.end(), buffer, end);
}

}  // namespace sluice::write
