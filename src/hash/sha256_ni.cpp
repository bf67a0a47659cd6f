// SHA-256 with the x86 SHA instructions.
//
// One `sha256rnds2` does two rounds in 4 cycles but another one may start every 2, so one message
// alone leaves the unit idle half of the time. Two independent messages are therefore hashed with
// their instructions interleaved. Each of the two streams takes the next message as soon as its own
// is finished, so sizes need not match.
//
// State lives in the instruction's own layout: x[0] = ABEF, x[1] = CDGH, highest word first.
#if defined(__x86_64__)

#include <immintrin.h>

#include "hash/kernels.h"

#define SLUICE_NI __attribute__((target("sha,sse4.1,ssse3")))
#define SLUICE_NI_INLINE __attribute__((target("sha,sse4.1,ssse3"), always_inline)) inline

namespace sluice::hash {
namespace {

struct NiState {
  __m128i x[2];
};

SLUICE_NI_INLINE NiState to_ni(const std::uint32_t* state) noexcept {
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  return {{_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)}};
}

struct PlainState {
  __m128i abcd;
  __m128i efgh;
};

SLUICE_NI_INLINE PlainState from_ni(const NiState& state) noexcept {
  const __m128i feba = _mm_shuffle_epi32(state.x[0], 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(state.x[1], 0xB1);
  return {_mm_blend_epi16(feba, dchg, 0xF0), _mm_alignr_epi8(dchg, feba, 8)};
}

SLUICE_NI_INLINE __m128i byte_swap_mask() noexcept {
  return _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
}

SLUICE_NI_INLINE void store_digest(const NiState& state, std::byte* digest) noexcept {
  const PlainState plain = from_ni(state);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(digest), _mm_shuffle_epi8(plain.abcd, byte_swap_mask()));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(digest + 16), _mm_shuffle_epi8(plain.efgh, byte_swap_mask()));
}

/// Four rounds of each of N streams. Sums are schedule words plus constants.
template <int N>
SLUICE_NI_INLINE void four_rounds(NiState (&state)[N], const __m128i (&sums)[N]) noexcept {
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) state[s].x[1] = _mm_sha256rnds2_epu32(state[s].x[1], state[s].x[0], sums[s]);
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) {
    state[s].x[0] = _mm_sha256rnds2_epu32(state[s].x[0], state[s].x[1], _mm_shuffle_epi32(sums[s], 0x0E));
  }
}

/// One block of each of N streams. m holds the 16 message words of each, already in host order.
template <int N>
SLUICE_NI_INLINE void compress(NiState (&state)[N], __m128i (&m)[N][4]) noexcept {
  NiState before[N];
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) before[s] = state[s];
#pragma GCC unroll 16
  for (std::size_t group = 0; group < 16; ++group) {
    const std::size_t now = group & 3;
    const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(&round_constants[4 * group]));
    __m128i sums[N];
#pragma GCC unroll 4
    for (int s = 0; s < N; ++s) {
      if (group >= 4) {
        const __m128i w7 = _mm_alignr_epi8(m[s][(now + 3) & 3], m[s][(now + 2) & 3], 4);
        m[s][now] = _mm_add_epi32(_mm_sha256msg1_epu32(m[s][now], m[s][(now + 1) & 3]), w7);
        m[s][now] = _mm_sha256msg2_epu32(m[s][now], m[s][(now + 3) & 3]);
      }
      sums[s] = _mm_add_epi32(m[s][now], constants);
    }
    four_rounds<N>(state, sums);
  }
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) {
    state[s].x[0] = _mm_add_epi32(state[s].x[0], before[s].x[0]);
    state[s].x[1] = _mm_add_epi32(state[s].x[1], before[s].x[1]);
  }
}

SLUICE_NI_INLINE void load_block(__m128i (&m)[4], const std::byte* block) noexcept {
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    m[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i), byte_swap_mask());
  }
}

template <int N>
SLUICE_NI void compress_runs(NiState* const (&states)[N], const std::byte* const (&data)[N],
                             std::size_t count) noexcept {
  NiState state[N];
  for (int s = 0; s < N; ++s) state[s] = *states[s];
  for (std::size_t i = 0; i < count; ++i) {
    __m128i m[N][4];
#pragma GCC unroll 4
    for (int s = 0; s < N; ++s) load_block(m[s], data[s] + i * block_bytes);
    compress<N>(state, m);
  }
  for (int s = 0; s < N; ++s) *states[s] = state[s];
}

/// One of the interleaved streams: the run of blocks it is at, and where its digest goes.
class Stream {
 public:
  /// Begins a message. Bounds: the one before is finished.
  SLUICE_NI void begin(const Message& message, Digest* target) noexcept {
    state = to_ni(initial_state.data());
    message_ = message;
    target_ = target;
    next = message.data;
    left = message.size / block_bytes;
    part_ = Part::body;
    if (left == 0) begin_tail();
  }

  /// Goes past `count` blocks. true if the digest has been written.
  template <bool Twice>
  SLUICE_NI bool advance(std::size_t count) noexcept {
    left -= count;
    next += count * block_bytes;
    if (left > 0) return false;
    if (part_ == Part::body) {
      begin_tail();
      return false;
    }
    if (Twice && part_ == Part::tail) {
      std::byte digest[32];
      store_digest(state, digest);
      pad_digest(digest, tail_);
      state = to_ni(initial_state.data());
      next = tail_;
      left = 1;
      part_ = Part::second;
      return false;
    }
    store_digest(state, target_->data());
    return true;
  }

  NiState state;
  const std::byte* next = nullptr;
  std::size_t left = 0;  // blocks, at least 1 while a message is under way

 private:
  enum class Part : std::uint8_t { body, tail, second };

  void begin_tail() noexcept {
    left = pad_tail(message_, tail_);
    next = tail_;
    part_ = Part::tail;
  }

  Message message_;
  Digest* target_ = nullptr;
  Part part_ = Part::body;
  alignas(64) std::byte tail_[2 * block_bytes];
};

template <bool Twice>
SLUICE_NI void hash_many(const Message* messages, Digest* digests, std::size_t count) noexcept {
  if (count == 0) return;
  Stream a;
  Stream b;
  std::size_t next = 0;
  a.begin(messages[next], &digests[next]);
  bool a_live = true;
  bool b_live = ++next < count;
  if (b_live) {
    b.begin(messages[next], &digests[next]);
    ++next;
  }
  while (a_live && b_live) {
    const std::size_t run = a.left < b.left ? a.left : b.left;
    compress_runs<2>({&a.state, &b.state}, {a.next, b.next}, run);
    if (a.advance<Twice>(run)) {
      a_live = next < count;
      if (a_live) {
        a.begin(messages[next], &digests[next]);
        ++next;
      }
    }
    if (b.advance<Twice>(run)) {
      b_live = next < count;
      if (b_live) {
        b.begin(messages[next], &digests[next]);
        ++next;
      }
    }
  }
  if (!a_live && !b_live) return;
  Stream& last = a_live ? a : b;
  for (bool done = false; !done;) {
    const std::size_t run = last.left;
    compress_runs<1>({&last.state}, {last.next}, run);
    done = last.advance<Twice>(run);
  }
}

SLUICE_NI void many(const Message* messages, Digest* digests, std::size_t count) noexcept {
  hash_many<false>(messages, digests, count);
}

SLUICE_NI void many_twice(const Message* messages, Digest* digests, std::size_t count) noexcept {
  hash_many<true>(messages, digests, count);
}

SLUICE_NI void blocks(std::uint32_t* state, const std::byte* data, std::size_t count) noexcept {
  NiState converted = to_ni(state);
  compress_runs<1>({&converted}, {data}, count);
  const PlainState plain = from_ni(converted);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), plain.abcd);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), plain.efgh);
}

/// The all-padding second block of a 64-byte message: its schedule is a table.
template <int N>
SLUICE_NI_INLINE void compress_pair_padding(NiState (&state)[N]) noexcept {
  NiState before[N];
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) before[s] = state[s];
#pragma GCC unroll 16
  for (std::size_t group = 0; group < 16; ++group) {
    const __m128i sum = _mm_load_si128(reinterpret_cast<const __m128i*>(&pair_padding_sums[4 * group]));
    __m128i sums[N];
#pragma GCC unroll 4
    for (int s = 0; s < N; ++s) sums[s] = sum;
    four_rounds<N>(state, sums);
  }
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) {
    state[s].x[0] = _mm_add_epi32(state[s].x[0], before[s].x[0]);
    state[s].x[1] = _mm_add_epi32(state[s].x[1], before[s].x[1]);
  }
}

/// N neighbouring pairs at once. All of source is read before target is written.
template <int N>
SLUICE_NI_INLINE void hash_pairs(const std::byte* source, Digest* target) noexcept {
  const NiState initial = to_ni(initial_state.data());
  NiState state[N];
  __m128i m[N][4];
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) {
    state[s] = initial;
    load_block(m[s], source + static_cast<std::size_t>(s) * block_bytes);
  }
  compress<N>(state, m);
  compress_pair_padding<N>(state);
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) {
    const PlainState digest = from_ni(state[s]);
    m[s][0] = digest.abcd;
    m[s][1] = digest.efgh;
    m[s][2] = _mm_set_epi32(0, 0, 0, static_cast<int>(0x80000000));
    m[s][3] = _mm_set_epi32(256, 0, 0, 0);
    state[s] = initial;
  }
  compress<N>(state, m);
#pragma GCC unroll 4
  for (int s = 0; s < N; ++s) store_digest(state[s], target[s].data());
}

SLUICE_NI void pairs(const std::byte* source, Digest* target, std::size_t count) noexcept {
  std::size_t i = 0;
  for (; i + 2 <= count; i += 2) hash_pairs<2>(source + i * block_bytes, target + i);
  if (i < count) hash_pairs<1>(source + i * block_bytes, target + i);
}

}  // namespace

const KernelTable sha_ni_kernel = {blocks, many, many_twice, pairs};

}  // namespace sluice::hash
#endif
