#include "store/swap_rows.h"

namespace sluice::store {

Result<std::optional<std::string>> SwapRows::get(Bytes key) const {
  return database_.get(Table::swaps, key, snapshot_);
}

Status SwapRows::walk(Bytes first, Bytes until, const swap::RowVisit& visit) const {
  const rocksdb::Slice bound = slice_of(until);
  const auto rows = database_.iterate(Table::swaps, fill_cache_, snapshot_, until.empty() ? nullptr : &bound);
  for (rows->Seek(slice_of(first)); rows->Valid(); rows->Next())
    if (!visit(bytes_of_slice(rows->key()), bytes_of_slice(rows->value()))) return {};
  return rows->status().ok() ? Status() : Status(rocks_error(database_.directory(), rows->status()));
}

}  // namespace sluice::store
