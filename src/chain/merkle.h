// Merkle trees as block headers and Electrum proofs use them: double SHA-256 of two neighbours, an
// odd level pairs its last with itself. Pure, no allocation: the caller lends the scratch memory.
//
//   level 0   a   b   c   d   e          5 leaves
//   level 1   ab  cd  ee
//   level 2   abcd    eeee
//   root      abcdeeee                    branch of c (position 2): d, ab, eeee
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/hash256.h"

namespace sluice::chain {

/// The leaves of a tree, 32 bytes each in internal order: txids, block hashes or bare digests.
class MerkleLeaves {
 public:
  template <typename Tag>
  MerkleLeaves(std::span<const Hash32<Tag>> leaves) noexcept
      : data_(reinterpret_cast<const std::byte*>(leaves.data())), count_(leaves.size()) {}
  template <typename Tag>
  MerkleLeaves(std::span<Hash32<Tag>> leaves) noexcept : MerkleLeaves(std::span<const Hash32<Tag>>(leaves)) {}

  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

 private:
  const std::byte* data_;
  std::size_t count_;
};

/// Levels above the leaves, which is also the length of each branch. 0 for one leaf or none.
[[nodiscard]] constexpr std::size_t merkle_depth(std::size_t leaf_count) noexcept {
  return leaf_count <= 1 ? 0 : static_cast<std::size_t>(std::bit_width(leaf_count - 1));
}

/// Digests of scratch memory that the functions below need.
[[nodiscard]] constexpr std::size_t merkle_scratch_count(std::size_t leaf_count) noexcept {
  return leaf_count / 2 + 2;
}

/// Bounds: scratch.size() >= merkle_scratch_count(leaves.size()); it does not overlap the leaves.
/// Errors: no leaves: 32 zero bytes (no real block is empty).   Cost: one sha256d per inner node.
[[nodiscard]] Digest merkle_root(MerkleLeaves leaves, std::span<Digest> scratch) noexcept;

/// Writes the branch that proves the leaf at `position`, deepest first, and returns the root.
/// Bounds: position < leaves.size(); branch.size() == merkle_depth(leaves.size()); scratch as above.
Digest merkle_branch(MerkleLeaves leaves, std::size_t position, std::span<Digest> scratch,
                     std::span<Digest> branch) noexcept;

/// The root that a leaf at `position` and its branch (deepest first) lead to.
[[nodiscard]] Digest merkle_root_from_branch(const Digest& leaf, std::uint64_t position,
                                             std::span<const Digest> branch) noexcept;

}  // namespace sluice::chain
