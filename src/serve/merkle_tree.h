// Merkle trees of double SHA-256 in which an odd level repeats its last node.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/hash256.h"

namespace sluice::serve {

struct MerkleProof {
  std::vector<Digest> branch;  ///< deepest first
  Digest root;
};

/// Replaces a level by the one above it. Bounds: not empty.
void fold_level(std::vector<Digest>& level);

/// Proof of one leaf from all leaves. Bounds: index < leaves.size().   Cost: linear.
[[nodiscard]] MerkleProof prove(std::vector<Digest> leaves, std::size_t index);

/// The complete nodes of an append-only list of leaves, kept from level `kept_level` upwards.
///
/// A node (level j, index i) is complete when all 2^j leaves below it exist; it then never changes.
/// A proof over the first n leaves needs, besides complete nodes, only the right edge of the tree
/// of n leaves, which is folded upwards from at most 2^kept_level leaves:
///
///   level k+1      C      E        C complete (kept)
///   level k      C   C   C   e     e partial: folded from the leaves of the last segment
///   leaves      .... .... .... ..
///
/// Cost: at most 2 * 2^kept_level leaves read and hashed per proof; memory 64 bytes for every
/// 2^kept_level leaves.
class MerkleForest {
 public:
  static constexpr unsigned kept_level = 4;
  static constexpr std::uint64_t segment_leaves = std::uint64_t{1} << kept_level;

  /// Leaves covered by complete segments.
  [[nodiscard]] std::uint64_t covered() const noexcept {
    return levels_.empty() ? 0 : levels_[0].size() * segment_leaves;
  }
  /// Appends one complete segment. Bounds: leaves.size() == segment_leaves.
  void append_segment(std::vector<Digest> leaves);
  /// Forgets everything behind the first `segments` segments.
  void truncate(std::uint64_t segments);

  /// Proof of leaf `index` in the tree of the first `count` leaves.
  /// `segment(first)` returns a Result: the leaves from `first` to the end of their segment or to `count`.
  /// Errors: segment's.
  /// Bounds: index < count; every complete segment of the first `count` leaves was appended.
  template <typename SegmentSource>
  [[nodiscard]] Result<MerkleProof> prove_in(std::uint64_t count, std::uint64_t index,
                                             const SegmentSource& segment) const {
    const std::uint64_t own_first = index / segment_leaves * segment_leaves;
    const std::uint64_t last_first = (count - 1) / segment_leaves * segment_leaves;
    Result<std::vector<Digest>> own = segment(own_first);
    if (!own) return std::move(own).error();
    if (count <= segment_leaves) return prove(std::move(own).value(), index);
    Result<std::vector<Digest>> last = own_first == last_first ? own : segment(last_first);
    if (!last) return std::move(last).error();
    return climb(count, index, std::move(own).value(), std::move(last).value());
  }

 private:
  [[nodiscard]] MerkleProof climb(std::uint64_t count, std::uint64_t index, std::vector<Digest> own,
                                  std::vector<Digest> last) const;

  std::vector<std::vector<Digest>> levels_;  ///< levels_[j]: complete nodes of level kept_level + j
};

}  // namespace sluice::serve
