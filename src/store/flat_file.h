// Append-only files of fixed-width records.
//
// A file knows nothing of commits: the state record says how many records count, and what stands
// behind them is cut off at start. All access goes through RocksDB's file system interface, so that
// tests can take the power away from everything at once.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace sluice::store {

using FileSystemPtr = std::shared_ptr<rocksdb::FileSystem>;

/// Turns a refusal of the file system into an Error that names the file and what to do.
[[nodiscard]] Error io_error(const std::string& path, const rocksdb::IOStatus& status);

class FlatFile {
 public:
  /// Opens or creates the file and cuts it to `records`. Errors: corrupt if it is shorter than that.
  static Result<FlatFile> open(FileSystemPtr fs, std::string path, std::size_t record_bytes, std::uint64_t records,
                               bool writable);

  [[nodiscard]] std::uint64_t records() const noexcept { return bytes_ / record_bytes_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Bytes that the file has on disk, with a tail that no state counts. Errors: io.
  [[nodiscard]] Result<std::uint64_t> bytes_on_disk() const;

  /// Bounds: bytes.size() is a whole number of records.
  Status append(Bytes bytes);
  /// Makes everything appended so far durable.
  Status sync();
  /// Starts writing back what was appended, without waiting.
  void start_writeback() noexcept;
  /// Forgets records from `records` on; the next append follows there.
  Status cut(std::uint64_t records);

  /// Reads `count` records into target; safe from several threads. Errors: io; corrupt beyond records().
  Status read(std::uint64_t first, std::uint64_t count, std::byte* target) const;

 private:
  FlatFile() = default;
  Status reopen();

  FileSystemPtr fs_;
  std::string path_;
  std::size_t record_bytes_ = 1;
  std::uint64_t bytes_ = 0;
  std::unique_ptr<rocksdb::FSWritableFile> writer_;
  std::unique_ptr<rocksdb::FSRandomAccessFile> reader_;
};

}  // namespace sluice::store
