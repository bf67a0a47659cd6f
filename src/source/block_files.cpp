#include "source/block_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

namespace sluice::source {

std::string block_file_name(std::uint32_t file_number) {
  char name[32];
  std::snprintf(name, sizeof name, "blk%05u.dat", file_number);
  return name;
}

std::string with_errno(const std::string& path, int error) {
  return path + ": " + std::generic_category().message(error);
}

void XorKey::apply(MutableBytes data, std::uint64_t file_offset) const noexcept {
  if (is_none()) return;
  std::array<std::byte, 8> turned;  // the key as it falls on data[0], data[1], ...
  for (std::size_t i = 0; i < 8; ++i) turned[i] = bytes[(file_offset + i) % 8];
  const auto word = load_le<std::uint64_t>(turned.data());
  std::size_t at = 0;
  for (; at + 8 <= data.size(); at += 8) store_le(data.data() + at, load_le<std::uint64_t>(data.data() + at) ^ word);
  for (; at < data.size(); ++at) data[at] ^= turned[at % 8];
}

namespace {

/// NNNNN of "blkNNNNN.dat" (five digits, or more when the number needs more); nullopt for other names.
std::optional<std::uint32_t> number_of(std::string_view name) {
  if (name.size() < 12 || name.size() > 16 || !name.starts_with("blk") || !name.ends_with(".dat")) return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : name.substr(3, name.size() - 7)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (number > 0x7fffffff || block_file_name(static_cast<std::uint32_t>(number)) != name) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

Result<std::vector<std::uint32_t>> numbers_in(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), &::closedir);
  if (!dir) return Error{ErrorKind::io, "cannot read blocks directory " + with_errno(directory, errno)};
  std::vector<std::uint32_t> numbers;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (!entry) break;
    if (const auto number = number_of(entry->d_name)) numbers.push_back(*number);
  }
  if (errno != 0) return Error{ErrorKind::io, "cannot read blocks directory " + with_errno(directory, errno)};
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<XorKey> read_key(const std::string& directory) {
  XorKey key;
  const std::string path = directory + "/xor.dat";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return key;  // most nodes have none
    return Error{ErrorKind::io, "cannot open " + with_errno(path, errno)};
  }
  std::byte bytes[9];
  const ssize_t got = ::pread(fd, bytes, sizeof bytes, 0);
  const int error = errno;
  ::close(fd);
  if (got < 0) return Error{ErrorKind::io, "cannot read " + with_errno(path, error)};
  if (got != 8)
    return Error{ErrorKind::corrupt,
                 path + ": a key of 8 bytes is wanted, the file has " + (got > 8 ? "more" : std::to_string(got))};
  std::memcpy(key.bytes.data(), bytes, 8);
  return key;
}

}  // namespace

Result<BlockFiles> list_block_files(const std::string& directory) {
  auto numbers = numbers_in(directory);
  if (!numbers) return std::move(numbers).error();
  if (numbers.value().empty())
    return Error{ErrorKind::not_found, directory + ": no block files (blk00000.dat, ...) in this directory"};
  if (numbers.value().front() != 0) {
    return Error{ErrorKind::unsupported,
                 directory + ": the first block file is " + block_file_name(numbers.value().front()) +
                     ", blk00000.dat is gone: the node is pruned, and an index needs every block"};
  }
  auto key = read_key(directory);
  if (!key) return std::move(key).error();

  BlockFiles files{.directory = directory, .key = key.value(), .sizes = {}};
  for (const std::uint32_t number : numbers.value()) {
    if (number != files.count()) {
      return Error{ErrorKind::not_found, directory + ": " + block_file_name(files.count()) + " is missing, though " +
                                             block_file_name(number) + " is there"};
    }
    struct stat status {};
    const std::string path = files.path(number);
    if (::stat(path.c_str(), &status) != 0) return Error{ErrorKind::io, "cannot look at " + with_errno(path, errno)};
    if (!S_ISREG(status.st_mode)) return Error{ErrorKind::io, path + ": not a regular file"};
    files.sizes.push_back(static_cast<std::uint64_t>(status.st_size));
  }
  return files;
}

Status check_grown(const BlockFiles& before, std::span<const std::uint64_t> data_end, const BlockFiles& now) {
  if (now.count() < before.count()) {
    return Error{ErrorKind::not_found,
                 now.directory + ": " + block_file_name(now.count()) + " is gone since the last scan"};
  }
  if (now.key.bytes != before.key.bytes)
    return Error{ErrorKind::corrupt, now.directory + "/xor.dat changed since the last scan"};
  for (std::uint32_t i = 0; i < before.count(); ++i) {
    if (now.sizes[i] >= data_end[i]) continue;
    return Error{ErrorKind::corrupt, now.path(i) + ": " + std::to_string(now.sizes[i]) +
                                         " bytes, but blocks up to offset " + std::to_string(data_end[i]) +
                                         " were there at the last scan"};
  }
  return {};
}

}  // namespace sluice::source
