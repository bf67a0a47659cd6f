// Reads of block files by number, many in flight, each ending whole: what RawIo leaves short is
// continued here, EINTR and EAGAIN are retried, and errors name file and offset.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "source/file_cache.h"
#include "source/raw_io.h"

namespace sluice::source {

struct ReadRequest {
  std::uint32_t file_number = 0;
  std::uint64_t offset = 0;
  std::byte* target = nullptr;
  std::uint32_t size = 0;
  std::uint64_t tag = 0;  ///< the caller's own; comes back
};

struct ReadDone {
  std::uint64_t tag = 0;
  std::uint32_t bytes = 0;  ///< fewer than asked for only at the end of the file
};

/// Not thread-safe: one thread submits and waits.
/// Owner: target memory belongs to the reader from submit() until the read is done or failed.
class BlockReader {
 public:
  BlockReader(std::string directory, std::unique_ptr<RawIo> io);

  /// Bounds: can_submit(); request.size > 0.
  /// Errors: io, if the file cannot be opened; nothing is then in flight for it.
  [[nodiscard]] Status submit(const ReadRequest& request);
  void flush() noexcept { io_->flush(); }
  /// The next read to end, in any order; waits for it. Bounds: in_flight() > 0.
  /// Errors: io, naming file and offset; that read is then over, others go on.
  [[nodiscard]] Result<ReadDone> wait();
  /// Waits until nothing is in flight; results are dropped. Call it before freeing targets early.
  void drain() noexcept;

  [[nodiscard]] bool can_submit() const noexcept { return !free_.empty(); }
  [[nodiscard]] std::uint32_t in_flight() const noexcept {
    return static_cast<std::uint32_t>(operations_.size() - free_.size());
  }
  [[nodiscard]] std::uint32_t depth() const noexcept { return static_cast<std::uint32_t>(operations_.size()); }
  [[nodiscard]] const std::string& directory() const noexcept { return files_.directory(); }
  [[nodiscard]] std::string_view io_name() const noexcept { return io_->name(); }
  [[nodiscard]] RawIo& io() noexcept { return *io_; }

 private:
  struct Operation {
    ReadRequest request;
    std::uint32_t done_bytes = 0;
    int fd = -1;
  };

  void start(std::uint32_t slot) noexcept;
  void finish(std::uint32_t slot) noexcept;

  FileCache files_;                    // before io_: descriptors must outlive the reads
  std::vector<Operation> operations_;  // [depth] by slot
  std::vector<std::uint32_t> free_;    // slots without an operation
  std::unique_ptr<RawIo> io_;
};

}  // namespace sluice::source
