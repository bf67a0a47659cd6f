// The open iterators of a view. Opening one costs more than most reads that are made with it, so they are kept.
//
// An iterator keeps the table files of the moment it was opened; they are deleted when the view goes.
#pragma once

#include <rocksdb/iterator.h>

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "store/database.h"

namespace sluice::store {

/// Any thread. Lifetime: not longer than the database.
class RowIterators {
 public:
  /// More of a table are opened when they are wanted at once, and not kept.
  static constexpr std::size_t kept_per_table_max = 4;

  RowIterators(const Database& database, const RowSnapshot& snapshot) : database_(database), snapshot_(snapshot) {}

  /// An iterator that is nobody else's until it is given back; to be placed by a seek first.
  class Lease {
   public:
    Lease(const RowIterators& owner, Table table, std::unique_ptr<rocksdb::Iterator> rows)
        : owner_(owner), table_(table), rows_(std::move(rows)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { owner_.give_back(table_, std::move(rows_)); }
    rocksdb::Iterator* operator->() const noexcept { return rows_.get(); }

   private:
    const RowIterators& owner_;
    Table table_;
    std::unique_ptr<rocksdb::Iterator> rows_;
  };

  [[nodiscard]] Lease take(Table table) const;

 private:
  /// One that failed, or that was open when a table file could not be read, is not used again (guarded_rows.h).
  void give_back(Table table, std::unique_ptr<rocksdb::Iterator> rows) const;

  const Database& database_;
  const RowSnapshot& snapshot_;
  mutable std::mutex mutex_;  // held for one push or pop
  mutable std::array<std::vector<std::unique_ptr<rocksdb::Iterator>>, table_count> kept_;
};

}  // namespace sluice::store
