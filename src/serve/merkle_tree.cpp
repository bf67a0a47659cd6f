#include "serve/merkle_tree.h"

#include "base/check.h"
#include "hash/sha256.h"

namespace sluice::serve {
namespace {

Digest hash_pair(const Digest& left, const Digest& right) noexcept {
  std::byte pair[64];
  std::memcpy(pair, left.data(), 32);
  std::memcpy(pair + 32, right.data(), 32);
  return hash::sha256d(pair);
}

/// Folds a segment to its node of level `kept_level`, noting the branch of leaf `index`.
/// A single node left over is paired with itself: in a tree of several segments it is the odd
/// last node of its level.
Digest fold_segment(std::vector<Digest> nodes, std::uint64_t index, std::vector<Digest>* branch) {
  for (unsigned level = 0; level < MerkleForest::kept_level; ++level) {
    if (branch != nullptr) {
      const std::uint64_t sibling = index ^ 1;
      branch->push_back(nodes[sibling < nodes.size() ? sibling : index]);
      index >>= 1;
    }
    fold_level(nodes);
  }
  SLUICE_CHECK(nodes.size() == 1);
  return nodes[0];
}

}  // namespace

void fold_level(std::vector<Digest>& level) {
  SLUICE_CHECK(!level.empty());
  if (level.size() % 2 != 0) level.push_back(level.back());
  const std::size_t pairs = level.size() / 2;
  hash::sha256d_pairs(level[0].data(), std::span<Digest>(level.data(), pairs));
  level.resize(pairs);
}

MerkleProof prove(std::vector<Digest> leaves, std::size_t index) {
  SLUICE_CHECK(index < leaves.size());
  MerkleProof proof;
  while (leaves.size() > 1) {
    const std::size_t sibling = index ^ 1;
    proof.branch.push_back(leaves[sibling < leaves.size() ? sibling : index]);
    index >>= 1;
    fold_level(leaves);
  }
  proof.root = leaves[0];
  return proof;
}

void MerkleForest::append_segment(std::vector<Digest> leaves) {
  SLUICE_CHECK(leaves.size() == segment_leaves);
  Digest node = fold_segment(std::move(leaves), 0, nullptr);
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].push_back(node);
    const std::size_t size = levels_[level].size();
    if (size % 2 != 0) return;
    node = hash_pair(levels_[level][size - 2], levels_[level][size - 1]);
  }
}

void MerkleForest::truncate(std::uint64_t segments) {
  for (auto& level : levels_) {
    if (level.size() > segments) level.resize(segments);
    segments /= 2;
  }
}

MerkleProof MerkleForest::climb(std::uint64_t count, std::uint64_t index, std::vector<Digest> own,
                                std::vector<Digest> last) const {
  SLUICE_CHECK(covered() >= count / segment_leaves * segment_leaves);
  MerkleProof proof;
  Digest edge = fold_segment(std::move(last), 0, nullptr);
  const Digest own_node = fold_segment(std::move(own), index % segment_leaves, &proof.branch);
  std::uint64_t position = index / segment_leaves;
  std::uint64_t nodes = (count + segment_leaves - 1) / segment_leaves;  // on this level, the edge included
  // The edge is the last node of each level; nodes before it are complete and kept.
  const auto node_at = [&](std::size_t level, std::uint64_t at) -> const Digest& {
    if (at + 1 == nodes) return edge;
    return levels_[level][at];
  };
  SLUICE_CHECK(node_at(0, position) == own_node);
  for (std::size_t level = 0; nodes > 1; ++level) {
    const std::uint64_t sibling = position ^ 1;
    proof.branch.push_back(sibling < nodes ? node_at(level, sibling) : node_at(level, position));
    const std::uint64_t last_at = nodes - 1;
    edge = last_at % 2 == 0 ? hash_pair(edge, edge) : hash_pair(levels_[level][last_at - 1], edge);
    position >>= 1;
    nodes = (nodes + 1) / 2;
  }
  proof.root = edge;
  return proof;
}

}  // namespace sluice::serve
