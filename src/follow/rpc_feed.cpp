#include "follow/rpc_feed.h"

#include <algorithm>
#include <deque>
#include <future>

#include "chain/header.h"

namespace sluice::follow {

/// Height behind the last block that node and index share.
Result<std::uint32_t> RpcFeed::first_missing(const Tip& tip, const ChainIndex& index) {
  const auto at_tip = index.holds(tip.height, tip.hash);
  if (!at_tip) return at_tip.error();
  if (at_tip.value()) return tip.height + 1;
  std::uint32_t until = std::min(index.block_count(), tip.height + 1);
  for (std::uint32_t span = 1; until > 0; span = std::min(2 * span, blocks_max)) {
    const std::uint32_t first = until - std::min(until, span);
    const auto hashes = node_.block_hashes(first, until - first);
    if (!hashes) return hashes.error();
    for (std::size_t i = hashes.value().size(); i-- > 0;) {
      const auto height = first + static_cast<std::uint32_t>(i);
      const auto held = index.holds(height, hashes.value()[i]);
      if (!held) return held.error();
      if (held.value()) return height + 1;
    }
    until = first;
  }
  return std::uint32_t{0};
}

Result<std::vector<source::ScannedBlock>> RpcFeed::fetch(std::span<const BlockHash> hashes) {
  using Raw = Result<std::vector<std::byte>>;
  std::deque<std::future<Raw>> coming;
  std::vector<source::ScannedBlock> blocks;
  std::uint64_t bytes = 0;
  std::size_t asked = 0;
  while (blocks.size() < hashes.size() && bytes < bytes_wanted) {
    for (; asked < hashes.size() && coming.size() < calls_side_by_side; ++asked)
      coming.push_back(std::async(std::launch::async, [this, hash = hashes[asked]] { return node_.block_raw(hash); }));
    const Raw raw = coming.front().get();
    coming.pop_front();
    if (!raw) return raw.error();
    auto block = archive_.append(raw.value());
    if (!block) return std::move(block).error();
    bytes += raw.value().size();
    blocks.push_back(std::move(block).value());
  }
  return blocks;
}

Result<std::optional<FedBlocks>> RpcFeed::towards(const Tip& tip, const ChainIndex& index) {
  const auto first = first_missing(tip, index);
  if (!first) return first.error();
  FedBlocks fed;
  fed.branch.first_height = first.value();
  if (first.value() > tip.height) return std::optional(std::move(fed));
  const auto hashes = node_.block_hashes(first.value(), std::min(blocks_max, tip.height + 1 - first.value()));
  if (!hashes) return hashes.error();
  auto blocks = fetch(hashes.value());
  // Another branch took over between the calls, and the node may have dropped this one.
  if (!blocks && blocks.error().kind == ErrorKind::not_found) return std::optional<FedBlocks>{};
  if (!blocks) return std::move(blocks).error();
  fed.branch.blocks = std::move(blocks).value();
  for (std::size_t i = 0; i < fed.branch.blocks.size(); ++i) {
    const BlockHash previous = chain::decode_header(fed.branch.blocks[i].header).previous;
    const auto height = first.value() + static_cast<std::uint32_t>(i);
    const auto follows = i > 0        ? Result<bool>(previous == fed.branch.blocks[i - 1].hash)
                         : height > 0 ? index.holds(height - 1, previous)
                                      : Result<bool>(true);
    if (!follows) return follows.error();
    if (!follows.value()) return std::optional<FedBlocks>{};
  }
  if (Status status = archive_.sync(); !status) return std::move(status).error();
  auto files = source::list_block_files(archive_.directory());
  if (!files) return std::move(files).error();
  fed.files = std::move(files).value();
  return std::optional(std::move(fed));
}

}  // namespace sluice::follow
