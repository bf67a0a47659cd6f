// What the index takes on disk and in memory, for metrics.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "store/tables.h"

namespace sluice::store {

class Database;

struct StoreFigures {
  struct OfTable {
    std::uint64_t live_bytes = 0;  ///< of rows that were not written over or deleted; an estimate
    std::uint64_t disk_bytes = 0;  ///< of all its table files
  };
  std::array<OfTable, table_count> tables;  ///< by table_index()
  std::uint64_t memtable_bytes = 0;
  std::uint64_t block_cache_bytes = 0;
  std::uint64_t swap_cache_bytes = 0;  ///< of block_cache_bytes, those of the table of swaps
  std::uint64_t swap_cache_hits = 0;   ///< since the start
  std::uint64_t swap_cache_misses = 0;
  std::uint64_t pending_compaction_bytes = 0;  ///< an estimate
  std::uint64_t running_compactions = 0;

  struct OfFile {
    std::string_view name;
    std::uint64_t bytes = 0;  ///< 0 if the system does not say
  };
  std::array<OfFile, 4> flat_files;
};

/// Any thread, also while the index is written. Cost: microseconds; no row is read.
[[nodiscard]] StoreFigures store_figures(const Database& database);

}  // namespace sluice::store
