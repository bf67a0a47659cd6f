// Blocks by RPC, for a node whose block files cannot be read: fetched in pieces and kept in an archive of our own.
#pragma once

#include "follow/block_archive.h"
#include "follow/block_feed.h"
#include "node/node_calls.h"

namespace sluice::follow {

class RpcFeed final : public BlockFeed {
 public:
  static constexpr std::uint32_t blocks_max = 2000;                       ///< of one piece
  static constexpr std::uint64_t bytes_wanted = std::uint64_t{64} << 20;  ///< a piece ends when it has them
  static constexpr std::size_t calls_side_by_side = 8;

  /// Lifetime: node outlives the feed.
  RpcFeed(node::NodeCalls& node, BlockArchive archive) : node_(node), archive_(std::move(archive)) {}

  [[nodiscard]] Result<std::optional<FedBlocks>> towards(const Tip& tip, const ChainIndex& index) override;

 private:
  [[nodiscard]] Result<std::uint32_t> first_missing(const Tip& tip, const ChainIndex& index);
  [[nodiscard]] Result<std::vector<source::ScannedBlock>> fetch(std::span<const BlockHash> hashes);

  node::NodeCalls& node_;
  BlockArchive archive_;
};

}  // namespace sluice::follow
