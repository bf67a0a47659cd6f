// A file system for RocksDB and flat files that loses power, fills up or refuses, as a test asks.
//
// All files live in a DiskModel. A cut takes the power away in the middle of the n-th mutating operation:
// that operation and every later one is refused, and what the disk then holds is disk().crash_image(seed).
// Names of threads, clocks and priorities are the operating system's.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "support/disk_model.h"

namespace sluice::test {

enum class DiskOperation : std::uint8_t {
  create,
  make_directory,
  append,
  truncate,
  sync_file,
  sync_directory,
  rename,
  link,
  remove,
  open,
  read,
};
[[nodiscard]] const char* operation_name(DiskOperation operation) noexcept;

/// All but open and read change the disk, and count towards a cut.
[[nodiscard]] constexpr bool mutates(DiskOperation operation) noexcept { return operation < DiskOperation::open; }

/// Tells syncs apart: by path, and by the mutating operation before it ("operation path").
using SyncFilter = std::function<bool(DiskOperation, const std::string& path, const std::string& previous)>;

/// Which operation fails, and how.
struct DiskFault {
  std::function<bool(DiskOperation, const std::string& path)> matches;
  std::uint64_t at = 1;       ///< the first matching operation that fails, counted from 1
  bool from_then_on = false;  ///< or that one only
  bool no_space = false;      ///< "No space left on device" instead of "Input/output error"
};

/// The power goes at the operation-th mutating operation after the sync-th ignored sync; 0: never.
struct CutAfterIgnored {
  std::uint64_t sync = 0;
  std::uint64_t operation = 1;
};

class FaultFs final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFs(DiskModel disk);

  static const char* kClassName() { return "FaultFs"; }
  const char* Name() const override { return kClassName(); }

  /// Cuts the power at the n-th mutating operation from now, counted from 1.
  void cut_power_at(std::uint64_t operation);
  void fail(DiskFault fault);
  /// Syncs for which `ignored` is true answer success and do nothing.
  void ignore_syncs(SyncFilter ignored, CutAfterIgnored cut = {});

  [[nodiscard]] bool power_is_off() const;
  [[nodiscard]] std::uint64_t mutations() const;             ///< so far
  [[nodiscard]] std::uint64_t faults_hit() const;            ///< operations that `fail` refused
  [[nodiscard]] std::string first_fault() const;             ///< "operation path" of the first refused one
  [[nodiscard]] std::set<std::string> faulty_paths() const;  ///< of all refused ones
  [[nodiscard]] std::string cut_place() const;               ///< "operation path" at which the power went
  [[nodiscard]] std::uint64_t syncs_ignored() const;

  /// The disk itself. Bounds: nobody uses the file system any more.
  [[nodiscard]] const DiskModel& disk() const noexcept { return disk_; }

  using FileOptions = rocksdb::FileOptions;
  using IOOptions = rocksdb::IOOptions;
  using IOStatus = rocksdb::IOStatus;
  using Debug = rocksdb::IODebugContext;

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, Debug* debug) override;
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, Debug* debug) override;
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, Debug* debug) override;
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, Debug* debug) override;
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* result, Debug* debug) override;
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result, Debug* debug) override;
  IOStatus NewMemoryMappedFileBuffer(const std::string& path,
                                     std::unique_ptr<rocksdb::MemoryMappedFileBuffer>* result) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result, Debug* debug) override;
  IOStatus FileExists(const std::string& path, const IOOptions& options, Debug* debug) override;
  IOStatus GetChildren(const std::string& path, const IOOptions& options, std::vector<std::string>* result,
                       Debug* debug) override;
  IOStatus GetChildrenFileAttributes(const std::string& path, const IOOptions& options,
                                     std::vector<rocksdb::FileAttributes>* result, Debug* debug) override;
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, Debug* debug) override;
  IOStatus Truncate(const std::string& path, std::size_t size, const IOOptions& options, Debug* debug) override;
  IOStatus CreateDir(const std::string& path, const IOOptions& options, Debug* debug) override;
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options, Debug* debug) override;
  IOStatus DeleteDir(const std::string& path, const IOOptions& options, Debug* debug) override;
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, std::uint64_t* size, Debug* debug) override;
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions& options, std::uint64_t* time_s,
                                   Debug* debug) override;
  IOStatus RenameFile(const std::string& source, const std::string& target, const IOOptions& options,
                      Debug* debug) override;
  IOStatus LinkFile(const std::string& source, const std::string& target, const IOOptions& options,
                    Debug* debug) override;
  IOStatus NumFileLinks(const std::string& path, const IOOptions& options, std::uint64_t* count, Debug* debug) override;
  IOStatus AreFilesSame(const std::string& first, const std::string& second, const IOOptions& options, bool* same,
                        Debug* debug) override;
  IOStatus LockFile(const std::string& path, const IOOptions& options, rocksdb::FileLock** lock, Debug* debug) override;
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions& options, Debug* debug) override;
  IOStatus NewLogger(const std::string& path, const IOOptions& options, std::shared_ptr<rocksdb::Logger>* result,
                     Debug* debug) override;
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions& options, std::string* result,
                           Debug* debug) override;
  IOStatus GetFreeSpace(const std::string& path, const IOOptions& options, std::uint64_t* bytes, Debug* debug) override;
  IOStatus IsDirectory(const std::string& path, const IOOptions& options, bool* answer, Debug* debug) override;

 private:
  class Sequential;
  class RandomAccess;
  class Writable;
  class Directory;

  /// Runs an operation under the lock unless it shall fail. A cut lets the change happen, unsynced, before it refuses.
  IOStatus run(DiskOperation operation, const std::string& path, const std::function<IOStatus()>& change);
  IOStatus append(DiskNode& file, const std::string& path, std::string_view data);
  IOStatus admit(DiskOperation operation, const std::string& path, bool& at_cut);
  IOStatus open_writable(const std::string& path, bool keep, std::unique_ptr<rocksdb::FSWritableFile>* result);

  mutable std::mutex mutex_;
  DiskModel disk_;
  std::uint64_t mutations_ = 0;
  std::uint64_t cut_at_ = 0;  ///< 0: never
  bool off_ = false;
  DiskFault fault_;
  std::uint64_t fault_matches_ = 0;
  std::uint64_t faults_hit_ = 0;
  std::string first_fault_;
  std::set<std::string> faulty_paths_;
  std::string cut_place_;
  SyncFilter ignored_;
  std::string previous_;  ///< the mutating operation before
  CutAfterIgnored cut_after_ignored_;
  std::uint64_t syncs_ignored_ = 0;
  std::set<std::string> locks_;
};

}  // namespace sluice::test
