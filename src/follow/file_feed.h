// Blocks from the node's own block files.
#pragma once

#include "follow/block_feed.h"

namespace sluice::follow {

class FileFeed final : public BlockFeed {
 public:
  /// Reads where the index ends. Errors: io, corrupt, as listing the files.
  static Result<std::unique_ptr<FileFeed>> open(ChainIndex& index);

  /// A tip that is not behind the indexed records is looked for again, and then, once for each tip, in all files.
  [[nodiscard]] Result<std::optional<FedBlocks>> towards(const Tip& tip, const ChainIndex& index) override;

 private:
  /// Times that a tip is looked for before all files are searched: the node announces it before others can read it.
  static constexpr int tries_before_search = 20;

  FileFeed(ChainIndex& index, std::vector<std::uint64_t> begin) : tail_(index.network(), index.reader(), begin) {}

  source::BlockTail tail_;
  BlockHash missing_;
  int missing_tries_ = 0;
};

}  // namespace sluice::follow
