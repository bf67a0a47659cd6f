// Where every block stands, for one view of the chain. Views share what they have in common, so that a new one costs
// its own blocks and not the chain's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "store/database.h"

namespace sluice::store {

class BlockPlaces {
 public:
  /// Places of the first `block_count` blocks of the file; those below `unchanged` are shared with `previous`.
  /// Bounds: unchanged <= previous.size(), block_count.
  /// Errors: io; corrupt if transaction numbers do not ascend from 0, or pass tx_count.
  static Result<BlockPlaces> read(const FlatFile& blocks, std::uint32_t block_count, std::uint64_t tx_count,
                                  const BlockPlaces& previous, std::uint32_t unchanged);
  BlockPlaces() = default;

  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  /// Bounds: height < size().
  [[nodiscard]] const BlockPlace& operator[](std::uint32_t height) const noexcept {
    return (*chunks_[height / chunk_blocks])[height % chunk_blocks];
  }
  /// Height of the block that holds a transaction. Bounds: tx_number < number of all transactions.
  [[nodiscard]] std::uint32_t height_of(std::uint64_t tx_number) const noexcept;

 private:
  static constexpr std::uint32_t chunk_blocks = 1024;
  using Chunk = std::array<BlockPlace, chunk_blocks>;

  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::uint32_t size_ = 0;
};

/// Heights of transactions that ascend: the next one is often in the same block or in the one behind it.
class AscendingHeights {
 public:
  explicit AscendingHeights(const BlockPlaces& blocks) noexcept : blocks_(blocks) {}

  /// As BlockPlaces::height_of; any order is right, an ascending one is fast.
  [[nodiscard]] std::uint32_t height_of(std::uint64_t tx_number) noexcept {
    const bool is_near = height_ + 2 < blocks_.size() && tx_number >= blocks_[height_].first_tx &&
                         tx_number < blocks_[height_ + 2].first_tx;
    if (!is_near) height_ = blocks_.height_of(tx_number);
    else if (tx_number >= blocks_[height_ + 1].first_tx) ++height_;
    return height_;
  }

 private:
  const BlockPlaces& blocks_;
  std::uint32_t height_ = 0;
};

}  // namespace sluice::store
