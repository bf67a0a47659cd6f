#include "store/block_places.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::store {

Result<BlockPlaces> BlockPlaces::read(const FlatFile& blocks, std::uint32_t block_count, std::uint64_t tx_count,
                                      const BlockPlaces& previous, std::uint32_t unchanged) {
  SLUICE_CHECK(unchanged <= previous.size() && unchanged <= block_count);
  BlockPlaces places;
  places.size_ = block_count;
  const std::uint32_t shared = unchanged / chunk_blocks;
  places.chunks_.assign(previous.chunks_.begin(), previous.chunks_.begin() + shared);
  std::uint64_t last = shared == 0 ? 0 : previous[shared * chunk_blocks - 1].first_tx;
  for (std::uint32_t begin = shared * chunk_blocks; begin < block_count; begin += chunk_blocks) {
    auto chunk = std::make_shared<Chunk>();
    const std::uint32_t count = std::min(chunk_blocks, block_count - begin);
    if (Status status = blocks.read(begin, count, reinterpret_cast<std::byte*>(chunk->data())); !status)
      return std::move(status).error();
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint64_t first_tx = (*chunk)[i].first_tx;
      if ((begin + i == 0 && first_tx != 0) || first_tx < last || first_tx > tx_count)
        return Error{ErrorKind::corrupt,
                     fmt::format("{}: transaction numbers do not ascend: run `sluice verify`", blocks.path())};
      last = first_tx;
    }
    places.chunks_.push_back(std::move(chunk));
  }
  return places;
}

std::uint32_t BlockPlaces::height_of(std::uint64_t tx_number) const noexcept {
  std::uint32_t from = 0;  // its first transaction is not behind tx_number
  std::uint32_t until = size_;
  while (until - from > 1) {
    const std::uint32_t middle = from + (until - from) / 2;
    ((*this)[middle].first_tx <= tx_number ? from : until) = middle;
  }
  return from;
}

}  // namespace sluice::store
