#include "source/range_reader.h"

#include <unistd.h>

#include <cerrno>
#include <limits>

#include "source/header_scan.h"

namespace sluice::source {

RangeReader::RangeReader(std::string directory, const XorKey& key, std::uint32_t open_files_max)
    : key_(key), files_(std::move(directory), open_files_max) {}

namespace {

Status read_whole(int fd, std::uint64_t offset, MutableBytes target, const std::string& path) {
  std::size_t have = 0;
  while (have < target.size()) {
    const ssize_t got = ::pread(fd, target.data() + have, target.size() - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    const std::string where = path + ", offset " + std::to_string(offset + have);
    if (got < 0) return Error{ErrorKind::io, "cannot read " + with_errno(where, errno)};
    if (got == 0)
      return Error{ErrorKind::corrupt,
                   where + ": the file ends here, " + std::to_string(target.size() - have) + " bytes more were wanted"};
    have += static_cast<std::size_t>(got);
  }
  return {};
}

}  // namespace

Result<std::vector<std::byte>> RangeReader::read_range(std::uint32_t file_number, std::uint64_t offset,
                                                       std::uint32_t size) {
  const std::string path = files_.directory() + "/" + block_file_name(file_number);
  if (size > record_bytes_max || offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) - size) {
    return Error{ErrorKind::limit, path + ", offset " + std::to_string(offset) + ": no transaction has " +
                                       std::to_string(size) + " bytes there"};
  }
  int fd = -1;
  {
    const std::lock_guard lock(mutex_);
    auto opened = files_.acquire(file_number);
    if (!opened) return std::move(opened).error();
    fd = opened.value();
  }
  std::vector<std::byte> bytes(size);
  auto status = read_whole(fd, offset, bytes, path);
  {
    const std::lock_guard lock(mutex_);
    files_.release(file_number);
  }
  if (!status) return std::move(status).error();
  key_.apply(bytes, offset);
  return bytes;
}

}  // namespace sluice::source
