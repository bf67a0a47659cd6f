// Append-only files of fixed-width records.
//
// A file knows nothing of commits: the state record says how many records count, and what stands
// behind them is cut off at start. One thread appends while others read. All access goes through
// RocksDB's file system interface, so that tests can take the power away from everything at once.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
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

  [[nodiscard]] std::uint64_t records() const noexcept { return bytes_.get() / record_bytes_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Bytes that the file has on disk, with a tail that no state counts. Errors: io.
  [[nodiscard]] Result<std::uint64_t> bytes_on_disk() const;

  /// Bounds: bytes.size() is a whole number of records.
  Status append(Bytes bytes);
  /// Makes everything appended so far durable.
  Status sync();
  /// Starts writing back what was appended, without waiting.
  void start_writeback() noexcept;
  /// Forgets records from `records` on; the next append follows there. Until then they can still be read, by
  /// who began before.
  void forget(std::uint64_t records) noexcept;
  /// Takes what was forgotten off the file. Bounds: nobody reads it any more.
  Status cut_forgotten();

  /// Reads `count` records into target; safe from several threads. Errors: io; corrupt beyond the end.
  Status read(std::uint64_t first, std::uint64_t count, std::byte* target) const;

 private:
  /// Published together with what counts on it, so it orders nothing itself.
  class Length {
   public:
    Length() = default;
    Length(Length&& other) noexcept : bytes_(other.get()) {}
    Length& operator=(Length&& other) noexcept {
      set(other.get());
      return *this;
    }
    [[nodiscard]] std::uint64_t get() const noexcept { return bytes_.load(std::memory_order_relaxed); }
    void set(std::uint64_t bytes) noexcept { bytes_.store(bytes, std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> bytes_{0};
  };

  FlatFile() = default;
  Status reopen();

  FileSystemPtr fs_;
  std::string path_;
  std::size_t record_bytes_ = 1;
  Length bytes_;          ///< of the records that count
  Length bytes_in_file_;  ///< with those forgotten since
  std::unique_ptr<rocksdb::FSWritableFile> writer_;
  std::unique_ptr<rocksdb::FSRandomAccessFile> reader_;
};

}  // namespace sluice::store
