// The file system under an index, with rules added that RocksDB counts on or leaves out.
//
// CURRENT names the manifest by a rename. RocksDB syncs the directory only afterwards, so CURRENT could
// come back from a power cut naming a manifest whose own name did not: the directory is synced before, too.
//
// RocksDB 7.8 takes a table file for empty when its first block cannot be read or the file cannot be opened,
// in some of its iterations: a scan ends early, a merge leaves rows out, a table file that is brought in lands
// at a place in the tree that hides or repeats others. So every such failure is kept. After one, nothing is
// linked into the index, and neither manifest nor log takes another record: what was computed from the tables
// may lack rows. Those who only read go on, but see no row that was found after the failure: guarded_rows.h.
//
// A manifest whose end was torn by a power cut is shown without that end: manifest_guard.h.
//
// When the manifest's sync fails, RocksDB deletes the table files of the change that failed, although the
// manifest may name them already, and the next open would miss them. Once the manifest is in doubt, no table
// file is deleted; the next open decides which count.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::store {

/// Table files that could not be opened or read. Safe from several threads.
class UnreadableTables {
 public:
  /// tell hears of the first, second, fourth, eighth ... failure, on the thread that met it; may be empty.
  explicit UnreadableTables(std::function<void(const std::string&)> tell = {}) : tell_(std::move(tell)) {}

  void note(const std::string& path, const rocksdb::IOStatus& status);
  /// How many times something was noted: who reads compares before and after.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(std::memory_order_acquire); }
  /// OK while nothing was noted, then an IOError that names the file noted last and why.
  [[nodiscard]] rocksdb::IOStatus last() const;

 private:
  std::function<void(const std::string&)> tell_;
  std::atomic<std::uint64_t> count_{0};
  mutable std::mutex mutex_;  // taken when a read fails, and by who asks for the reason
  std::string text_;
};

[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> guarded_file_system(std::shared_ptr<rocksdb::FileSystem> fs,
                                                                       std::shared_ptr<UnreadableTables> unreadable);

}  // namespace sluice::store
