#include "source/block_tail.h"

#include <algorithm>

#include "source/header_scan.h"

namespace sluice::source {

BlockTail::BlockTail(const chain::Network& network, BlockReader& reader, std::vector<std::uint64_t> begin)
    : network_(network), reader_(reader), data_end_(std::move(begin)) {}

Result<std::uint32_t> BlockTail::read_on() {
  auto listed = list_block_files(reader_.directory());
  if (!listed) return std::move(listed).error();
  if (files_.count() > 0) {
    if (Status status = check_grown(files_, data_end_, listed.value()); !status) return std::move(status).error();
  }
  std::vector<std::uint64_t> data_end = data_end_;
  data_end.resize(listed.value().count(), 0);
  const std::size_t first_new = records_.size();
  if (Status status = scan_headers(network_, listed.value(), reader_, data_end, records_); !status) {
    records_.resize(first_new);
    return std::move(status).error();
  }
  files_ = std::move(listed).value();
  data_end_ = std::move(data_end);
  for (std::size_t i = first_new; i < records_.size(); ++i)
    by_hash_.emplace(records_[i].hash, static_cast<std::uint32_t>(i));
  return static_cast<std::uint32_t>(records_.size() - first_new);
}

Result<std::optional<Branch>> BlockTail::branch_to(std::uint32_t height, const BlockHash& tip,
                                                   const IsIndexed& is_indexed) const {
  Branch branch;
  BlockHash wanted = tip;
  for (std::uint32_t at = height;; --at) {
    const auto indexed = is_indexed(at, wanted);
    if (!indexed) return indexed.error();
    if (indexed.value()) {
      branch.first_height = at + 1;
      break;
    }
    const auto record = by_hash_.find(wanted);
    if (record == by_hash_.end()) return std::optional<Branch>{};
    branch.blocks.push_back(records_[record->second]);
    if (at == 0) break;
    wanted = chain::decode_header(branch.blocks.back().header).previous;
  }
  if (branch.first_height == 0 && branch.blocks.back().hash.display() != network_.genesis_hash) {
    return Error{ErrorKind::corrupt, files_.directory + ": block " + tip.display() + " at height " +
                                         std::to_string(height) + " does not lead to the genesis block"};
  }
  std::reverse(branch.blocks.begin(), branch.blocks.end());
  return std::optional(std::move(branch));
}

void BlockTail::forget_old() {
  if (records_.size() <= records_kept) return;
  records_.erase(records_.begin(), records_.end() - records_kept);
  records_.shrink_to_fit();
  by_hash_.clear();
  by_hash_.rehash(0);
  for (std::size_t i = 0; i < records_.size(); ++i) by_hash_.emplace(records_[i].hash, static_cast<std::uint32_t>(i));
}

}  // namespace sluice::source
