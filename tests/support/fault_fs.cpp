#include "support/fault_fs.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <cstring>

namespace sluice::test {

using rocksdb::FSDirectory;
using rocksdb::FSRandomAccessFile;
using rocksdb::FSSequentialFile;
using rocksdb::FSWritableFile;
using rocksdb::Slice;

namespace {

rocksdb::IOStatus missing(const std::string& path) {
  return rocksdb::IOStatus::PathNotFound(path, "No such file or directory");
}

// RocksDB's own log is for people and no part of an index.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class HeldLock final : public rocksdb::FileLock {
 public:
  explicit HeldLock(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace

const char* operation_name(DiskOperation operation) noexcept {
  constexpr const char* names[] = {"create", "mkdir", "append", "truncate", "fsync", "directory fsync",
                                   "rename", "link",  "delete", "open",     "read"};
  return names[static_cast<std::size_t>(operation)];
}

class FaultFs::Sequential final : public FSSequentialFile {
 public:
  Sequential(FaultFs& fs, std::string path, NodePtr node) : fs_(fs), path_(std::move(path)), node_(std::move(node)) {}

  IOStatus Read(std::size_t count, const IOOptions&, Slice* result, char* scratch, Debug*) override {
    return fs_.run(DiskOperation::read, path_, [&] {
      const std::size_t got =
          std::min<std::size_t>(count, node_->content.size() - std::min<std::size_t>(at_, node_->content.size()));
      std::memcpy(scratch, node_->content.data() + (got == 0 ? 0 : at_), got);
      at_ += got;
      *result = Slice(scratch, got);
      return IOStatus::OK();
    });
  }
  IOStatus Skip(std::uint64_t count) override {
    at_ += count;
    return IOStatus::OK();
  }

 private:
  FaultFs& fs_;
  std::string path_;
  NodePtr node_;
  std::uint64_t at_ = 0;
};

class FaultFs::RandomAccess final : public FSRandomAccessFile {
 public:
  RandomAccess(FaultFs& fs, std::string path, NodePtr node) : fs_(fs), path_(std::move(path)), node_(std::move(node)) {}

  IOStatus Read(std::uint64_t offset, std::size_t count, const IOOptions&, Slice* result, char* scratch,
                Debug*) const override {
    return fs_.run(DiskOperation::read, path_, [&] {
      const std::size_t got =
          offset >= node_->content.size() ? 0 : std::min<std::size_t>(count, node_->content.size() - offset);
      if (got > 0) std::memcpy(scratch, node_->content.data() + offset, got);
      *result = Slice(scratch, got);
      return IOStatus::OK();
    });
  }

 private:
  FaultFs& fs_;
  std::string path_;
  NodePtr node_;
};

class FaultFs::Writable final : public FSWritableFile {
 public:
  Writable(FaultFs& fs, std::string path, NodePtr node) : fs_(fs), path_(std::move(path)), node_(std::move(node)) {}

  using FSWritableFile::Append;
  using FSWritableFile::PositionedAppend;
  IOStatus Append(const Slice& data, const IOOptions&, Debug*) override {
    return fs_.append(*node_, path_, {data.data(), data.size()});
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, Debug*) override {
    if (size == node_->content.size()) return IOStatus::OK();
    return fs_.run(DiskOperation::truncate, path_, [&] {
      DiskModel::truncate(*node_, size);
      return IOStatus::OK();
    });
  }
  IOStatus Sync(const IOOptions&, Debug*) override {
    return fs_.run(DiskOperation::sync_file, path_, [&] {
      DiskModel::sync_file(*node_);
      return IOStatus::OK();
    });
  }
  IOStatus Fsync(const IOOptions& options, Debug* debug) override { return Sync(options, debug); }
  IOStatus Close(const IOOptions&, Debug*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, Debug*) override { return IOStatus::OK(); }
  // A hint to begin writing; it promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, Debug*) override { return IOStatus::OK(); }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const IOOptions&, Debug*) override {
    const std::lock_guard lock(fs_.mutex_);
    return node_->content.size();
  }

 private:
  FaultFs& fs_;
  std::string path_;
  NodePtr node_;
};

class FaultFs::Directory final : public FSDirectory {
 public:
  Directory(FaultFs& fs, std::string path, NodePtr node) : fs_(fs), path_(std::move(path)), node_(std::move(node)) {}

  IOStatus Fsync(const IOOptions&, Debug*) override {
    return fs_.run(DiskOperation::sync_directory, path_, [&] {
      DiskModel::sync_directory(*node_);
      return IOStatus::OK();
    });
  }
  IOStatus Close(const IOOptions&, Debug*) override { return IOStatus::OK(); }

 private:
  FaultFs& fs_;
  std::string path_;
  NodePtr node_;
};

FaultFs::FaultFs(DiskModel disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(std::move(disk)) {}

void FaultFs::cut_power_at(std::uint64_t operation) {
  const std::lock_guard lock(mutex_);
  cut_at_ = mutations_ + operation;
}
void FaultFs::fail(DiskFault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
  fault_matches_ = 0;
}
void FaultFs::ignore_syncs(SyncFilter ignored, CutAfterIgnored cut) {
  const std::lock_guard lock(mutex_);
  ignored_ = std::move(ignored);
  cut_after_ignored_ = cut;
}
bool FaultFs::power_is_off() const {
  const std::lock_guard lock(mutex_);
  return off_;
}
std::uint64_t FaultFs::mutations() const {
  const std::lock_guard lock(mutex_);
  return mutations_;
}
std::uint64_t FaultFs::faults_hit() const {
  const std::lock_guard lock(mutex_);
  return faults_hit_;
}
std::uint64_t FaultFs::syncs_ignored() const {
  const std::lock_guard lock(mutex_);
  return syncs_ignored_;
}
std::string FaultFs::first_fault() const {
  const std::lock_guard lock(mutex_);
  return first_fault_;
}
std::set<std::string> FaultFs::faulty_paths() const {
  const std::lock_guard lock(mutex_);
  return faulty_paths_;
}
std::string FaultFs::cut_place() const {
  const std::lock_guard lock(mutex_);
  return cut_place_;
}

rocksdb::IOStatus FaultFs::admit(DiskOperation operation, const std::string& path, bool& at_cut) {
  const std::string place = std::string(operation_name(operation)) + " " + path;
  if (off_) return IOStatus::IOError(place, "the power is off");
  if (mutates(operation) && ++mutations_ == cut_at_) {
    off_ = true;
    at_cut = true;
    cut_place_ = place;
    return IOStatus::IOError(place, "the power went off");
  }
  if (!fault_.matches || !fault_.matches(operation, path)) return IOStatus::OK();
  ++fault_matches_;
  if (fault_.from_then_on ? fault_matches_ < fault_.at : fault_matches_ != fault_.at) return IOStatus::OK();
  if (faults_hit_++ == 0) first_fault_ = place;
  faulty_paths_.insert(path);
  return fault_.no_space ? IOStatus::NoSpace(place, "No space left on device")
                         : IOStatus::IOError(place, "Input/output error");
}

rocksdb::IOStatus FaultFs::run(DiskOperation operation, const std::string& path,
                               const std::function<IOStatus()>& change) {
  const std::lock_guard lock(mutex_);
  const bool sync = operation == DiskOperation::sync_file || operation == DiskOperation::sync_directory;
  bool at_cut = false;
  if (const IOStatus refused = admit(operation, path, at_cut); !refused.ok()) {
    // What was under way may have reached the disk or not: the crash image decides.
    if (at_cut && !sync) (void)change().ok();
    return refused;
  }
  const bool ignored = sync && ignored_ && ignored_(operation, path, previous_);
  if (mutates(operation)) previous_ = std::string(operation_name(operation)) + " " + path;
  if (!ignored) return change();
  if (++syncs_ignored_ == cut_after_ignored_.sync) cut_at_ = mutations_ + cut_after_ignored_.operation;
  return IOStatus::OK();
}

// A write that fails may have written a part of it.
rocksdb::IOStatus FaultFs::append(DiskNode& file, const std::string& path, std::string_view data) {
  const std::lock_guard lock(mutex_);
  bool at_cut = false;
  const IOStatus status = admit(DiskOperation::append, path, at_cut);
  previous_ = std::string(operation_name(DiskOperation::append)) + " " + path;
  if (status.ok() || at_cut) DiskModel::write(file, file.content.size(), data);
  else if (!off_) DiskModel::write(file, file.content.size(), data.substr(0, data.size() / 2));
  return status;
}

rocksdb::IOStatus FaultFs::NewSequentialFile(const std::string& path, const FileOptions&,
                                             std::unique_ptr<FSSequentialFile>* result, Debug*) {
  return run(DiskOperation::open, path, [&] {
    const NodePtr node = disk_.find(path);
    if (!node || node->is_directory) return missing(path);
    *result = std::make_unique<Sequential>(*this, path, node);
    return IOStatus::OK();
  });
}

rocksdb::IOStatus FaultFs::NewRandomAccessFile(const std::string& path, const FileOptions&,
                                               std::unique_ptr<FSRandomAccessFile>* result, Debug*) {
  return run(DiskOperation::open, path, [&] {
    const NodePtr node = disk_.find(path);
    if (!node || node->is_directory) return missing(path);
    *result = std::make_unique<RandomAccess>(*this, path, node);
    return IOStatus::OK();
  });
}

rocksdb::IOStatus FaultFs::open_writable(const std::string& path, bool keep, std::unique_ptr<FSWritableFile>* result) {
  bool there = false;
  {
    const std::lock_guard lock(mutex_);
    there = disk_.find(path) != nullptr;
  }
  return run(there && keep ? DiskOperation::open : DiskOperation::create, path, [&] {
    NodePtr node = disk_.find(path);
    if (node && node->is_directory) return IOStatus::IOError(path, "Is a directory");
    if (!node) node = disk_.create(path, false);
    else if (!keep) DiskModel::truncate(*node, 0);
    if (!node) return missing(path);
    *result = std::make_unique<Writable>(*this, path, node);
    return IOStatus::OK();
  });
}

rocksdb::IOStatus FaultFs::NewWritableFile(const std::string& path, const FileOptions&,
                                           std::unique_ptr<FSWritableFile>* result, Debug*) {
  return open_writable(path, false, result);
}
rocksdb::IOStatus FaultFs::ReopenWritableFile(const std::string& path, const FileOptions&,
                                              std::unique_ptr<FSWritableFile>* result, Debug*) {
  return open_writable(path, true, result);
}
rocksdb::IOStatus FaultFs::ReuseWritableFile(const std::string& path, const std::string& old_path,
                                             const FileOptions& options, std::unique_ptr<FSWritableFile>* result,
                                             Debug* debug) {
  if (const IOStatus status = RenameFile(old_path, path, IOOptions(), debug); !status.ok()) return status;
  return NewWritableFile(path, options, result, debug);
}
rocksdb::IOStatus FaultFs::NewRandomRWFile(const std::string&, const FileOptions&,
                                           std::unique_ptr<rocksdb::FSRandomRWFile>*, Debug*) {
  return IOStatus::NotSupported("NewRandomRWFile");
}
rocksdb::IOStatus FaultFs::NewMemoryMappedFileBuffer(const std::string&,
                                                     std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) {
  return IOStatus::NotSupported("NewMemoryMappedFileBuffer");
}

rocksdb::IOStatus FaultFs::NewDirectory(const std::string& path, const IOOptions&, std::unique_ptr<FSDirectory>* result,
                                        Debug*) {
  return run(DiskOperation::open, path, [&] {
    const NodePtr node = disk_.find(path);
    if (!node || !node->is_directory) return missing(path);
    *result = std::make_unique<Directory>(*this, path, node);
    return IOStatus::OK();
  });
}

rocksdb::IOStatus FaultFs::FileExists(const std::string& path, const IOOptions&, Debug*) {
  const std::lock_guard lock(mutex_);
  if (off_) return IOStatus::IOError(path, "the power is off");
  return disk_.find(path) ? IOStatus::OK() : IOStatus::NotFound(path);
}

rocksdb::IOStatus FaultFs::GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* result,
                                       Debug*) {
  result->clear();
  return run(DiskOperation::open, path, [&] {
    const NodePtr node = disk_.find(path);
    if (!node || !node->is_directory) return IOStatus::NotFound(path);
    for (const auto& [name, child] : node->entries) result->push_back(name);
    return IOStatus::OK();
  });
}
rocksdb::IOStatus FaultFs::GetChildrenFileAttributes(const std::string& path, const IOOptions& options,
                                                     std::vector<rocksdb::FileAttributes>* result, Debug* debug) {
  return FileSystem::GetChildrenFileAttributes(path, options, result, debug);
}

rocksdb::IOStatus FaultFs::DeleteFile(const std::string& path, const IOOptions&, Debug*) {
  return run(DiskOperation::remove, path, [&] { return disk_.remove(path) ? IOStatus::OK() : missing(path); });
}
rocksdb::IOStatus FaultFs::DeleteDir(const std::string& path, const IOOptions& options, Debug* debug) {
  return DeleteFile(path, options, debug);
}

rocksdb::IOStatus FaultFs::Truncate(const std::string& path, std::size_t size, const IOOptions&, Debug*) {
  return run(DiskOperation::truncate, path, [&] {
    const NodePtr node = disk_.find(path);
    if (!node || node->is_directory) return missing(path);
    DiskModel::truncate(*node, size);
    return IOStatus::OK();
  });
}

rocksdb::IOStatus FaultFs::CreateDir(const std::string& path, const IOOptions&, Debug*) {
  return run(DiskOperation::make_directory, path, [&] {
    if (disk_.find(path)) return IOStatus::IOError(path, "File exists");
    return disk_.create(path, true) ? IOStatus::OK() : missing(path);
  });
}
rocksdb::IOStatus FaultFs::CreateDirIfMissing(const std::string& path, const IOOptions& options, Debug* debug) {
  {
    const std::lock_guard lock(mutex_);
    if (const NodePtr node = disk_.find(path); !off_ && node)
      return node->is_directory ? IOStatus::OK() : IOStatus::IOError(path, "is no directory");
  }
  return CreateDir(path, options, debug);
}

rocksdb::IOStatus FaultFs::GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size, Debug*) {
  const std::lock_guard lock(mutex_);
  if (off_) return IOStatus::IOError(path, "the power is off");
  const NodePtr node = disk_.find(path);
  if (!node) return missing(path);
  *size = node->content.size();
  return IOStatus::OK();
}
rocksdb::IOStatus FaultFs::GetFileModificationTime(const std::string& path, const IOOptions&, std::uint64_t* time_s,
                                                   Debug*) {
  const std::lock_guard lock(mutex_);
  if (!disk_.find(path)) return missing(path);
  *time_s = 1;
  return IOStatus::OK();
}

rocksdb::IOStatus FaultFs::RenameFile(const std::string& source, const std::string& target, const IOOptions&, Debug*) {
  return run(DiskOperation::rename, target,
             [&] { return disk_.rename(source, target) ? IOStatus::OK() : missing(source); });
}
rocksdb::IOStatus FaultFs::LinkFile(const std::string& source, const std::string& target, const IOOptions&, Debug*) {
  return run(DiskOperation::link, target, [&] {
    return disk_.link(source, target) ? IOStatus::OK() : IOStatus::IOError(target, "cannot be linked");
  });
}
rocksdb::IOStatus FaultFs::NumFileLinks(const std::string& path, const IOOptions&, std::uint64_t* count, Debug*) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = disk_.find(path);
  if (!node) return missing(path);
  *count = count_links(*disk_.find("/"), node.get());
  return IOStatus::OK();
}
rocksdb::IOStatus FaultFs::AreFilesSame(const std::string& first, const std::string& second, const IOOptions&,
                                        bool* same, Debug*) {
  const std::lock_guard lock(mutex_);
  *same = disk_.find(first) == disk_.find(second);
  return IOStatus::OK();
}

rocksdb::IOStatus FaultFs::LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock, Debug*) {
  const std::lock_guard guard(mutex_);
  if (off_) return IOStatus::IOError(path, "the power is off");
  if (!locks_.insert(path).second) return IOStatus::IOError("lock " + path, "held by another");
  *lock = new HeldLock(path);
  return IOStatus::OK();
}
rocksdb::IOStatus FaultFs::UnlockFile(rocksdb::FileLock* lock, const IOOptions&, Debug*) {
  const std::lock_guard guard(mutex_);
  const std::unique_ptr<HeldLock> held(static_cast<HeldLock*>(lock));
  locks_.erase(held->path());
  return IOStatus::OK();
}

rocksdb::IOStatus FaultFs::NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                                     Debug*) {
  *result = std::make_shared<SilentLogger>();
  return IOStatus::OK();
}
rocksdb::IOStatus FaultFs::GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result, Debug*) {
  *result = path;
  return IOStatus::OK();
}
rocksdb::IOStatus FaultFs::GetFreeSpace(const std::string&, const IOOptions&, std::uint64_t* bytes, Debug*) {
  *bytes = std::uint64_t{1} << 40;
  return IOStatus::OK();
}
rocksdb::IOStatus FaultFs::IsDirectory(const std::string& path, const IOOptions&, bool* answer, Debug*) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = disk_.find(path);
  if (!node) return missing(path);
  *answer = node->is_directory;
  return IOStatus::OK();
}

}  // namespace sluice::test
