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

}  // namespace sluice::store
