// Sizes by fee rate, and ElectrumX's compact histogram of them.
//
// Rates stand in blocks of some hundred, each with the sum and the largest of its sizes. Making the histogram skips
// the blocks in which it cannot end a bin: with n rates and b bins about n/256 + 256 b steps.
#pragma once

#include <cstdint>
#include <vector>

#include "serve/mempool_view.h"

namespace sluice::mempool {

class FeeHistogram {
 public:
  void add(std::uint64_t rate_tenths, std::uint64_t size);
  /// Bounds: was added.
  void remove(std::uint64_t rate_tenths, std::uint64_t size);

  /// Rates descending; every bin holds over 30,000 virtual bytes, each a tenth more than the last. What is left at
  /// the low end is in no bin.
  [[nodiscard]] std::vector<serve::FeeBin> compact() const;

 private:
  static constexpr std::size_t block_rates_max = 256;

  /// Bins of one rate each, rates descending.
  struct Block {
    std::vector<serve::FeeBin> rates;
    std::uint64_t size_sum = 0;
    std::uint64_t size_max = 0;  ///< a bound: not lowered by remove()
  };

  /// The block whose rates reach down to this one, or the last. Bounds: there is a block.
  [[nodiscard]] std::vector<Block>::iterator block_of(std::uint64_t rate_tenths);

  std::vector<Block> blocks_;  ///< none empty
};

}  // namespace sluice::mempool
