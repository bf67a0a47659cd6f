// SHA-256 in plain C++: the reference for the other kernels, and the only one off x86-64.
#include "hash/kernels.h"

namespace sluice::hash {
namespace {

constexpr std::uint32_t sum0(std::uint32_t x) noexcept {
  return rotated_right(x, 2) ^ rotated_right(x, 13) ^ rotated_right(x, 22);
}
constexpr std::uint32_t sum1(std::uint32_t x) noexcept {
  return rotated_right(x, 6) ^ rotated_right(x, 11) ^ rotated_right(x, 25);
}

void compress(std::uint32_t* state, const std::byte* block) noexcept {
  std::uint32_t w[64];
  for (std::size_t t = 0; t < 16; ++t) w[t] = load_be<std::uint32_t>(block + 4 * t);
  for (std::size_t t = 16; t < 64; ++t) {
    w[t] = schedule_sigma1(w[t - 2]) + w[t - 7] + schedule_sigma0(w[t - 15]) + w[t - 16];
  }
  std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  std::uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (std::size_t t = 0; t < 64; ++t) {
    const std::uint32_t t1 = h + sum1(e) + (g ^ (e & (f ^ g))) + round_constants[t] + w[t];
    const std::uint32_t t2 = sum0(a) + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

void blocks(std::uint32_t* state, const std::byte* data, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) compress(state, data + i * block_bytes);
}

void hash_one(const Message& message, Digest& digest) noexcept {
  std::array<std::uint32_t, 8> state = initial_state;
  blocks(state.data(), message.data, message.size / block_bytes);
  std::byte tail[2 * block_bytes];
  blocks(state.data(), tail, pad_tail(message, tail));
  store_state(state.data(), digest.data());
}

void many(const Message* messages, Digest* digests, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) hash_one(messages[i], digests[i]);
}

void many_twice(const Message* messages, Digest* digests, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    Digest first;
    hash_one(messages[i], first);
    hash_one({first.data(), sizeof first}, digests[i]);
  }
}

void pairs(const std::byte* source, Digest* target, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    Digest first;
    hash_one({source + i * block_bytes, block_bytes}, first);
    hash_one({first.data(), sizeof first}, target[i]);
  }
}

}  // namespace

std::size_t pad_tail(const Message& message, std::byte* tail) noexcept {
  const std::size_t rest = message.size % block_bytes;
  const std::size_t count = rest + 9 <= block_bytes ? 1 : 2;
  std::memset(tail, 0, 2 * block_bytes);
  if (rest > 0) std::memcpy(tail, message.data + (message.size - rest), rest);
  tail[rest] = std::byte{0x80};
  store_be<std::uint64_t>(tail + count * block_bytes - 8, message.size * 8);
  return count;
}

void pad_digest(const std::byte* digest, std::byte* block) noexcept {
  std::memcpy(block, digest, 32);
  std::memset(block + 32, 0, 32);
  block[32] = std::byte{0x80};
  store_be<std::uint64_t>(block + 56, 256);
}

void store_state(const std::uint32_t* state, std::byte* digest) noexcept {
  for (std::size_t i = 0; i < 8; ++i) store_be<std::uint32_t>(digest + 4 * i, state[i]);
}

const KernelTable portable_kernel = {blocks, many, many_twice, pairs};

}  // namespace sluice::hash
