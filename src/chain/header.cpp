#include "chain/header.h"

#include "base/check.h"

namespace sluice::chain {
namespace {

__extension__ using Wide = unsigned __int128;

/// value << shift, bits beyond 256 dropped. Bounds: shift < 256.
Uint256 shifted_left(const Uint256& value, unsigned shift) noexcept {
  const unsigned words = shift / 64;
  const unsigned bits = shift % 64;
  Uint256 result;
  for (unsigned i = 4; i-- > words;) {
    result.word[i] = value.word[i - words] << bits;
    if (bits > 0 && i > words) result.word[i] |= value.word[i - words - 1] >> (64 - bits);
  }
  return result;
}

void subtract(Uint256& from, const Uint256& what) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide difference = static_cast<Wide>(from.word[i]) - what.word[i] - borrow;
    from.word[i] = static_cast<std::uint64_t>(difference);
    borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  }
}

unsigned bit_length(const Uint256& value) noexcept {
  for (unsigned i = 4; i-- > 0;) {
    if (value.word[i] != 0) return 64 * i + static_cast<unsigned>(std::bit_width(value.word[i]));
  }
  return 0;
}

/// floor(dividend / divisor), bit by bit. Bounds: divisor > 0.
Uint256 divided(Uint256 dividend, const Uint256& divisor) noexcept {
  SLUICE_CHECK(bit_length(divisor) > 0);
  Uint256 quotient;
  while (dividend >= divisor) {
    unsigned shift = bit_length(dividend) - bit_length(divisor);
    Uint256 part = shifted_left(divisor, shift);
    if (part > dividend) part = shifted_left(divisor, --shift);
    subtract(dividend, part);
    quotient.word[shift / 64] |= std::uint64_t{1} << (shift % 64);
  }
  return quotient;
}

struct Compact {
  std::uint64_t mantissa;  // at most 23 bits
  unsigned shift;          // target = mantissa << shift
};

std::optional<Compact> decode_compact(std::uint32_t bits) noexcept {
  const unsigned size = bits >> 24;
  std::uint64_t mantissa = bits & 0x007fffff;
  if (size <= 3) mantissa >>= 8 * (3 - size);
  if (mantissa == 0) return std::nullopt;
  if ((bits & 0x00800000) != 0) return std::nullopt;
  const unsigned bytes = mantissa > 0xffff ? 3 : mantissa > 0xff ? 2 : 1;
  if (size > 3 && size - 3 + bytes > 32) return std::nullopt;
  return Compact{mantissa, size > 3 ? 8 * (size - 3) : 0};
}

/// The usual targets, of 2^129 and more. With Q = floor(2^256 / target) and the remainder R, the
/// work floor(2^256 / (target + 1)) is Q if Q <= R, else Q - 1, since Q * (target + 1) is
/// 2^256 - R + Q and Q < target. Dividing by the mantissa alone is a short division.
Uint256 work_of_large_target(const Compact& compact) noexcept {
  const unsigned top_bit = 256 - compact.shift;  // 2^top_bit / mantissa
  Uint256 quotient;
  std::uint64_t rest = 0;
  for (unsigned digit = 9; digit-- > 0;) {
    const std::uint64_t part = rest << 32 | (top_bit / 32 == digit ? std::uint64_t{1} << (top_bit % 32) : 0);
    const std::uint64_t q = part / compact.mantissa;
    rest = part % compact.mantissa;
    if (digit < 8) quotient.word[digit / 2] |= q << (32 * (digit % 2));
  }
  const Uint256 remainder = shifted_left({{rest, 0, 0, 0}}, compact.shift);
  if (quotient > remainder) subtract(quotient, {{1, 0, 0, 0}});
  return quotient;
}

}  // namespace

Header decode_header(Bytes raw) noexcept {
  SLUICE_CHECK(raw.size() == header_bytes);
  Header header;
  header.version = load_le<std::int32_t>(raw.data());
  header.previous = BlockHash::from_bytes(raw.data() + 4);
  header.merkle_root = Digest::from_bytes(raw.data() + 36);
  header.time = load_le<std::uint32_t>(raw.data() + 68);
  header.bits = load_le<std::uint32_t>(raw.data() + 72);
  header.nonce = load_le<std::uint32_t>(raw.data() + 76);
  return header;
}

std::strong_ordering Uint256::operator<=>(const Uint256& other) const noexcept {
  for (std::size_t i = 4; i-- > 0;) {
    if (word[i] != other.word[i]) return word[i] <=> other.word[i];
  }
  return std::strong_ordering::equal;
}

Uint256& Uint256::operator+=(const Uint256& other) noexcept {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide sum = static_cast<Wide>(word[i]) + other.word[i] + carry;
    word[i] = static_cast<std::uint64_t>(sum);
    carry = static_cast<std::uint64_t>(sum >> 64);
  }
  return *this;
}

std::optional<Uint256> target_of_bits(std::uint32_t bits) noexcept {
  const std::optional<Compact> compact = decode_compact(bits);
  if (!compact) return std::nullopt;
  return shifted_left({{compact->mantissa, 0, 0, 0}}, compact->shift);
}

Uint256 work_of_bits(std::uint32_t bits) noexcept {
  const std::optional<Compact> compact = decode_compact(bits);
  if (!compact) return {};
  if (compact->shift >= 129) return work_of_large_target(*compact);
  // 2^256 does not fit, so floor(2^256 / n) is taken as floor((2^256 - n) / n) + 1, n = target + 1.
  Uint256 n = shifted_left({{compact->mantissa, 0, 0, 0}}, compact->shift);
  Uint256 not_target = n;
  for (std::uint64_t& part : not_target.word) part = ~part;
  n += {{1, 0, 0, 0}};
  Uint256 work = divided(not_target, n);
  work += {{1, 0, 0, 0}};
  return work;
}

bool meets_target(const BlockHash& hash, std::uint32_t bits) noexcept {
  const std::optional<Uint256> target = target_of_bits(bits);
  if (!target) return false;
  Uint256 value;
  for (std::size_t i = 0; i < 4; ++i) value.word[i] = load_le<std::uint64_t>(hash.data() + 8 * i);
  return value <= *target;
}

}  // namespace sluice::chain
