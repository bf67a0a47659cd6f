// SHA-256 of 16 messages at once with AVX-512: a rotate is one instruction, and so is any function of
// three bits, which is why 16 lanes here beat the SHA instructions.
#if defined(__x86_64__)

// GCC 12 makes its own "undefined" vectors by self-assignment and then warns about them.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>

#include <algorithm>
#include <utility>

#include "hash/kernels.h"

#define SLUICE_LANES_TARGET "avx512f,avx512bw,avx512vl,avx2,bmi2"
#define SLUICE_512 __attribute__((target(SLUICE_LANES_TARGET), always_inline)) inline

namespace sluice::hash {
namespace {

constexpr std::size_t lane_count = 16;
using Vector = __m512i;

// Truth tables of vpternlog: bit (4a + 2b + c) of the immediate is the result for bits a, b, c.
constexpr int xor_table = 0x96;
constexpr int choose_table = 0xca;
constexpr int majority_table = 0xe8;

SLUICE_512 Vector add(Vector a, Vector b) noexcept { return _mm512_add_epi32(a, b); }
SLUICE_512 Vector all_lanes(std::uint32_t value) noexcept { return _mm512_set1_epi32(static_cast<int>(value)); }
SLUICE_512 Vector xor3(Vector a, Vector b, Vector c) noexcept { return _mm512_ternarylogic_epi32(a, b, c, xor_table); }
SLUICE_512 Vector choose(Vector e, Vector f, Vector g) noexcept {
  return _mm512_ternarylogic_epi32(e, f, g, choose_table);
}
SLUICE_512 Vector majority(Vector a, Vector b, Vector c) noexcept {
  return _mm512_ternarylogic_epi32(a, b, c, majority_table);
}
SLUICE_512 Vector sum0(Vector a) noexcept {
  return xor3(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13), _mm512_ror_epi32(a, 22));
}
SLUICE_512 Vector sum1(Vector e) noexcept {
  return xor3(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11), _mm512_ror_epi32(e, 25));
}
SLUICE_512 Vector sigma0(Vector w) noexcept {
  return xor3(_mm512_ror_epi32(w, 7), _mm512_ror_epi32(w, 18), _mm512_srli_epi32(w, 3));
}
SLUICE_512 Vector sigma1(Vector w) noexcept {
  return xor3(_mm512_ror_epi32(w, 17), _mm512_ror_epi32(w, 19), _mm512_srli_epi32(w, 10));
}

/// Reverses the bytes of each 32-bit word.
SLUICE_512 Vector byte_swapped_words(Vector v) noexcept {
  const __m128i mask = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm512_shuffle_epi8(v, _mm512_broadcast_i32x4(mask));
}

/// In each group of four words, a 4x4 transpose of four vectors.
SLUICE_512 void transpose_quads(Vector& a, Vector& b, Vector& c, Vector& d) noexcept {
  const Vector ab_low = _mm512_unpacklo_epi32(a, b);
  const Vector ab_high = _mm512_unpackhi_epi32(a, b);
  const Vector cd_low = _mm512_unpacklo_epi32(c, d);
  const Vector cd_high = _mm512_unpackhi_epi32(c, d);
  a = _mm512_unpacklo_epi64(ab_low, cd_low);
  b = _mm512_unpackhi_epi64(ab_low, cd_low);
  c = _mm512_unpacklo_epi64(ab_high, cd_high);
  d = _mm512_unpackhi_epi64(ab_high, cd_high);
}

SLUICE_512 __m128i load_quad(const std::byte* block, int quad) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + quad);
}

/// pad_tail without branches or byte loops: a masked load never touches what lies behind the message.
SLUICE_512 void pad_lane(const Message& message, std::byte* tail) noexcept {
  const std::uint64_t rest = message.size % block_bytes;
  const std::uint64_t marker = std::uint64_t{1} << rest;
  const auto length = static_cast<long long>(byte_swapped<std::uint64_t>(message.size * 8));
  const unsigned last_word = 0x80;
  const unsigned in_first = rest + 9 <= block_bytes ? last_word : 0;
  Vector first = _mm512_maskz_loadu_epi8(marker - 1, message.data + (message.size - rest));
  first = _mm512_mask_mov_epi8(first, marker, _mm512_set1_epi8(static_cast<char>(0x80)));
  first = _mm512_mask_set1_epi64(first, static_cast<__mmask8>(in_first), length);
  _mm512_store_si512(tail, first);
  _mm512_store_si512(tail + block_bytes, _mm512_maskz_set1_epi64(static_cast<__mmask8>(last_word ^ in_first), length));
}

/// w[t] = word t of each of 16 blocks. Quads of words are moved between the vectors on loading, where a
/// masked broadcast from memory needs no shuffle port: row r of w then holds quad q of blocks
/// r, r + 4, r + 8, r + 12, and four rows make a 4x4 transpose.
SLUICE_512 void load_transposed(const std::byte* const* lanes, std::size_t offset, Vector (&w)[16]) noexcept {
#pragma GCC unroll 4
  for (int quad = 0; quad < 4; ++quad) {
#pragma GCC unroll 4
    for (int row = 0; row < 4; ++row) {
      Vector v = _mm512_castsi128_si512(load_quad(lanes[row] + offset, quad));
      v = _mm512_mask_broadcast_i32x4(v, 0x00f0, load_quad(lanes[row + 4] + offset, quad));
      v = _mm512_mask_broadcast_i32x4(v, 0x0f00, load_quad(lanes[row + 8] + offset, quad));
      v = _mm512_mask_broadcast_i32x4(v, 0xf000, load_quad(lanes[row + 12] + offset, quad));
      w[4 * quad + row] = byte_swapped_words(v);
    }
    transpose_quads(w[4 * quad], w[4 * quad + 1], w[4 * quad + 2], w[4 * quad + 3]);
  }
}

SLUICE_512 void store_digest(__m256i digest, Digest* target) noexcept {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(target->data()), digest);
}

/// Writes the 16 digests, words swapped to big-endian.
SLUICE_512 void store_transposed(const Vector (&state)[8], Digest* const* targets) noexcept {
  Vector v[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) v[i] = byte_swapped_words(state[i]);
  transpose_quads(v[0], v[1], v[2], v[3]);  // v[r]: words 0..3 of lanes r, r + 4, r + 8, r + 12
  transpose_quads(v[4], v[5], v[6], v[7]);  // v[4 + r]: words 4..7 of the same
  const Vector first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const Vector second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
#pragma GCC unroll 4
  for (int row = 0; row < 4; ++row) {
    const Vector lanes_0_4 = _mm512_permutex2var_epi64(v[row], first, v[row + 4]);
    const Vector lanes_8_12 = _mm512_permutex2var_epi64(v[row], second, v[row + 4]);
    store_digest(_mm512_castsi512_si256(lanes_0_4), targets[row]);
    store_digest(_mm512_extracti64x4_epi64(lanes_0_4, 1), targets[row + 4]);
    store_digest(_mm512_castsi512_si256(lanes_8_12), targets[row + 8]);
    store_digest(_mm512_extracti64x4_epi64(lanes_8_12, 1), targets[row + 12]);
  }
}

/// Lanes whose message ended before this block take their state back.
template <typename State>
SLUICE_512 void keep_finished(State& state, const State& before, const std::uint32_t* blocks,
                              std::uint32_t block) noexcept {
  const __mmask16 finished = _mm512_cmple_epu32_mask(_mm512_load_si512(blocks), all_lanes(block));
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) state.v[i] = _mm512_mask_mov_epi32(state.v[i], finished, before.v[i]);
}

#include "hash/lanes.inc"

}  // namespace

const KernelTable avx512_kernel = lanes_table<sha_ni_kernel, 8>();
const KernelTable avx512_no_sha_ni_kernel = lanes_table<portable_kernel, 2>();

}  // namespace sluice::hash
#endif
