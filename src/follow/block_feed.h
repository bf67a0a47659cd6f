// Where the blocks come from that the node has and the index has not.
#pragma once

#include <optional>

#include "follow/chain_index.h"

namespace sluice::follow {

/// The end of the node's active chain.
struct Tip {
  std::uint32_t height = 0;
  BlockHash hash;
};

/// Blocks that follow on a block of the index, in files that can be read.
struct FedBlocks {
  source::Branch branch;  ///< empty: the tip is in the index
  source::BlockFiles files;
};

class BlockFeed {
 public:
  virtual ~BlockFeed() = default;
  /// The way from the index to the tip, or the first part of it. nullopt: it cannot be had now, though it may in a
  /// moment: ask for the tip again. Errors: io, corrupt, stopped.
  [[nodiscard]] virtual Result<std::optional<FedBlocks>> towards(const Tip& tip, const ChainIndex& index) = 0;
};

}  // namespace sluice::follow
