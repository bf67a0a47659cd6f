// The walk over the records of block files, headers only, many files at once.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "chain/coin.h"
#include "source/block_files.h"
#include "source/block_map.h"
#include "source/block_reader.h"

namespace sluice::source {

/// Files at the end of the numbering that a node may still be writing: Bitcoin Core appends to two
/// at once while it checks an assumed snapshot, all others to one.
inline constexpr std::uint32_t open_files_count = 2;
/// A record beyond this cannot be a block of any network.
inline constexpr std::uint64_t record_bytes_max = std::uint64_t{2} << 30;

/// Appends the records of every file from data_end[file] on, in order of file and offset, and moves data_end.
/// Bounds: data_end.size() == files.count().
/// Errors: see scan_blocks(); records and data_end are then of no use.
[[nodiscard]] Status scan_headers(const chain::Network& network, const BlockFiles& files, BlockReader& reader,
                                  std::vector<std::uint64_t>& data_end, std::vector<ScannedBlock>& records);

}  // namespace sluice::source
