#include "source/file_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "source/block_files.h"

namespace sluice::source {

FileCache::FileCache(std::string directory, std::uint32_t capacity)
    : directory_(std::move(directory)), capacity_(capacity) {
  SLUICE_CHECK(capacity >= 1);
  entries_.reserve(capacity);
}

FileCache::~FileCache() {
  for (const Entry& entry : entries_) ::close(entry.fd);
}

/// Closes the file that has been idle longest, if the cache is full and one is idle.
void FileCache::make_room() noexcept {
  while (entries_.size() >= capacity_) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->user_count == 0 && (oldest == entries_.end() || it->last_use < oldest->last_use)) oldest = it;
    }
    if (oldest == entries_.end()) return;
    ::close(oldest->fd);
    *oldest = entries_.back();
    entries_.pop_back();
  }
}

Result<int> FileCache::acquire(std::uint32_t file_number) {
  for (Entry& entry : entries_) {
    if (entry.file_number != file_number) continue;
    ++entry.user_count;
    entry.last_use = ++clock_;
    return entry.fd;
  }
  make_room();
  const std::string path = directory_ + "/" + block_file_name(file_number);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error{ErrorKind::io, "cannot open " + with_errno(path, errno)};
  entries_.push_back(Entry{.file_number = file_number, .fd = fd, .user_count = 1, .last_use = ++clock_});
  return fd;
}

void FileCache::release(std::uint32_t file_number) noexcept {
  for (Entry& entry : entries_) {
    if (entry.file_number != file_number) continue;
    SLUICE_CHECK(entry.user_count > 0);
    --entry.user_count;
    if (entries_.size() > capacity_) make_room();
    return;
  }
  SLUICE_CHECK(!"a file was released that is not open");
}

}  // namespace sluice::source
