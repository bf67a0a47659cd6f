// A row sink that writes table files for ingestion.
#pragma once

#include <rocksdb/sst_file_writer.h>

#include <memory>
#include <vector>

#include "store/database.h"
#include "write/row_writer.h"

namespace sluice::store {

/// One table file; rows come in ascending key order. Refusals are kept and told by finish().
class TableBuilder final : public write::RowSink {
 public:
  TableBuilder(Database& database, Table table);
  ~TableBuilder() override;

  void put(Bytes key, Bytes value) override;
  void remove(Bytes key) override;

  /// Makes the file durable and adds it to files; no file if there were no rows.
  Status finish(std::vector<TableFile>& files);
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }

 private:
  bool open_once();

  Table table_;
  std::string path_;
  rocksdb::SstFileWriter writer_;
  rocksdb::Status status_;
  std::uint64_t rows_ = 0;
};

}  // namespace sluice::store
