#include "classify/token_prefix.h"

#include <limits>

namespace sluice::classify {
namespace {

constexpr std::byte prefix_mark{0xef};
constexpr std::size_t head_bytes = 34;  // mark, category, bitfield
constexpr unsigned has_amount = 0x10;
constexpr unsigned has_nft = 0x20;
constexpr unsigned has_commitment = 0x40;
constexpr unsigned reserved_bit = 0x80;
constexpr unsigned capability_mask = 0x0f;
constexpr unsigned capability_max = 2;  // minting

/// A compact size in its shortest form, moving at behind it.
[[nodiscard]] std::optional<std::uint64_t> take_compact_size(Bytes field, std::size_t& at) noexcept {
  if (at >= field.size()) return std::nullopt;
  const auto first = std::to_integer<std::uint8_t>(field[at]);
  const std::size_t width = first < 0xfd ? 0 : first == 0xfd ? 2 : first == 0xfe ? 4 : 8;
  if (field.size() - at - 1 < width) return std::nullopt;
  const std::byte* const number = field.data() + at + 1;
  at += 1 + width;
  std::uint64_t value = first;
  std::uint64_t least = 0;
  if (width == 2) value = load_le<std::uint16_t>(number), least = 0xfd;
  if (width == 4) value = load_le<std::uint32_t>(number), least = 0x1'0000;
  if (width == 8) value = load_le<std::uint64_t>(number), least = 0x1'0000'0000;
  return value < least ? std::nullopt : std::optional(value);
}

[[nodiscard]] bool is_valid_bitfield(unsigned bits) noexcept {
  if ((bits & reserved_bit) != 0 || (bits & capability_mask) > capability_max) return false;
  if ((bits & (has_amount | has_nft)) == 0) return false;
  return (bits & has_nft) != 0 || (bits & (has_commitment | capability_mask)) == 0;
}

}  // namespace

std::optional<TokenPrefix> read_token_prefix(Bytes field) noexcept {
  if (field.size() < head_bytes || field[0] != prefix_mark) return std::nullopt;
  const auto bits = std::to_integer<unsigned>(field[head_bytes - 1]);
  if (!is_valid_bitfield(bits)) return std::nullopt;
  TokenPrefix prefix;
  prefix.category = field.subspan(1, 32);
  prefix.has_nft = (bits & has_nft) != 0;
  prefix.capability = bits & capability_mask;
  std::size_t at = head_bytes;
  if ((bits & has_commitment) != 0) {
    const auto size = take_compact_size(field, at);
    if (!size || *size == 0 || *size > token_commitment_bytes_max || *size > field.size() - at) return std::nullopt;
    prefix.commitment = field.subspan(at, static_cast<std::size_t>(*size));
    at += prefix.commitment.size();
  }
  if ((bits & has_amount) != 0) {
    const auto amount = take_compact_size(field, at);
    if (!amount || *amount == 0 || *amount > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return std::nullopt;
    prefix.amount = *amount;
  }
  prefix.size = at;
  return prefix;
}

}  // namespace sluice::classify
