// Rows of a table, never one that was found after a table file could not be opened or read.
//
// Such a failure may hide rows and bring older ones to light (guarded_fs.h), without a word by RocksDB. An
// iteration ends there, and its status names the file; a look-up fails. Another one may be tried at once:
// running out of file descriptors passes.
#pragma once

#include <rocksdb/iterator.h>

#include <memory>

#include "store/guarded_fs.h"

namespace sluice::store {

/// Tells what was noted since it was made: OK, or an IOError that names the file.
class ReadGuard {
 public:
  explicit ReadGuard(const UnreadableTables& unreadable) noexcept
      : unreadable_(unreadable), count_(unreadable.count()) {}
  [[nodiscard]] bool held() const noexcept { return unreadable_.count() == count_; }
  [[nodiscard]] rocksdb::Status status() const { return held() ? rocksdb::Status() : unreadable_.last(); }

 private:
  const UnreadableTables& unreadable_;
  std::uint64_t count_;
};

/// `rows`, ended by what the guard notes. Bounds: the guard was made before the rows were.
[[nodiscard]] std::unique_ptr<rocksdb::Iterator> guard_rows(std::unique_ptr<rocksdb::Iterator> rows, ReadGuard guard);

}  // namespace sluice::store
