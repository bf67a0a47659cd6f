// The file system under an index, with rules added that RocksDB counts on or leaves out.
//
// CURRENT names the manifest by a rename. RocksDB syncs the directory only afterwards, so CURRENT could
// come back from a power cut naming a manifest whose own name did not: the directory is synced before, too.
//
// When a table file is brought in, RocksDB reads its first and last key, and takes a read that fails for an
// empty file: rows would come in at a place in the tree that hides or repeats others. A table file of which
// a read failed is not linked into the index, so the commit fails instead.
// A read or open of a table file that fails may also end an iteration as if the table did. So every such
// failure is kept, and nothing is committed after one: what was computed from the tables may lack rows.
//
// When the manifest's sync fails, RocksDB deletes the table files of the change that failed, although the
// manifest may name them already, and the next open would miss them. Once the manifest is in doubt, no table
// file is deleted; the next open decides which count.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace sluice::store {

/// Table files that could not be opened or read.
class UnreadableTables {
 public:
  void note(const std::string& path) {
    const std::lock_guard lock(mutex_);
    paths_.insert(path);
  }
  [[nodiscard]] bool holds(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return paths_.count(path) > 0;
  }
  /// "" if there is none.
  [[nodiscard]] std::string first() const {
    const std::lock_guard lock(mutex_);
    return paths_.empty() ? std::string() : *paths_.begin();
  }

 private:
  mutable std::mutex mutex_;  // taken when a read fails, a file is linked, a commit begins
  std::set<std::string> paths_;
};

[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> guarded_file_system(std::shared_ptr<rocksdb::FileSystem> fs,
                                                                       std::shared_ptr<UnreadableTables> unreadable);

}  // namespace sluice::store
