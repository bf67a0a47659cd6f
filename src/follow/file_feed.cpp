#include "follow/file_feed.h"

namespace sluice::follow {

Result<std::unique_ptr<FileFeed>> FileFeed::open(ChainIndex& index, std::uint64_t piece_bytes) {
  auto files = source::list_block_files(index.reader().directory());
  if (!files) return std::move(files).error();
  auto ends = index.record_ends();
  if (!ends) return std::move(ends).error();
  // A file before the last one that the latest blocks are not in was read to its end.
  for (std::size_t file = 0; file < ends.value().size() && file < files.value().count(); ++file)
    if (ends.value()[file] == 0) ends.value()[file] = files.value().sizes[file];
  return std::unique_ptr<FileFeed>(new FileFeed(index, std::move(ends).value(), piece_bytes));
}

/// Does what is left of the way begin behind the index?
bool FileFeed::goes_on(const ChainIndex& index) const {
  return way_given_ > 0 && way_given_ < way_.blocks.size() && way_.first_height + way_given_ == index.block_count() &&
         way_.blocks[way_given_ - 1].hash == index.tip();
}

FedBlocks FileFeed::next_piece() {
  const auto begin = way_.blocks.begin() + static_cast<std::ptrdiff_t>(way_given_);
  auto end = begin;
  for (std::uint64_t bytes = 0; end != way_.blocks.end() && bytes < piece_bytes_; ++end) bytes += end->size;
  FedBlocks piece{{way_.first_height + static_cast<std::uint32_t>(way_given_), {begin, end}}, tail_.files()};
  way_given_ += piece.branch.blocks.size();
  return piece;
}

Result<std::optional<FedBlocks>> FileFeed::towards(const Tip& tip, const ChainIndex& index) {
  if (goes_on(index)) return std::optional(next_piece());
  way_ = {};
  way_given_ = 0;
  if (auto added = tail_.read_on(); !added) return std::move(added).error();
  const auto holds = [&index](std::uint32_t height, const BlockHash& hash) { return index.holds(height, hash); };
  auto branch = tail_.branch_to(tip.height, tip.hash, holds);
  if (!branch) return std::move(branch).error();
  if (!branch.value()) {
    missing_tries_ = missing_ == tip.hash ? missing_tries_ + 1 : 1;
    missing_ = tip.hash;
    if (missing_tries_ != tries_before_search) return std::optional<FedBlocks>{};
    if (auto added = tail_.begin_anew(); !added) return std::move(added).error();
    branch = tail_.branch_to(tip.height, tip.hash, holds);
    if (!branch) return std::move(branch).error();
  }
  tail_.forget_old();
  if (!branch.value()) return std::optional<FedBlocks>{};
  if (branch.value()->first_height < index.block_count())
    return std::optional(FedBlocks{std::move(*branch.value()), tail_.files()});
  way_ = std::move(*branch.value());
  return std::optional(next_piece());
}

}  // namespace sluice::follow
