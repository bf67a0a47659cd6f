#include "store/manifest_guard.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace sluice::store {
namespace {

constexpr std::size_t log_block_bytes = 32768;
constexpr std::size_t log_header_bytes = 7;
enum class Fragment : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };
/// More than the edits of one commit with every table file it can have.
constexpr std::size_t commit_bytes_max = 1u << 20;

constexpr std::array<std::uint32_t, 256> make_crc32c_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78u : 0u);
    table[i] = value;
  }
  return table;
}
constexpr auto crc32c_table = make_crc32c_table();

// CRC-32C, turned and shifted so that a record that holds checksums does not check itself.
std::uint32_t masked_crc32c(std::string_view bytes) noexcept {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char byte : bytes) crc = crc32c_table[(crc ^ static_cast<std::uint8_t>(byte)) & 0xff] ^ (crc >> 8);
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

}  // namespace

std::size_t whole_record_bytes(std::string_view manifest) noexcept {
  std::size_t whole = 0;
  bool in_record = false;
  for (std::size_t at = 0; at < manifest.size();) {
    const std::size_t left = log_block_bytes - at % log_block_bytes;
    if (left < log_header_bytes) {
      at += left;
      continue;
    }
    if (manifest.size() - at < log_header_bytes) break;
    const auto* header = reinterpret_cast<const std::byte*>(manifest.data()) + at;
    const auto length = load_le<std::uint16_t>(header + 4);
    const auto type = static_cast<Fragment>(header[6]);
    if (log_header_bytes + length > std::min(left, manifest.size() - at)) break;
    if (masked_crc32c(manifest.substr(at + 6, 1u + length)) != load_le<std::uint32_t>(header)) break;
    const bool begins = type == Fragment::full || type == Fragment::first;
    const bool ends = type == Fragment::full || type == Fragment::last;
    if (type > Fragment::last || begins == in_record) break;
    at += log_header_bytes + length;
    in_record = !ends;
    if (ends) whole = at;
  }
  return whole;
}

std::size_t readable_bytes(std::string_view manifest) noexcept {
  const std::size_t whole = whole_record_bytes(manifest);
  const bool torn = whole > 0 && manifest.size() - whole <= commit_bytes_max;
  return torn ? whole : manifest.size();
}

}  // namespace sluice::store
