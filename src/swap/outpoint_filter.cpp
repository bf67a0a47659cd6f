#include "swap/outpoint_filter.h"

#include <algorithm>
#include <bit>

namespace sluice::swap {
namespace {

constexpr std::size_t words_per_line = 8;
constexpr std::size_t lines_min = 64;
// Each outpoint sets one bit in each of a line's 8 words. 24 outpoints a line, when full, leave a third of the bits
// set: 1 in 4,000 on average, and the uneven fill of the lines brings that to 1 in 2,000.
constexpr std::size_t outpoints_per_line = 24;

/// The finalizer of splitmix64: every bit of the input reaches every bit of the output.
[[nodiscard]] std::uint64_t mixed(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

struct Place {
  std::size_t first_word;
  std::uint64_t bits;  ///< 6 bits a word
};

[[nodiscard]] Place place_of(const std::byte* txid, std::uint32_t index, std::size_t lines) noexcept {
  // A txid that an advertisement makes up is any 32 bytes; all of them count.
  std::uint64_t hash = index;
  for (std::size_t at = 0; at < 32; at += 8)
    hash = mixed(hash + 0x9e3779b97f4a7c15 + load_le<std::uint64_t>(txid + at));
  return {(hash & (lines - 1)) * words_per_line, mixed(hash)};
}

[[nodiscard]] std::uint64_t bit_of(const Place& place, std::size_t word) noexcept {
  return std::uint64_t{1} << (place.bits >> (6 * word) & 63);
}

}  // namespace

OutpointFilter::OutpointFilter(std::size_t capacity)
    : capacity_(capacity),
      lines_(std::bit_ceil(std::max(lines_min, capacity / outpoints_per_line + 1))),
      words_(std::make_unique<std::atomic<std::uint64_t>[]>(lines_ * words_per_line)) {}

// Relaxed: whoever asks about an outpoint got it by way of something that happened after its insertion, or may be
// told either answer.
void OutpointFilter::insert(const std::byte* txid, std::uint32_t index) noexcept {
  const Place place = place_of(txid, index, lines_);
  for (std::size_t i = 0; i < words_per_line; ++i)
    words_[place.first_word + i].fetch_or(bit_of(place, i), std::memory_order_relaxed);
  size_.fetch_add(1, std::memory_order_relaxed);
}

bool OutpointFilter::may_hold(const std::byte* txid, std::uint32_t index) const noexcept {
  const Place place = place_of(txid, index, lines_);
  for (std::size_t i = 0; i < words_per_line; ++i)
    if ((words_[place.first_word + i].load(std::memory_order_relaxed) & bit_of(place, i)) == 0) return false;
  return true;
}

}  // namespace sluice::swap
