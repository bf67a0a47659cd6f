// Which outpoints may be offered: asked for every input of every block, so that blocks without swaps cost nothing.
//
// A blocked Bloom filter: one cache line an outpoint. "No" is certain; "perhaps" is asked of the rows. What is closed
// stays in until the filter is built anew.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/outpoint.h"

namespace sluice::swap {

class OutpointFilter {
 public:
  /// For so many outpoints at a false positive rate below 1 in 1,000. Cost: 2.7 to 5.4 bytes an outpoint, 4 KiB at
  /// least.
  explicit OutpointFilter(std::size_t capacity);

  /// One thread at a time; others may ask meanwhile.
  void insert(const Outpoint& outpoint) noexcept { insert(outpoint.txid.data(), outpoint.index); }
  void insert(const std::byte* txid, std::uint32_t index) noexcept;
  /// Any thread. Bounds: txid has 32 bytes.
  [[nodiscard]] bool may_hold(const std::byte* txid, std::uint32_t index) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  /// Fuller than it was made for: to be built anew, larger.
  [[nodiscard]] bool full() const noexcept { return size() >= capacity_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return lines_ * 64; }

 private:
  std::size_t capacity_;
  std::size_t lines_;                 // a power of two
  std::atomic<std::size_t> size_{0};  // relaxed: it publishes nothing
  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

}  // namespace sluice::swap
