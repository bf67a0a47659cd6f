// Where each block of the best chain lies.
//
// All block files are walked record by record, headers only; the chain of most work among them is
// chosen; everything else (stale branches, duplicates, blocks whose parent is not there) is counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash256.h"
#include "chain/coin.h"
#include "chain/header.h"
#include "source/block_files.h"

namespace sluice::source {

class BlockReader;

/// One record of a block file.
struct ScannedBlock {
  chain::RawHeader header;
  BlockHash hash;
  std::uint64_t offset = 0;  ///< of the header in its file
  std::uint32_t file_number = 0;
  std::uint32_t size = 0;  ///< of the block, header included
};
static_assert(sizeof(ScannedBlock) == 128);

/// A block that does not lead back to the genesis block.
struct UnlinkedBlock {
  BlockHash hash;
  BlockHash missing_parent;
  std::uint32_t file_number = 0;
  std::uint64_t offset = 0;
};

/// A scan maps the whole chain from the genesis block on; a map of some blocks of it begins at first_height.
/// Cost: 128 bytes a scanned block, 4 bytes a height.
struct BlockMap {
  const chain::Network* network = nullptr;
  BlockFiles files;
  std::vector<std::uint64_t> data_end;  ///< [file_count] where the next record of the file would begin
  std::vector<ScannedBlock> scanned;    ///< first scan: in file order; later scans append
  std::uint32_t first_height = 0;
  std::vector<std::uint32_t> best;  ///< [height - first_height] position in scanned
  std::uint64_t best_bytes = 0;     ///< sum of the best chain's block sizes
  std::uint32_t stale_count = 0;
  std::uint32_t duplicate_count = 0;
  std::uint32_t unlinked_count = 0;
  std::optional<UnlinkedBlock> first_unlinked;

  /// Blocks of the best chain, genesis included: heights end at height_count() - 1. Never 0 after a scan.
  [[nodiscard]] std::uint32_t height_count() const noexcept {
    return first_height + static_cast<std::uint32_t>(best.size());
  }
  /// Bounds: first_height <= height < height_count().
  [[nodiscard]] const ScannedBlock& at(std::uint32_t height) const noexcept {
    return scanned[best[height - first_height]];
  }
  [[nodiscard]] const ScannedBlock& tip() const noexcept { return at(height_count() - 1); }
};

/// A map of consecutive blocks and nothing else.
[[nodiscard]] BlockMap map_of(const chain::Network& network, BlockFiles files, std::uint32_t first_height,
                              std::vector<ScannedBlock> blocks);

/// Scans the directory that `reader` reads.
/// Errors: as list_block_files(); corrupt, naming file and offset (bad magic, absurd length, bad proof
///         of work); unsupported (another network's files, pruned files); io.
[[nodiscard]] Result<BlockMap> scan_blocks(const chain::Network& network, BlockReader& reader);

struct RescanResult {
  std::uint32_t added_count = 0;   ///< records found
  std::uint32_t kept_heights = 0;  ///< the best chain is unchanged below this height
};

/// Looks for records added since the last scan. On error the map is as it was.
/// Cost: one look at each file that grew or had an open end, and a link-up in constant time if every new
///       block extends the tip; else the best chain is chosen anew, linear in the number of records.
[[nodiscard]] Result<RescanResult> rescan(BlockMap& map, BlockReader& reader);

}  // namespace sluice::source
