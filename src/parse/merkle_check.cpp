//   level 0   a b c d e | f g h | k        trees side by side, finished ones leave
//   pairs     ab cd ee    fg hh            an odd end is paired with itself
//
// A block whose tail is repeated hashes to the same root (a b c and a b c c), so an explicit pair
// of equal hashes is refused: CVE-2012-2459, as the nodes' ComputeMerkleRoot does.
#include "parse/merkle_check.h"

#include <cstring>
#include <utility>

namespace sluice::parse {
namespace {

constexpr std::size_t merkle_root_offset = 36;

/// Copies one tree's level, made even, to the end of pairs. false if two given neighbours are equal.
[[nodiscard]] bool append_pairs(const Digest* level, std::size_t count, Column<Digest>& pairs) noexcept {
  for (std::size_t i = 0; i + 1 < count; i += 2) {
    if (level[i] == level[i + 1]) return false;
  }
  const std::size_t first = pairs.size();
  pairs.resize(first + count + count % 2);
  std::memcpy(pairs.data() + first, level, count * sizeof(Digest));
  if (count % 2 != 0) pairs.back() = level[count - 1];
  return true;
}

}  // namespace

ParseErrc check_merkle_roots(const source::RawBatch& source, const TxBatch& batch, ParseScratch& scratch,
                             std::uint32_t& bad_block) noexcept {
  auto& trees = scratch.trees;
  trees.clear();
  for (std::uint32_t block = 0; block < source.blocks.size(); ++block) {
    const std::uint32_t count = batch.block_tx_begin[block + 1] - batch.block_tx_begin[block];
    if (count != 0) trees.push_back({block, count});
  }
  scratch.level.resize(batch.tx_count());
  if (batch.tx_count() != 0)
    std::memcpy(static_cast<void*>(scratch.level.data()), batch.txid.data(), batch.tx_count() * sizeof(Digest));
  while (!trees.empty()) {
    scratch.next_level.clear();
    const Digest* level = scratch.level.data();
    std::size_t open_trees = 0;
    for (const ParseScratch::Tree tree : trees) {
      bad_block = tree.block;
      if (tree.count == 1) {
        const std::byte* const root = source.raw.data() + source.blocks[tree.block].begin + merkle_root_offset;
        if (std::memcmp(level->data(), root, 32) != 0) return ParseErrc::merkle_mismatch;
      } else {
        if (!append_pairs(level, tree.count, scratch.next_level)) return ParseErrc::merkle_repeated;
        trees[open_trees++] = {tree.block, (tree.count + 1) / 2};
      }
      level += tree.count;
    }
    trees.resize(open_trees);
    const std::size_t pair_count = scratch.next_level.size() / 2;
    hash::sha256d_pairs(reinterpret_cast<const std::byte*>(scratch.next_level.data()),
                        {scratch.next_level.data(), pair_count});
    std::swap(scratch.level, scratch.next_level);
  }
  return ParseErrc::ok;
}

}  // namespace sluice::parse
