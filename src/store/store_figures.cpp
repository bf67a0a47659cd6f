#include "store/store_figures.h"

#include "store/database.h"

namespace sluice::store {

StoreFigures store_figures(const Database& database) {
  using Properties = rocksdb::DB::Properties;
  rocksdb::DB& rocks = database.rocks();
  const auto property = [&](Table table, const std::string& name) {
    std::uint64_t value = 0;
    if (!database.has(table)) return value;
    (void)rocks.GetIntProperty(database.handle(table), name, &value);  // 0 where there is none
    return value;
  };
  StoreFigures figures;
  for (const Table table : all_tables) {
    StoreFigures::OfTable& of_table = figures.tables[table_index(table)];
    of_table.live_bytes = property(table, Properties::kEstimateLiveDataSize);
    of_table.disk_bytes = property(table, Properties::kTotalSstFilesSize);
    figures.memtable_bytes += property(table, Properties::kSizeAllMemTables);
    figures.pending_compaction_bytes += property(table, Properties::kEstimatePendingCompactionBytes);
  }
  // One cache and one pool of threads for all tables, but that swaps have a cache of their own.
  const CountingCache& swap_cache = database.swap_cache();
  figures.swap_cache_bytes = swap_cache.GetUsage();
  figures.swap_cache_hits = swap_cache.hits();
  figures.swap_cache_misses = swap_cache.misses();
  figures.block_cache_bytes = property(Table::state, Properties::kBlockCacheUsage) + figures.swap_cache_bytes;
  figures.running_compactions = property(Table::state, Properties::kNumRunningCompactions);
  const auto bytes = [](const FlatFile& file) {
    const auto on_disk = file.bytes_on_disk();
    return on_disk ? on_disk.value() : 0;
  };
  const FlatFiles& flat = database.flat();
  figures.flat_files = {{{"headers", bytes(flat.headers)},
                         {"blocks", bytes(flat.blocks)},
                         {"txids", bytes(flat.txids)},
                         {"places", bytes(flat.places)}}};
  return figures;
}

}  // namespace sluice::store
