// SHA-256 and double SHA-256, one message or many at once.
//
// The kernel is chosen once, at first use: the best one this processor has, or the one that the
// environment variable SLUICE_SHA names (portable, sha_ni, avx2, avx512). Naming one that the
// processor lacks is an error at start-up (see requested_kernel_error).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice::hash {

enum class Kernel : std::uint8_t { portable, sha_ni, avx2, avx512 };

[[nodiscard]] std::string_view kernel_name(Kernel kernel) noexcept;
/// Kernels that this processor can run, best last. Always has `portable`.
[[nodiscard]] std::span<const Kernel> available_kernels() noexcept;
/// The kernel in use.
[[nodiscard]] Kernel active_kernel() noexcept;
/// Switches the process to another kernel. false (and no change) if the name is unknown or the
/// processor lacks it. Not thread-safe: for start-up, tests and benchmarks.
[[nodiscard]] bool select_kernel(std::string_view name) noexcept;
/// One line if SLUICE_SHA names a kernel that is unknown or that this processor lacks, else "".
/// The best kernel is in use then; a program should say the line and stop at start-up.
[[nodiscard]] std::string_view requested_kernel_error() noexcept;

/// One message: `size` bytes at `data`.
struct Message {
  const std::byte* data = nullptr;
  std::uint64_t size = 0;
};

[[nodiscard]] Digest sha256(Bytes message) noexcept;
[[nodiscard]] Digest sha256d(Bytes message) noexcept;

/// digests[i] = SHA-256(messages[i]), resp. double SHA-256. Messages of any sizes in any order;
/// neighbours of equal block count go fastest.
/// Bounds: digests.size() == messages.size().   Cost: no allocation.
void sha256_many(std::span<const Message> messages, std::span<Digest> digests) noexcept;
void sha256d_many(std::span<const Message> messages, std::span<Digest> digests) noexcept;

/// One level of a merkle tree: target[i] = double SHA-256 of the 64 bytes at pairs + 64 * i.
/// target may be the same memory as pairs (in place). Bounds: pairs has 64 * target.size() bytes.
void sha256d_pairs(const std::byte* pairs, std::span<Digest> target) noexcept;

/// Streaming form for messages in several pieces.
class Sha256 {
 public:
  Sha256() noexcept;
  Sha256& update(Bytes piece) noexcept;
  [[nodiscard]] Digest finish() noexcept;         ///< SHA-256
  [[nodiscard]] Digest finish_double() noexcept;  ///< SHA-256 of SHA-256

 private:
  std::uint32_t state_[8];
  std::uint64_t size_ = 0;
  std::byte block_[64];
};

}  // namespace sluice::hash
