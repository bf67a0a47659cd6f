#include "chain/merkle.h"

#include <cstring>

#include "base/check.h"
#include "hash/sha256.h"

namespace sluice::chain {
namespace {

constexpr std::size_t no_position = ~std::size_t{0};

Digest hash_of_two(const std::byte* left, const std::byte* right) noexcept {
  std::byte both[64];
  std::memcpy(both, left, 32);
  std::memcpy(both + 32, right, 32);
  Digest result;
  hash::sha256d_pairs(both, {&result, 1});
  return result;
}

/// Hashes one level into target (which may be where the level itself lies); returns its size.
std::size_t hash_level(const std::byte* level, std::size_t count, std::span<Digest> target) noexcept {
  const std::size_t pairs = count / 2;
  if (count % 2 == 0) {
    hash::sha256d_pairs(level, target.first(pairs));
    return pairs;
  }
  const std::byte* last = level + 32 * (count - 1);
  const Digest odd = hash_of_two(last, last);  // before target overwrites it
  hash::sha256d_pairs(level, target.first(pairs));
  target[pairs] = odd;
  return pairs + 1;
}

Digest climb(MerkleLeaves leaves, std::size_t position, std::span<Digest> scratch, std::span<Digest> branch) noexcept {
  if (leaves.size() == 0) return {};
  SLUICE_CHECK(scratch.size() >= merkle_scratch_count(leaves.size()));
  const std::byte* level = leaves.data();
  std::size_t count = leaves.size();
  for (std::size_t depth = 0; count > 1; ++depth) {
    if (position != no_position) {
      const std::size_t sibling = (position ^ 1) < count ? position ^ 1 : position;
      branch[depth] = Digest::from_bytes(level + 32 * sibling);
      position /= 2;
    }
    count = hash_level(level, count, scratch);
    level = reinterpret_cast<const std::byte*>(scratch.data());
  }
  return Digest::from_bytes(level);
}

}  // namespace

Digest merkle_root(MerkleLeaves leaves, std::span<Digest> scratch) noexcept {
  return climb(leaves, no_position, scratch, {});
}

Digest merkle_branch(MerkleLeaves leaves, std::size_t position, std::span<Digest> scratch,
                     std::span<Digest> branch) noexcept {
  SLUICE_CHECK(position < leaves.size());
  SLUICE_CHECK(branch.size() == merkle_depth(leaves.size()));
  return climb(leaves, position, scratch, branch);
}

Digest merkle_root_from_branch(const Digest& leaf, std::uint64_t position, std::span<const Digest> branch) noexcept {
  Digest node = leaf;
  for (const Digest& sibling : branch) {
    node = (position & 1) != 0 ? hash_of_two(sibling.data(), node.data()) : hash_of_two(node.data(), sibling.data());
    position >>= 1;
  }
  return node;
}

}  // namespace sluice::chain
