// Rows of several tables that come in with one atomic write through the log: the way of a block or two at
// the tip, for which table files would be many and tiny.
#pragma once

#include <rocksdb/write_batch.h>

#include "store/database.h"
#include "write/row_writer.h"

namespace sluice::store {

/// Lifetime: the database outlives the batch.
class RowBatch {
 public:
  explicit RowBatch(const Database& database) : database_(database) {}

  /// Where rows of a table go. Lifetime: the batch outlives the sink.
  class Sink final : public write::RowSink {
   public:
    Sink(RowBatch& batch, Table table) : batch_(batch.rows_), handle_(batch.database_.handle(table)) {}
    // A write batch refuses nothing but sizes that no row has; what it holds is checked when it is written.
    void put(Bytes key, Bytes value) override { (void)batch_.Put(handle_, slice_of(key), slice_of(value)).ok(); }
    void remove(Bytes key) override { (void)batch_.Delete(handle_, slice_of(key)).ok(); }

   private:
    rocksdb::WriteBatch& batch_;
    rocksdb::ColumnFamilyHandle* handle_;
  };
  [[nodiscard]] Sink sink(Table table) { return {*this, table}; }

  [[nodiscard]] rocksdb::WriteBatch& rows() noexcept { return rows_; }

 private:
  const Database& database_;
  rocksdb::WriteBatch rows_;
};

}  // namespace sluice::store
