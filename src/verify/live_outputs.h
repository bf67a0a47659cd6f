// The outputs that are unspent so far, by outpoint: the deep checks' own table, of one share of the
// scripts. Open addressing with linear probing and backward-shift deletion.
//
// An outpoint is told by the first 16 bytes of its txid and its index: finding two transactions that
// share those bytes takes 2^64 hashes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace sluice::verify {

struct LiveOutput {
  std::uint64_t txid_low = 0;
  std::uint64_t txid_high = 0;
  std::uint64_t prefix = 0;
  std::uint64_t bits = 0;
  std::uint64_t tx_number = 0;
  std::uint32_t index = 0;
  std::uint32_t used = 0;
};

class LiveOutputs {
 public:
  /// seed: drawn anew each run, so that nobody can prepare outpoints that crowd one place.
  explicit LiveOutputs(std::uint64_t seed) : seed_(seed | 1), slots_(1u << 10) {}

  /// Adds an output; returns the unspent one of the same outpoint that it replaced, if there was one.
  std::optional<LiveOutput> add(const std::byte* txid, LiveOutput output) {
    if (count_ * 4 >= slots_.size() * 3) grow();
    output.txid_low = load_le<std::uint64_t>(txid);
    output.txid_high = load_le<std::uint64_t>(txid + 8);
    output.used = 1;
    LiveOutput& slot = slots_[find(output.txid_low, output.txid_high, output.index)];
    const LiveOutput before = slot;
    slot = output;
    if (before.used != 0) return before;
    ++count_;
    return std::nullopt;
  }

  /// Takes an output out; nullopt if it is not there.
  [[nodiscard]] std::optional<LiveOutput> take(const std::byte* txid, std::uint32_t index) {
    std::size_t at = find(load_le<std::uint64_t>(txid), load_le<std::uint64_t>(txid + 8), index);
    if (slots_[at].used == 0) return std::nullopt;
    const LiveOutput taken = slots_[at];
    --count_;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t next = (at + 1) & mask; slots_[next].used != 0; next = (next + 1) & mask) {
      const std::size_t home = home_of(slots_[next]);
      // The entry may move back if its home is not strictly between the gap and its place.
      if (((next - home) & mask) < ((next - at) & mask)) continue;
      slots_[at] = slots_[next];
      at = next;
    }
    slots_[at].used = 0;
    return taken;
  }

  /// Forgets all outputs and keeps the memory.
  void clear() noexcept {
    std::fill(slots_.begin(), slots_.end(), LiveOutput{});
    count_ = 0;
  }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const LiveOutput& slot : slots_) {
      if (slot.used != 0) visit(slot);
    }
  }

 private:
  [[nodiscard]] std::size_t home(std::uint64_t low, std::uint64_t high, std::uint32_t index) const noexcept {
    std::uint64_t mixed = (low ^ (high + index) * 0x9e3779b97f4a7c15) * seed_;
    mixed ^= mixed >> 32;
    return static_cast<std::size_t>(mixed * seed_ >> 20) & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t home_of(const LiveOutput& output) const noexcept {
    return home(output.txid_low, output.txid_high, output.index);
  }
  [[nodiscard]] std::size_t find(std::uint64_t low, std::uint64_t high, std::uint32_t index) const noexcept {
    std::size_t at = home(low, high, index);
    while (slots_[at].used != 0 &&
           (slots_[at].txid_low != low || slots_[at].txid_high != high || slots_[at].index != index)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }
  void grow() {
    std::vector<LiveOutput> old(2 * slots_.size());
    old.swap(slots_);
    for (const LiveOutput& output : old) {
      if (output.used != 0) slots_[find(output.txid_low, output.txid_high, output.index)] = output;
    }
  }

  std::uint64_t seed_;
  std::vector<LiveOutput> slots_;  ///< a power of two, at most three quarters full
  std::size_t count_ = 0;
};

}  // namespace sluice::verify
