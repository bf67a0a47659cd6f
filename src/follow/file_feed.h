// Blocks from the node's own block files.
#pragma once

#include "follow/block_feed.h"

namespace sluice::follow {

class FileFeed final : public BlockFeed {
 public:
  static constexpr std::uint64_t piece_bytes_default = std::uint64_t{64} << 20;

  /// Reads where the index ends. piece_bytes: a piece of a long way ends when it has them.
  /// Errors: io, corrupt, as listing the files.
  static Result<std::unique_ptr<FileFeed>> open(ChainIndex& index, std::uint64_t piece_bytes = piece_bytes_default);

  /// A tip that is not behind the indexed records is looked for again, and then, once for each tip, in all files.
  /// A long way comes in pieces, so that readers see the index grow; a reorg comes whole.
  [[nodiscard]] Result<std::optional<FedBlocks>> towards(const Tip& tip, const ChainIndex& index) override;

 private:
  /// Times that a tip is looked for before all files are searched: the node announces it before others can read it.
  static constexpr int tries_before_search = 20;

  FileFeed(ChainIndex& index, std::vector<std::uint64_t> begin, std::uint64_t piece_bytes)
      : tail_(index.network(), index.reader(), std::move(begin)), piece_bytes_(piece_bytes) {}

  [[nodiscard]] bool goes_on(const ChainIndex& index) const;
  [[nodiscard]] FedBlocks next_piece();

  source::BlockTail tail_;
  std::uint64_t piece_bytes_;
  source::Branch way_;  ///< found, and handed out up to way_given_
  std::size_t way_given_ = 0;
  BlockHash missing_;
  int missing_tries_ = 0;
};

}  // namespace sluice::follow
