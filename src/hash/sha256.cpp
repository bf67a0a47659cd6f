// Which kernel runs, and the public functions over it.
#include "hash/sha256.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "hash/kernels.h"
#include "hash/processor.h"

namespace sluice::hash {
namespace {

constexpr std::size_t kernel_count_max = 4;

/// The kernels of this processor and the one in use. Built at the first call of any function here.
struct Dispatch {
  Dispatch() noexcept;

  [[nodiscard]] bool select(std::string_view name) noexcept;
  void add(Kernel kernel, const KernelTable& table) noexcept;

  std::array<Kernel, kernel_count_max> kernels{};
  std::array<const KernelTable*, kernel_count_max> tables{};
  std::size_t count = 0;
  std::size_t active = 0;
  std::array<char, 160> error{};
};

Dispatch::Dispatch() noexcept {
  add(Kernel::portable, portable_kernel);
#if defined(__x86_64__)
  const Processor processor = detect_processor();
  // In order of measured speed (README.md): two interleaved SHA-NI messages beat eight AVX2 lanes.
  if (processor.avx2) add(Kernel::avx2, avx2_kernel);
  if (processor.sha_ni) add(Kernel::sha_ni, sha_ni_kernel);
  if (processor.avx512) add(Kernel::avx512, processor.sha_ni ? avx512_kernel : avx512_no_sha_ni_kernel);
#endif
  active = count - 1;
  const char* requested = std::getenv("SLUICE_SHA");
  if (requested == nullptr || *requested == '\0' || select(requested)) return;
  std::size_t used = 0;
  const auto append = [&](const char* text) noexcept {
    const int written = std::snprintf(error.data() + used, error.size() - used, "%.40s", text);
    if (written > 0) used = std::min(used + static_cast<std::size_t>(written), error.size() - 1);
  };
  append("SLUICE_SHA=");
  append(requested);
  append(": not a kernel of this processor; it has");
  for (std::size_t i = 0; i < count; ++i) {
    append(" ");
    append(kernel_name(kernels[i]).data());
  }
}

void Dispatch::add(Kernel kernel, const KernelTable& table) noexcept {
  SLUICE_CHECK(count < kernel_count_max);
  kernels[count] = kernel;
  tables[count] = &table;
  ++count;
}

bool Dispatch::select(std::string_view name) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (kernel_name(kernels[i]) == name) {
      active = i;
      return true;
    }
  }
  return false;
}

Dispatch& dispatch() noexcept {
  static Dispatch instance;
  return instance;
}

const KernelTable& active_table() noexcept {
  const Dispatch& current = dispatch();
  return *current.tables[current.active];
}

Digest digest_of(const std::array<std::uint32_t, 8>& state) noexcept {
  Digest digest;
  store_state(state.data(), digest.data());
  return digest;
}

Digest hash_once(const KernelTable& table, Bytes message) noexcept {
  std::array<std::uint32_t, 8> state = initial_state;
  const std::size_t full = message.size() / block_bytes;
  if (full > 0) table.blocks(state.data(), message.data(), full);
  std::byte tail[2 * block_bytes];
  table.blocks(state.data(), tail, pad_tail({message.data(), message.size()}, tail));
  return digest_of(state);
}

Digest hash_digest(const KernelTable& table, const Digest& digest) noexcept {
  std::array<std::uint32_t, 8> state = initial_state;
  std::byte block[block_bytes];
  pad_digest(digest.data(), block);
  table.blocks(state.data(), block, 1);
  return digest_of(state);
}

}  // namespace

std::string_view kernel_name(Kernel kernel) noexcept {
  switch (kernel) {
    case Kernel::portable: return "portable";
    case Kernel::sha_ni: return "sha_ni";
    case Kernel::avx2: return "avx2";
    case Kernel::avx512: return "avx512";
  }
  return "unknown";
}

std::span<const Kernel> available_kernels() noexcept {
  const Dispatch& current = dispatch();
  return {current.kernels.data(), current.count};
}

Kernel active_kernel() noexcept {
  const Dispatch& current = dispatch();
  return current.kernels[current.active];
}

bool select_kernel(std::string_view name) noexcept { return dispatch().select(name); }

std::string_view requested_kernel_error() noexcept { return dispatch().error.data(); }

Digest sha256(Bytes message) noexcept { return hash_once(active_table(), message); }

Digest sha256d(Bytes message) noexcept {
  const KernelTable& table = active_table();
  return hash_digest(table, hash_once(table, message));
}

void sha256_many(std::span<const Message> messages, std::span<Digest> digests) noexcept {
  SLUICE_CHECK(messages.size() == digests.size());
  active_table().many(messages.data(), digests.data(), messages.size());
}

void sha256d_many(std::span<const Message> messages, std::span<Digest> digests) noexcept {
  SLUICE_CHECK(messages.size() == digests.size());
  active_table().many_twice(messages.data(), digests.data(), messages.size());
}

void sha256d_pairs(const std::byte* pairs, std::span<Digest> target) noexcept {
  active_table().pairs(pairs, target.data(), target.size());
}

Sha256::Sha256() noexcept { std::memcpy(state_, initial_state.data(), sizeof state_); }

Sha256& Sha256::update(Bytes piece) noexcept {
  const std::size_t held = size_ % block_bytes;
  size_ += piece.size();
  if (held > 0) {
    const std::size_t wanted = std::min(block_bytes - held, piece.size());
    std::memcpy(block_ + held, piece.data(), wanted);
    piece = piece.subspan(wanted);
    if (held + wanted < block_bytes) return *this;
    active_table().blocks(state_, block_, 1);
  }
  const std::size_t full = piece.size() / block_bytes;
  if (full > 0) active_table().blocks(state_, piece.data(), full);
  piece = piece.subspan(full * block_bytes);
  if (!piece.empty()) std::memcpy(block_, piece.data(), piece.size());
  return *this;
}

Digest Sha256::finish() noexcept {
  const std::size_t held = size_ % block_bytes;
  std::byte tail[2 * block_bytes] = {};
  std::memcpy(tail, block_, held);
  tail[held] = std::byte{0x80};
  const std::size_t blocks = padded_blocks(held);
  store_be<std::uint64_t>(tail + blocks * block_bytes - 8, size_ * 8);
  active_table().blocks(state_, tail, blocks);
  Digest digest;
  store_state(state_, digest.data());
  return digest;
}

Digest Sha256::finish_double() noexcept { return hash_digest(active_table(), finish()); }

}  // namespace sluice::hash
