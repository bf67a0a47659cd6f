#include "store/table_builder.h"

#include "base/kill_point.h"

namespace sluice::store {

TableBuilder::TableBuilder(Database& database, Table table)
    : table_(table),
      path_(database.next_ingest_path()),
      writer_(rocksdb::EnvOptions(database.builder_options(table)), database.builder_options(table)) {}

TableBuilder::~TableBuilder() = default;

bool TableBuilder::open_once() {
  if (rows_++ == 0 && status_.ok()) status_ = writer_.Open(path_);
  return status_.ok();
}

void TableBuilder::put(Bytes key, Bytes value) {
  if (open_once()) status_ = writer_.Put(slice_of(key), slice_of(value));
}

void TableBuilder::remove(Bytes key) {
  if (open_once()) status_ = writer_.Delete(slice_of(key));
}

Status TableBuilder::finish(std::vector<TableFile>& files) {
  if (rows_ == 0) return {};
  if (status_.ok()) status_ = writer_.Finish();
  if (!status_.ok()) return rocks_error(path_, status_);
  SLUICE_KILL_POINT("table_builder.finish");
  files.push_back({table_, path_});
  return {};
}

}  // namespace sluice::store
