// When tables that came in are merged into the rest.
//
// Every read asks each file that is not merged, and each costs memory; a merge writes all rows anew. So
// some files wait until they hold a share of the index that is worth it, and many do not wait.
#pragma once

#include <cstdint>

#include "store/database.h"

namespace sluice::pipeline {

struct MergeLimits {
  std::uint64_t files_max = 0;      ///< more are merged, whatever they hold
  std::uint64_t files_unasked = 0;  ///< up to here none are
  std::uint64_t share = 1;          ///< in between: if they hold at least 1/share of the bytes
};

[[nodiscard]] constexpr bool wants_merge(const store::Database::Unmerged& unmerged,
                                         const MergeLimits& limits) noexcept {
  if (unmerged.files > limits.files_max) return true;
  return unmerged.files > limits.files_unasked && unmerged.bytes >= unmerged.bytes_of_all / limits.share;
}

/// At the end of a run: what a server is going to read. The first sync's few large segments stay as they are;
/// small ones, of a tight budget or of many runs that each added some blocks, are merged once they add up.
inline constexpr MergeLimits merge_at_end{.files_max = 2048, .files_unasked = 256, .share = 16};

}  // namespace sluice::pipeline
