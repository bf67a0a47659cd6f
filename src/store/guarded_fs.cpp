#include "store/guarded_fs.h"

#include <algorithm>
#include <bit>

#include "store/manifest_guard.h"

namespace sluice::store {
namespace {

using rocksdb::FSRandomAccessFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class WatchedFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<FSRandomAccessFile> file, std::string path, std::shared_ptr<UnreadableTables> unreadable)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), path_(std::move(path)), unreadable_(std::move(unreadable)) {}

  IOStatus Read(std::uint64_t offset, std::size_t count, const IOOptions& options, rocksdb::Slice* result,
                char* scratch, IODebugContext* debug) const override {
    const IOStatus status = target()->Read(offset, count, options, result, scratch, debug);
    if (!status.ok()) unreadable_->note(path_, status);
    return status;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, std::size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    const IOStatus status = target()->MultiRead(requests, count, options, debug);
    if (!status.ok()) unreadable_->note(path_, status);
    for (std::size_t i = 0; i < count; ++i) {
      if (!requests[i].status.ok()) unreadable_->note(path_, requests[i].status);
    }
    return status;
  }

 private:
  std::string path_;
  std::shared_ptr<UnreadableTables> unreadable_;
};

/// A manifest or a log: takes no more records once a table file was unreadable.
class WatchedRecords final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedRecords(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<UnreadableTables> unreadable,
                 std::shared_ptr<std::atomic<bool>> in_doubt)
      : FSWritableFileOwnerWrapper(std::move(file)),
        unreadable_(std::move(unreadable)),
        in_doubt_(std::move(in_doubt)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus refused = unreadable_->last();
    return noted(refused.ok() ? target()->Append(data, options, debug) : refused);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& check,
                  IODebugContext* debug) override {
    const IOStatus refused = unreadable_->last();
    return noted(refused.ok() ? target()->Append(data, options, check, debug) : refused);
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    return noted(target()->Flush(options, debug));
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return noted(target()->Sync(options, debug));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return noted(target()->Fsync(options, debug));
  }

 private:
  IOStatus noted(IOStatus status) {
    if (!status.ok()) in_doubt_->store(true);
    return status;
  }

  std::shared_ptr<UnreadableTables> unreadable_;
  std::shared_ptr<std::atomic<bool>> in_doubt_;
};

/// A file that was read whole.
class MemoryFile final : public rocksdb::FSSequentialFile {
 public:
  explicit MemoryFile(std::string content) : content_(std::move(content)) {}

  IOStatus Read(std::size_t count, const IOOptions&, rocksdb::Slice* result, char* scratch, IODebugContext*) override {
    const std::size_t got = content_.copy(scratch, count, at_);
    *result = rocksdb::Slice(scratch, got);
    at_ += got;
    return IOStatus::OK();
  }
  IOStatus Skip(std::uint64_t count) override {
    at_ += std::min<std::size_t>(count, content_.size() - at_);
    return IOStatus::OK();
  }

 private:
  std::string content_;
  std::size_t at_ = 0;
};

class GuardedFs final : public rocksdb::FileSystemWrapper {
 public:
  GuardedFs(std::shared_ptr<rocksdb::FileSystem> fs, std::shared_ptr<UnreadableTables> unreadable)
      : FileSystemWrapper(std::move(fs)), unreadable_(std::move(unreadable)) {}
  const char* Name() const override { return "sluice.GuardedFs"; }

  IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                               std::unique_ptr<FSRandomAccessFile>* result, IODebugContext* debug) override {
    const IOStatus status = target()->NewRandomAccessFile(path, options, result, debug);
    if (!path.ends_with(".sst")) return status;
    if (!status.ok()) {
      unreadable_->note(path, status);
    } else {
      *result = std::make_unique<WatchedFile>(std::move(*result), path, unreadable_);
    }
    return status;
  }

  IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext* debug) override {
    if (path.find("/MANIFEST-") == path.npos) return target()->NewSequentialFile(path, options, result, debug);
    std::string manifest;
    IOStatus status = rocksdb::ReadFileToString(target(), path, &manifest);
    if (!status.ok()) return status;
    manifest.resize(readable_bytes(manifest));
    *result = std::make_unique<MemoryFile>(std::move(manifest));
    return status;
  }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) override {
    const IOStatus status = target()->NewWritableFile(path, options, result, debug);
    if (status.ok() && (path.find("/MANIFEST-") != path.npos || path.ends_with(".log"))) {
      *result = std::make_unique<WatchedRecords>(std::move(*result), unreadable_, records_in_doubt_);
    }
    return status;
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    if (records_in_doubt_->load() && path.ends_with(".sst"))
      return IOStatus::IOError(path, "kept: the manifest may name it");
    return target()->DeleteFile(path, options, debug);
  }

  IOStatus LinkFile(const std::string& source, const std::string& link, const IOOptions& options,
                    IODebugContext* debug) override {
    const IOStatus refused = unreadable_->last();
    return refused.ok() ? target()->LinkFile(source, link, options, debug) : refused;
  }

  IOStatus RenameFile(const std::string& source, const std::string& name, const IOOptions& options,
                      IODebugContext* debug) override {
    if (name.ends_with("/CURRENT")) {
      std::unique_ptr<rocksdb::FSDirectory> directory;
      IOStatus status = target()->NewDirectory(name.substr(0, name.rfind('/')), options, &directory, debug);
      if (status.ok()) status = directory->Fsync(options, debug);
      if (!status.ok()) return status;
    }
    return target()->RenameFile(source, name, options, debug);
  }

 private:
  std::shared_ptr<std::atomic<bool>> records_in_doubt_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<UnreadableTables> unreadable_;
};

}  // namespace

void UnreadableTables::note(const std::string& path, const IOStatus& status) {
  const std::lock_guard lock(mutex_);
  text_ = path + ": this table file could not be read: " + status.ToString();
  const std::uint64_t count = count_.fetch_add(1, std::memory_order_release) + 1;
  if (tell_ && std::has_single_bit(count)) tell_(text_);
}

IOStatus UnreadableTables::last() const {
  if (count() == 0) return IOStatus::OK();
  const std::lock_guard lock(mutex_);
  return IOStatus::IOError(text_);
}

std::shared_ptr<rocksdb::FileSystem> guarded_file_system(std::shared_ptr<rocksdb::FileSystem> fs,
                                                         std::shared_ptr<UnreadableTables> unreadable) {
  return std::make_shared<GuardedFs>(std::move(fs), std::move(unreadable));
}

}  // namespace sluice::store
