#include "base/hex.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/hash256.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sluice {
namespace {

/// Both digits of every byte, one behind the other.
constexpr std::array<char, 512> make_digit_pairs() {
  constexpr char digits[] = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t value = 0; value < 256; ++value) {
    pairs[2 * value] = digits[value >> 4];
    pairs[2 * value + 1] = digits[value & 15];
  }
  return pairs;
}
constexpr auto kDigitPairs = make_digit_pairs();

constexpr std::array<signed char, 256> make_values() {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<signed char>(i);
  for (int i = 0; i < 6; ++i) {
    values[static_cast<std::size_t>('a' + i)] = static_cast<signed char>(10 + i);
    values[static_cast<std::size_t>('A' + i)] = static_cast<signed char>(10 + i);
  }
  return values;
}
constexpr auto kValues = make_values();

void put_digits(char* at, std::byte value) noexcept {
  std::memcpy(at, kDigitPairs.data() + 2 * std::to_integer<std::size_t>(value), 2);
}

/// Decodes digits [2 * begin, hex.size()). One bad digit leaves a bit above 255 in `seen`: no branch per digit.
bool decode_from(std::size_t begin, std::string_view hex, MutableBytes target) noexcept {
  unsigned seen = 0;
  for (std::size_t i = begin; i < target.size(); ++i) {
    const unsigned value =
        static_cast<unsigned>(hex_digit(hex[2 * i])) << 4 | static_cast<unsigned>(hex_digit(hex[2 * i + 1]));
    seen |= value;
    target[i] = static_cast<std::byte>(value & 255);
  }
  return seen <= 255;
}

/// Digits of `bytes` from `begin` on, to twice that offset behind `at`.
template <bool reversed>
void encode_from(std::size_t begin, Bytes bytes, char* at) noexcept {
  for (std::size_t i = begin; i < bytes.size(); ++i)
    put_digits(at + 2 * i, reversed ? bytes[bytes.size() - 1 - i] : bytes[i]);
}

#if defined(__x86_64__)

/// 32 bytes to 64 digits a step: each half of a byte picks its digit in a table of 16, and the digits of the two halves
/// are interleaved. That works within 128-bit halves, so the bytes are put in place beforehand.
template <bool reversed>
__attribute__((target("avx2"))) void encode_avx2(Bytes bytes, char* at) noexcept {
  const __m256i digits = _mm256_broadcastsi128_si256(
      _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'));
  const __m256i backwards =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  const __m256i low_half = _mm256_set1_epi8(15);
  std::size_t done = 0;
  for (; done + 32 <= bytes.size(); done += 32) {
    const std::byte* from = reversed ? bytes.data() + bytes.size() - 32 - done : bytes.data() + done;
    __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    if constexpr (reversed) values = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(values, backwards), 0b01'00'11'10);
    const __m256i high = _mm256_shuffle_epi8(digits, _mm256_and_si256(_mm256_srli_epi16(values, 4), low_half));
    const __m256i low = _mm256_shuffle_epi8(digits, _mm256_and_si256(values, low_half));
    const __m256i even = _mm256_unpacklo_epi8(high, low);  // digits of bytes 0 to 7 and 16 to 23
    const __m256i odd = _mm256_unpackhi_epi8(high, low);   // of 8 to 15 and 24 to 31
    auto* target = reinterpret_cast<__m256i*>(at + 2 * done);
    _mm256_storeu_si256(target, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(target + 1, _mm256_permute2x128_si256(even, odd, 0x31));
  }
  encode_from<reversed>(done, bytes, at);
}

/// Values of 32 digits; bytes of `valid` become 0 where there was none.
__attribute__((target("avx2"))) inline __m256i digit_values(__m256i digits, __m256i& valid) noexcept {
  const __m256i number = _mm256_sub_epi8(digits, _mm256_set1_epi8('0'));
  const __m256i is_number = _mm256_cmpeq_epi8(_mm256_min_epu8(number, _mm256_set1_epi8(9)), number);
  const __m256i letter = _mm256_sub_epi8(_mm256_or_si256(digits, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
  const __m256i is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(5)), letter);
  valid = _mm256_and_si256(valid, _mm256_or_si256(is_number, is_letter));
  return _mm256_blendv_epi8(_mm256_add_epi8(letter, _mm256_set1_epi8(10)), number, is_number);
}

/// 64 digits to 32 bytes a step: digits to values, each pair to 16 * high + low in 16 bits, then packed to bytes.
/// The pack works within 128-bit halves, so its quarters are put in order at the end. No step waits for another;
/// `valid` is looked at once.
__attribute__((target("avx2"))) bool decode_avx2(std::string_view hex, MutableBytes target) noexcept {
  const __m256i weights = _mm256_set1_epi16(0x0110);
  __m256i valid = _mm256_set1_epi8(-1);
  std::size_t at = 0;
  for (; at + 32 <= target.size(); at += 32) {
    const auto* source = reinterpret_cast<const __m256i*>(hex.data() + 2 * at);
    const __m256i first = _mm256_maddubs_epi16(digit_values(_mm256_loadu_si256(source), valid), weights);
    const __m256i second = _mm256_maddubs_epi16(digit_values(_mm256_loadu_si256(source + 1), valid), weights);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0b11'01'10'00);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target.data() + at), packed);
  }
  return _mm256_movemask_epi8(valid) == -1 && decode_from(at, hex, target);
}

bool has_avx2() noexcept {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

#endif

template <bool reversed>
void encode(Bytes bytes, char* at) noexcept {
#if defined(__x86_64__)
  if (has_avx2()) return encode_avx2<reversed>(bytes, at);
#endif
  encode_from<reversed>(0, bytes, at);
}

}  // namespace

int hex_digit(char c) noexcept { return kValues[static_cast<unsigned char>(c)]; }

void append_hex(std::string& target, Bytes bytes) {
  const std::size_t begin = target.size();
  target.resize(begin + 2 * bytes.size());
  encode<false>(bytes, target.data() + begin);
}

void append_hex_reversed(std::string& target, Bytes bytes) {
  const std::size_t begin = target.size();
  target.resize(begin + 2 * bytes.size());
  encode<true>(bytes, target.data() + begin);
}

void put_hex_reversed(char* at, Bytes bytes) noexcept { encode<true>(bytes, at); }
void put_hex(char* at, Bytes bytes) noexcept { encode<false>(bytes, at); }

std::string to_hex(Bytes bytes) {
  std::string text;
  append_hex(text, bytes);
  return text;
}

bool decode_hex_portable(std::string_view hex, MutableBytes target) noexcept {
  return hex.size() % 2 == 0 && hex.size() / 2 == target.size() && decode_from(0, hex, target);
}

bool decode_hex(std::string_view hex, MutableBytes target) noexcept {
#if defined(__x86_64__)
  if (has_avx2()) return hex.size() % 2 == 0 && hex.size() / 2 == target.size() && decode_avx2(hex, target);
#endif
  return decode_hex_portable(hex, target);
}

std::optional<std::vector<std::byte>> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes(hex.size() / 2);
  if (!decode_hex(hex, bytes)) return std::nullopt;
  return bytes;
}

template <typename Tag>
std::string Hash32<Tag>::display() const {
  std::string text;
  append_hex_reversed(text, bytes);
  return text;
}

template <typename Tag>
std::optional<Hash32<Tag>> Hash32<Tag>::from_display(std::string_view hex) noexcept {
  Hash32 hash;
  if (!decode_hex(hex, hash.bytes)) return std::nullopt;
  std::reverse(hash.bytes.begin(), hash.bytes.end());
  return hash;
}

template struct Hash32<DigestTag>;
template struct Hash32<TxidTag>;
template struct Hash32<BlockHashTag>;
template struct Hash32<ScriptHashTag>;

}  // namespace sluice
