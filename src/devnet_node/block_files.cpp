#include "devnet_node/block_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace sluice::devnet_node {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t record_head_bytes = 8;

fs::path file_path(const fs::path& directory, std::uint32_t number) {
  return directory / fmt::format("blk{:05}.dat", number);
}

Error io_error(const fs::path& path, std::string_view what) {
  return {ErrorKind::io, fmt::format("block files: {}: {}: {}", path.string(), what, std::strerror(errno))};
}

Result<std::vector<std::byte>> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return io_error(path, "open");
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) return io_error(path, "read");
  return bytes;
}

void obscure(std::vector<std::byte>& bytes, const std::array<std::byte, 8>& key, std::uint64_t position) {
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] ^= key[(position + i) % key.size()];
}

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

/// Takes the records of one file; `end` is then where they end.
Status split_records(const fs::path& path, const std::vector<std::byte>& stored, const std::vector<std::byte>& clear,
                     const chain::Network& network, StoredBlocks& target, std::uint64_t& end) {
  std::size_t at = 0;
  while (clear.size() - at >= record_head_bytes) {
    if (!std::equal(network.disk_magic.begin(), network.disk_magic.end(), clear.begin() + static_cast<long>(at))) {
      if (all_zero(Bytes(stored).subspan(at, record_head_bytes))) break;
      return Error{ErrorKind::corrupt, fmt::format("block files: {}: no record of {} {} at offset {}", path.string(),
                                                   network.coin_name, network.name, at)};
    }
    const std::size_t size = load_le<std::uint32_t>(clear.data() + at + 4);
    if (size > clear.size() - at - record_head_bytes) {
      return Error{ErrorKind::corrupt,
                   fmt::format("block files: {}: the record at offset {} runs past the file", path.string(), at)};
    }
    at += record_head_bytes;
    target.blocks.emplace_back(clear.begin() + static_cast<long>(at), clear.begin() + static_cast<long>(at + size));
    at += size;
  }
  end = at;
  return {};
}

}  // namespace

bool has_block_files(const fs::path& directory) { return fs::exists(file_path(directory, 0)); }

Result<StoredBlocks> read_block_files(const fs::path& directory, const chain::Network& network) {
  StoredBlocks stored;
  if (fs::exists(directory / "xor.dat")) {
    const auto key = read_file(directory / "xor.dat");
    if (!key) return key.error();
    if (key.value().size() != 8) return Error{ErrorKind::corrupt, "block files: xor.dat is not 8 bytes long"};
    stored.xor_key.emplace();
    std::copy(key.value().begin(), key.value().end(), stored.xor_key->begin());
  }
  for (std::uint32_t number = 0; fs::exists(file_path(directory, number)); ++number) {
    const fs::path path = file_path(directory, number);
    const auto bytes = read_file(path);
    if (!bytes) return bytes.error();
    std::vector<std::byte> clear = bytes.value();
    if (stored.xor_key) obscure(clear, *stored.xor_key, 0);
    if (Status status = split_records(path, bytes.value(), clear, network, stored, stored.end); !status)
      return status.error();
    stored.last_file = number;
  }
  if (stored.blocks.empty())
    return Error{ErrorKind::config,
                 fmt::format("block files: {} holds no blk00000.dat with blocks", directory.string())};
  return stored;
}

Status copy_block_files(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to, error);
  if (error) return Error{ErrorKind::io, fmt::format("block files: {}: {}", to.string(), error.message())};
  if (has_block_files(to))
    return Error{ErrorKind::config, fmt::format("block files: {} holds block files already", to.string())};
  const auto copy = [&](const fs::path& path) {
    if (!error && fs::exists(path)) {
      fs::copy_file(path, to / path.filename(), error);
      if (!error) fs::permissions(to / path.filename(), fs::perms::owner_write, fs::perm_options::add, error);
    }
  };
  copy(from / "xor.dat");
  for (std::uint32_t number = 0; fs::exists(file_path(from, number)); ++number) copy(file_path(from, number));
  if (error)
    return Error{ErrorKind::io, fmt::format("block files: {} to {}: {}", from.string(), to.string(), error.message())};
  return {};
}

BlockFileWriter::BlockFileWriter(fs::path directory, const chain::Network& network, const StoredBlocks& stored,
                                 Limits limits)
    : directory_(std::move(directory)),
      magic_(network.disk_magic),
      xor_key_(stored.xor_key),
      limits_(limits),
      file_(stored.last_file),
      position_(stored.end) {}

BlockFileWriter::~BlockFileWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status BlockFileWriter::open_file() {
  const fs::path path = file_path(directory_, file_);
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) return io_error(path, "open");
  struct stat facts {};
  if (::fstat(descriptor_, &facts) != 0) return io_error(path, "stat");
  allocated_ = static_cast<std::uint64_t>(facts.st_size);
  return {};
}

Status BlockFileWriter::allocate(std::uint64_t until) {
  if (limits_.allocate_bytes == 0 || until <= allocated_) return {};
  allocated_ = (until + limits_.allocate_bytes - 1) / limits_.allocate_bytes * limits_.allocate_bytes;
  if (::ftruncate(descriptor_, static_cast<off_t>(allocated_)) != 0)
    return io_error(file_path(directory_, file_), "allocate");
  return {};
}

Status BlockFileWriter::append(Bytes block) {
  const std::uint64_t size = block.size() + record_head_bytes;
  if (position_ > 0 && position_ + size > limits_.file_bytes_max) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
    ++file_;
    position_ = 0;
  }
  if (descriptor_ < 0) {
    if (Status status = open_file(); !status) return status;
  }
  if (Status status = allocate(position_ + size); !status) return status;
  std::vector<std::byte> record(record_head_bytes);
  std::copy(magic_.begin(), magic_.end(), record.begin());
  store_le(record.data() + 4, static_cast<std::uint32_t>(block.size()));
  record.insert(record.end(), block.begin(), block.end());
  if (xor_key_) obscure(record, *xor_key_, position_);
  for (Bytes left = record; !left.empty();) {
    const ssize_t written = ::pwrite(descriptor_, left.data(), left.size(), static_cast<off_t>(position_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error(file_path(directory_, file_), "write");
    position_ += static_cast<std::uint64_t>(written);
    left = left.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace sluice::devnet_node
