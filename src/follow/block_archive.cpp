#include "follow/block_archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "base/kill_point.h"
#include "chain/header.h"
#include "source/block_files.h"

namespace sluice::follow {
namespace {

Error refused(const std::string& what, const std::string& path) {
  return {ErrorKind::io, what + " " + source::with_errno(path, errno)};
}

/// A new or removed file is durable once its directory is.
Status sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return refused("cannot open", directory);
  Status status;
  if (::fsync(fd) != 0) status = refused("cannot sync", directory);
  ::close(fd);
  return status;
}

Status remove_files_from(const std::string& directory, std::uint32_t first) {
  for (std::uint32_t number = first;; ++number) {
    const std::string path = directory + "/" + source::block_file_name(number);
    if (::unlink(path.c_str()) == 0) continue;
    if (errno == ENOENT) return {};
    return refused("cannot remove", path);
  }
}

}  // namespace

Result<BlockArchive> BlockArchive::open(const chain::Network& network, std::string directory,
                                        const std::vector<std::uint64_t>& ends) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return Error{ErrorKind::io, "cannot create " + directory + ": " + error.message()};
  BlockArchive archive(network, std::move(directory));
  if (!ends.empty()) archive.file_number_ = static_cast<std::uint32_t>(ends.size() - 1);
  if (Status status = remove_files_from(archive.directory_, archive.file_number_ + 1); !status)
    return std::move(status).error();
  if (Status status = archive.open_file(); !status) return std::move(status).error();
  const std::uint64_t end = ends.empty() ? 0 : ends.back();
  if (archive.size_ < end) {
    return Error{ErrorKind::corrupt, archive.path() + ": " + std::to_string(archive.size_) +
                                         " bytes, but the index has blocks up to offset " + std::to_string(end)};
  }
  if (::ftruncate(archive.fd_, static_cast<off_t>(end)) != 0) return refused("cannot cut", archive.path());
  archive.size_ = end;
  return archive;
}

BlockArchive::BlockArchive(BlockArchive&& other) noexcept
    : network_(other.network_),
      directory_(std::move(other.directory_)),
      file_number_(other.file_number_),
      size_(other.size_),
      fd_(std::exchange(other.fd_, -1)) {}

BlockArchive::~BlockArchive() {
  if (fd_ >= 0) ::close(fd_);
}

std::string BlockArchive::path() const { return directory_ + "/" + source::block_file_name(file_number_); }

Status BlockArchive::open_file() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) return refused("cannot open", path());
  struct stat found {};
  if (::fstat(fd_, &found) != 0) return refused("cannot look at", path());
  size_ = static_cast<std::uint64_t>(found.st_size);
  return sync_directory(directory_);
}

Status BlockArchive::next_file() {
  if (Status status = sync(); !status) return status;
  ++file_number_;
  return open_file();
}

Status BlockArchive::write(Bytes bytes) {
  std::uint64_t at = size_;
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return refused("cannot write", path());
    at += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return {};
}

Result<source::ScannedBlock> BlockArchive::append(Bytes block) {
  SLUICE_CHECK(block.size() > chain::header_bytes && block.size() < std::uint32_t{1} << 31);
  if (size_ > 0 && size_ + source::record_head_bytes + block.size() > file_bytes_max) {
    if (Status status = next_file(); !status) return std::move(status).error();
  }
  std::byte head[source::record_head_bytes];
  std::memcpy(head, network_.disk_magic.data(), 4);
  store_le(head + 4, static_cast<std::uint32_t>(block.size()));
  const std::uint64_t begin = size_;
  Status written = write(head);
  SLUICE_KILL_POINT("archive.head");
  if (written) {
    size_ += sizeof head;
    written = write(block);
  }
  if (!written) {
    size_ = begin;
    return std::move(written).error();
  }
  size_ += block.size();
  SLUICE_KILL_POINT("archive.block");
  source::ScannedBlock scanned;
  std::memcpy(scanned.header.data(), block.data(), chain::header_bytes);
  scanned.hash = chain::block_hash(network_.coin, block.first(chain::header_bytes));
  scanned.offset = begin + source::record_head_bytes;
  scanned.file_number = file_number_;
  scanned.size = static_cast<std::uint32_t>(block.size());
  return scanned;
}

Status BlockArchive::sync() {
  if (::fdatasync(fd_) != 0) return refused("cannot sync", path());
  SLUICE_KILL_POINT("archive.sync");
  return {};
}

}  // namespace sluice::follow
