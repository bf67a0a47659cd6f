// What a SHA-256 kernel offers to the dispatcher in sha256.cpp, and the little they all share.
// Internal to this folder.
//
// Each kernel is one file. Only its own functions carry a target attribute (never the whole file),
// so that no inline function from a header is compiled for a processor that may be missing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hash/sha256.h"

namespace sluice::hash {

inline constexpr std::size_t block_bytes = 64;

/// FIPS 180-4, 5.3.3 and 4.2.2.
inline constexpr std::array<std::uint32_t, 8> initial_state = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
alignas(64) inline constexpr std::array<std::uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr std::uint32_t rotated_right(std::uint32_t x, int n) noexcept { return (x >> n) | (x << (32 - n)); }
constexpr std::uint32_t schedule_sigma0(std::uint32_t x) noexcept {
  return rotated_right(x, 7) ^ rotated_right(x, 18) ^ (x >> 3);
}
constexpr std::uint32_t schedule_sigma1(std::uint32_t x) noexcept {
  return rotated_right(x, 17) ^ rotated_right(x, 19) ^ (x >> 10);
}

/// Schedule plus round constants of the second block of every 64-byte message: it is all padding,
/// so the 64 sums are known when the program is compiled.
constexpr std::array<std::uint32_t, 64> padding_block_sums() noexcept {
  std::array<std::uint32_t, 64> w{};
  w[0] = 0x80000000;
  w[15] = 64 * 8;
  for (std::size_t t = 16; t < 64; ++t) {
    w[t] = schedule_sigma1(w[t - 2]) + w[t - 7] + schedule_sigma0(w[t - 15]) + w[t - 16];
  }
  for (std::size_t t = 0; t < 64; ++t) w[t] += round_constants[t];
  return w;
}
alignas(64) inline constexpr std::array<std::uint32_t, 64> pair_padding_sums = padding_block_sums();

/// Blocks of a message, padding included.
constexpr std::uint64_t padded_blocks(std::uint64_t size) noexcept { return (size + 8) / block_bytes + 1; }

/// Writes the last one or two blocks of a message: what is left after its full blocks, and padding.
/// Bounds: tail has 128 bytes.   Returns the number of blocks, 1 or 2.
std::size_t pad_tail(const Message& message, std::byte* tail) noexcept;

/// The same for a 32-byte digest that is hashed again: always one block.
void pad_digest(const std::byte* digest, std::byte* block) noexcept;

void store_state(const std::uint32_t* state, std::byte* digest) noexcept;

struct KernelTable {
  /// Absorbs `count` blocks of one message into its state.
  void (*blocks)(std::uint32_t* state, const std::byte* data, std::size_t count) noexcept;
  /// digests[i] = SHA-256(messages[i]); many_twice hashes each digest once more.
  void (*many)(const Message* messages, Digest* digests, std::size_t count) noexcept;
  void (*many_twice)(const Message* messages, Digest* digests, std::size_t count) noexcept;
  /// See sha256d_pairs; may run in place.
  void (*pairs)(const std::byte* pairs, Digest* target, std::size_t count) noexcept;
};

extern const KernelTable portable_kernel;
#if defined(__x86_64__)
extern const KernelTable sha_ni_kernel;
extern const KernelTable avx2_kernel;
extern const KernelTable avx512_kernel;           ///< few messages at once: SHA-NI
extern const KernelTable avx512_no_sha_ni_kernel; ///< for processors without SHA-NI
#endif

}  // namespace sluice::hash
