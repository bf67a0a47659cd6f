// SHA-256 of 8 messages at once with AVX2, for processors that have neither AVX-512 nor the SHA
// instructions.
#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <utility>

#include "hash/kernels.h"

#define SLUICE_LANES_TARGET "avx2"
#define SLUICE_AVX2 __attribute__((target(SLUICE_LANES_TARGET), always_inline)) inline

namespace sluice::hash {
namespace {

constexpr std::size_t lane_count = 8;
using Vector = __m256i;

SLUICE_AVX2 Vector add(Vector a, Vector b) noexcept { return _mm256_add_epi32(a, b); }
SLUICE_AVX2 Vector all_lanes(std::uint32_t value) noexcept { return _mm256_set1_epi32(static_cast<int>(value)); }
SLUICE_AVX2 Vector xor3(Vector a, Vector b, Vector c) noexcept { return _mm256_xor_si256(_mm256_xor_si256(a, b), c); }
template <int N>
SLUICE_AVX2 Vector rotated(Vector v) noexcept {
  return _mm256_or_si256(_mm256_srli_epi32(v, N), _mm256_slli_epi32(v, 32 - N));
}
SLUICE_AVX2 Vector choose(Vector e, Vector f, Vector g) noexcept {
  return _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g)));
}
SLUICE_AVX2 Vector majority(Vector a, Vector b, Vector c) noexcept {
  return _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)));
}
SLUICE_AVX2 Vector sum0(Vector a) noexcept { return xor3(rotated<2>(a), rotated<13>(a), rotated<22>(a)); }
SLUICE_AVX2 Vector sum1(Vector e) noexcept { return xor3(rotated<6>(e), rotated<11>(e), rotated<25>(e)); }
SLUICE_AVX2 Vector sigma0(Vector w) noexcept { return xor3(rotated<7>(w), rotated<18>(w), _mm256_srli_epi32(w, 3)); }
SLUICE_AVX2 Vector sigma1(Vector w) noexcept { return xor3(rotated<17>(w), rotated<19>(w), _mm256_srli_epi32(w, 10)); }

SLUICE_AVX2 Vector byte_swapped_words(Vector v) noexcept {
  const __m128i mask = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(mask));
}

/// In each group of four words, a 4x4 transpose of four vectors.
SLUICE_AVX2 void transpose_quads(Vector& a, Vector& b, Vector& c, Vector& d) noexcept {
  const Vector ab_low = _mm256_unpacklo_epi32(a, b);
  const Vector ab_high = _mm256_unpackhi_epi32(a, b);
  const Vector cd_low = _mm256_unpacklo_epi32(c, d);
  const Vector cd_high = _mm256_unpackhi_epi32(c, d);
  a = _mm256_unpacklo_epi64(ab_low, cd_low);
  b = _mm256_unpackhi_epi64(ab_low, cd_low);
  c = _mm256_unpacklo_epi64(ab_high, cd_high);
  d = _mm256_unpackhi_epi64(ab_high, cd_high);
}

SLUICE_AVX2 void pad_lane(const Message& message, std::byte* tail) noexcept { pad_tail(message, tail); }

/// w[t] = word t of each of 8 blocks: quads of blocks r and r + 4 share a vector.
SLUICE_AVX2 void load_transposed(const std::byte* const* lanes, std::size_t offset, Vector (&w)[16]) noexcept {
#pragma GCC unroll 4
  for (int quad = 0; quad < 4; ++quad) {
#pragma GCC unroll 4
    for (int row = 0; row < 4; ++row) {
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lanes[row] + offset) + quad);
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lanes[row + 4] + offset) + quad);
      w[4 * quad + row] = byte_swapped_words(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1));
    }
    transpose_quads(w[4 * quad], w[4 * quad + 1], w[4 * quad + 2], w[4 * quad + 3]);
  }
}

SLUICE_AVX2 void store_transposed(const Vector (&state)[8], Digest* const* targets) noexcept {
  Vector v[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) v[i] = byte_swapped_words(state[i]);
  transpose_quads(v[0], v[1], v[2], v[3]);
  transpose_quads(v[4], v[5], v[6], v[7]);
#pragma GCC unroll 4
  for (int row = 0; row < 4; ++row) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(targets[row]->data()),
                        _mm256_permute2x128_si256(v[row], v[row + 4], 0x20));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(targets[row + 4]->data()),
                        _mm256_permute2x128_si256(v[row], v[row + 4], 0x31));
  }
}

/// Lanes whose message ended before this block take their state back. Block counts are below 2^31 here
/// (see lane_blocks_max), so that the signed comparison is right.
template <typename State>
SLUICE_AVX2 void keep_finished(State& state, const State& before, const std::uint32_t* blocks,
                               std::uint32_t block) noexcept {
  const Vector counts = _mm256_load_si256(reinterpret_cast<const __m256i*>(blocks));
  const Vector live = _mm256_cmpgt_epi32(counts, all_lanes(block));
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) state.v[i] = _mm256_blendv_epi8(before.v[i], state.v[i], live);
}

#include "hash/lanes.inc"

}  // namespace

const KernelTable avx2_kernel = lanes_table<portable_kernel, 2>();

}  // namespace sluice::hash
#endif
