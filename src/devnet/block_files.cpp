// Block files as a node leaves them: magic, size, block, back to back; a full file is followed by
// the next; behind the last record stand zeros, because nodes allocate files ahead.
//
// With an xor key every written byte is obscured by its place in the file, but not the zeros behind
// the records: the node allocates those without writing them.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "devnet/buffer.h"
#include "devnet/coins.h"
#include "devnet/devnet.h"

namespace sluice::devnet {
namespace {

Error io_error(const std::filesystem::path& path, const char* what) {
  return {ErrorKind::io, "devnet: " + path.string() + ": " + what + ": " + std::strerror(errno)};
}

class BlockFileWriter {
 public:
  BlockFileWriter(const DevnetOptions& options, const CoinParams& coin) : options_(options), coin_(coin) {}
  BlockFileWriter(const BlockFileWriter&) = delete;
  BlockFileWriter& operator=(const BlockFileWriter&) = delete;
  ~BlockFileWriter() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] std::uint32_t files() const noexcept { return files_; }

  Status append(const DevnetBlock& block) {
    const std::uint64_t size = block.raw.size() + 8;
    if (descriptor_ < 0 || (position_ > 0 && position_ + size > options_.file_bytes_max)) {
      if (Status status = close_file(); !status.ok()) return status;
      if (Status status = open_file(); !status.ok()) return status;
    }
    record_.clear();
    for (const std::uint8_t byte : coin_.disk_magic) record_.push_back(static_cast<std::byte>(byte));
    put_le(record_, static_cast<std::uint32_t>(block.raw.size()));
    put_bytes(record_, block.raw);
    if (options_.xor_key) {
      for (std::size_t i = 0; i < record_.size(); ++i) record_[i] ^= (*options_.xor_key)[(position_ + i) % 8];
    }
    return write_all(record_);
  }

  Status close_file() {
    if (descriptor_ < 0) return {};
    if (::ftruncate(descriptor_, static_cast<off_t>(position_ + options_.zero_tail_bytes)) != 0)
      return io_error(path_, "ftruncate");
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) return io_error(path_, "close");
    return {};
  }

  Status write_key() {
    if (!options_.xor_key) return {};
    path_ = options_.directory / "xor.dat";
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor_ < 0) return io_error(path_, "open");
    Status status = write_all(*options_.xor_key);
    ::close(descriptor_);
    descriptor_ = -1, position_ = 0;
    return status;
  }

 private:
  Status open_file() {
    char name[32];
    std::snprintf(name, sizeof name, "blk%05u.dat", files_);
    path_ = options_.directory / name;
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor_ < 0 && errno == EEXIST) {
      return Error{ErrorKind::config, "devnet: " + path_.string() + " is there already; choose an empty directory"};
    }
    if (descriptor_ < 0) return io_error(path_, "open");
    ++files_;
    position_ = 0;
    return {};
  }

  Status write_all(Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return io_error(path_, "write");
      position_ += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  const DevnetOptions& options_;
  const CoinParams& coin_;
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t position_ = 0;
  std::uint32_t files_ = 0;
  Buffer record_;
};

}  // namespace

Result<DevnetReport> write_devnet(const DevnetOptions& options, const ProgressCallback& progress) {
  const CoinParams* coin = find_coin(options.coin, options.net);
  if (coin == nullptr)
    return generate_devnet(
        options, [](DevnetBlock&&) { return Status{}; }, progress);  // says what is wrong
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) return Error{ErrorKind::io, "devnet: " + options.directory.string() + ": " + error.message()};

  BlockFileWriter writer(options, *coin);
  bool started = false;
  const BlockSink sink = [&](DevnetBlock&& block) -> Status {
    if (!started) {
      // Only now are the options known to be good.
      started = true;
      if (Status status = writer.write_key(); !status.ok()) return status;
    }
    return writer.append(block);
  };
  Result<DevnetReport> report = generate_devnet(options, sink, progress);
  if (!report.ok()) return report;
  if (Status status = writer.close_file(); !status.ok()) return status.error();
  report.value().files = writer.files();
  return report;
}

}  // namespace sluice::devnet
