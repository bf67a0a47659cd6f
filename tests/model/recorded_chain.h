// The chain recorded from a real node (radiant-regtest-small), block by block.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "naive_index.h"

namespace sluice::model {

struct RecordedChain {
  std::vector<std::string> active;  ///< raw blocks by height, the genesis block first
  std::size_t stale = 0;            ///< records of the block file that are on no active chain
};

/// Errors: throws std::runtime_error if the files are not what they should be.
[[nodiscard]] RecordedChain read_recorded_chain(const NaiveRules& rules);
/// Path of one of the recorded files.
[[nodiscard]] std::string recorded_file(const std::string& name);

}  // namespace sluice::model
