#include "store/discard.h"

#include "base/kill_point.h"

namespace sluice::store {
namespace {

constexpr char mark_name[] = "DISCARDED";

Status sync_names(rocksdb::FileSystem& fs, const std::string& path) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status = fs.NewDirectory(path, rocksdb::IOOptions(), &directory, nullptr);
  if (status.ok()) status = directory->Fsync(rocksdb::IOOptions(), nullptr);
  if (!status.ok()) return io_error(path, status);
  return {};
}

Status remove_marked(const std::string& rocks, rocksdb::FileSystem& fs) {
  const std::string mark = rocks + "/" + mark_name;
  std::vector<std::string> names;
  rocksdb::IOStatus status = fs.GetChildren(rocks, rocksdb::IOOptions(), &names, nullptr);
  if (!status.ok()) return io_error(rocks, status);
  for (const std::string& name : names) {
    if (name == "." || name == ".." || name == "LOCK" || name == mark_name) continue;
    status = fs.DeleteFile(rocks + "/" + name, rocksdb::IOOptions(), nullptr);
    if (!status.ok()) return io_error(rocks + "/" + name, status);
    SLUICE_KILL_POINT("discard.remove");
  }
  // The mark goes last. Its own removal is durable before a new CURRENT is: see guarded_fs.h.
  if (Status synced = sync_names(fs, rocks); !synced) return synced;
  status = fs.DeleteFile(mark, rocksdb::IOOptions(), nullptr);
  if (!status.ok()) return io_error(mark, status);
  SLUICE_KILL_POINT("discard.end");
  return {};
}

}  // namespace

Status discard_index(const std::string& directory, const StoreOptions& options) {
  const FileSystemPtr fs = options.file_system ? options.file_system : rocksdb::FileSystem::Default();
  const std::string rocks = directory + "/rocks";
  const auto lock = lock_directory(directory, OpenMode::read_write, options);
  if (!lock) return lock.error();
  const rocksdb::IOStatus status =
      fs->RenameFile(rocks + "/CURRENT", rocks + "/" + mark_name, rocksdb::IOOptions(), nullptr);
  if (!status.ok()) return io_error(rocks + "/CURRENT", status);
  SLUICE_KILL_POINT("discard.mark");
  if (Status synced = sync_names(*fs, rocks); !synced) return synced;
  return remove_marked(rocks, *fs);
}

bool is_discarded(const std::string& directory, rocksdb::FileSystem& fs) {
  return fs.FileExists(directory + "/rocks/" + mark_name, rocksdb::IOOptions(), nullptr).ok();
}

Status finish_discard(const std::string& directory, rocksdb::FileSystem& fs) {
  const std::string rocks = directory + "/rocks";
  const std::string mark = rocks + "/" + mark_name;
  const rocksdb::IOStatus marked = fs.FileExists(mark, rocksdb::IOOptions(), nullptr);
  if (marked.IsNotFound()) return {};
  if (!marked.ok()) return io_error(mark, marked);
  return remove_marked(rocks, fs);
}

}  // namespace sluice::store
