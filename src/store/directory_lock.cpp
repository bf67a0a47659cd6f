#include "store/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace sluice::store {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<DirectoryLock> DirectoryLock::take(const std::string& directory, LockKind kind) {
  DirectoryLock lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.descriptor_ < 0) {
    const int error = errno;
    return Error{error == ENOENT ? ErrorKind::not_found : ErrorKind::io,
                 fmt::format("{}: {}", directory, reason(error))};
  }
  int result = 0;
  do result = ::flock(lock.descriptor_, (kind == LockKind::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
  while (result != 0 && errno == EINTR);
  if (result == 0) return lock;
  const int error = errno;
  if (error == EWOULDBLOCK) {
    return Error{
        ErrorKind::config,
        fmt::format("{}: another sluice is using this directory: stop it or choose another --db-dir", directory)};
  }
  return Error{ErrorKind::io, fmt::format("{}: the file system does not lock this directory: {}: move the index to a "
                                          "local disk",
                                          directory, reason(error))};
}

}  // namespace sluice::store
