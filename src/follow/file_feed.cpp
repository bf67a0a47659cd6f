#include "follow/file_feed.h"

namespace sluice::follow {

Result<std::unique_ptr<FileFeed>> FileFeed::open(ChainIndex& index) {
  auto files = source::list_block_files(index.reader().directory());
  if (!files) return std::move(files).error();
  auto ends = index.record_ends();
  if (!ends) return std::move(ends).error();
  // A file before the last one that the latest blocks are not in was read to its end.
  for (std::size_t file = 0; file < ends.value().size() && file < files.value().count(); ++file)
    if (ends.value()[file] == 0) ends.value()[file] = files.value().sizes[file];
  return std::unique_ptr<FileFeed>(new FileFeed(index, std::move(ends).value()));
}

Result<std::optional<FedBlocks>> FileFeed::towards(const Tip& tip, const ChainIndex& index) {
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
  return std::optional(FedBlocks{std::move(*branch.value()), tail_.files()});
}

}  // namespace sluice::follow
