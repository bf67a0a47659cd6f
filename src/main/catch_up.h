// An index far behind the node's block files, brought there the way `sluice sync` does it before it is served.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/error.h"
#include "config/config.h"
#include "pipeline/swap_figures.h"
#include "source/block_files.h"

namespace sluice {

/// How far it is; any thread.
struct CatchUpFigures {
  std::atomic<std::uint32_t> height{0};  ///< blocks up to it are read
  std::atomic<std::uint32_t> target{0};  ///< end of the best chain in the files; 0: not known yet
};

/// Block files hold so much more than the index that sync's way is worth its look at all of them. A node allocates
/// 16 MiB ahead, and a week of blocks is less than this.
inline constexpr std::uint64_t far_behind_bytes = std::uint64_t{256} << 20;
/// record_ends: as ChainIndex has them; empty: so is the index, which is far behind whatever there is.
[[nodiscard]] bool is_far_behind(const std::vector<std::uint64_t>& record_ends, const source::BlockFiles& files);

/// Indexes what the block files hold, with the settings of the sync mode; the directory is the index's, closed.
/// What goes wrong with the files is logged, and left to the follower, which tries again.
/// Errors: config, limit: it cannot be done like this; stopped.
[[nodiscard]] Status catch_up_from_files(const config::ServeConfig& config, CatchUpFigures& figures,
                                         pipeline::SwapFigures& swap_figures);

}  // namespace sluice
