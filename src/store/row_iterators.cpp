#include "store/row_iterators.h"

namespace sluice::store {

RowIterators::Lease RowIterators::take(Table table) const {
  std::unique_ptr<rocksdb::Iterator> rows;
  {
    const std::lock_guard lock(mutex_);
    auto& kept = kept_[table_index(table)];
    if (!kept.empty()) {
      rows = std::move(kept.back());
      kept.pop_back();
    }
  }
  if (!rows || !rows->status().ok()) rows = database_.iterate(table, true, snapshot_);
  return {*this, table, std::move(rows)};
}

void RowIterators::give_back(Table table, std::unique_ptr<rocksdb::Iterator> rows) const {
  if (!rows->status().ok()) return;
  const std::lock_guard lock(mutex_);
  auto& kept = kept_[table_index(table)];
  if (kept.size() < kept_per_table_max) kept.push_back(std::move(rows));
}

}  // namespace sluice::store
