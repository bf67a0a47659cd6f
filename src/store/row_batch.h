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
    Sink(RowBatch& batch, Table table)
        : batch_(batch), handle_(batch.database_.handle(table)), is_history_(table == Table::history) {}
    // A write batch refuses nothing but sizes that no row has; what it holds is checked when it is written.
    void put(Bytes key, Bytes value) override {
      (void)batch_.rows_.Put(handle_, slice_of(key), slice_of(value)).ok();
      if (is_history_) batch_.touched_.push_back(load_be<std::uint64_t>(key.data()));
    }
    void remove(Bytes key) override { (void)batch_.rows_.Delete(handle_, slice_of(key)).ok(); }

   private:
    RowBatch& batch_;
    rocksdb::ColumnFamilyHandle* handle_;
    bool is_history_;
  };
  [[nodiscard]] Sink sink(Table table) { return {*this, table}; }

  [[nodiscard]] rocksdb::WriteBatch& rows() noexcept { return rows_; }
  /// Prefixes of the scripthashes that history was put for, perhaps repeated.
  [[nodiscard]] const std::vector<std::uint64_t>& touched() const noexcept { return touched_; }

 private:
  const Database& database_;
  rocksdb::WriteBatch rows_;
  std::vector<std::uint64_t> touched_;
};

}  // namespace sluice::store
