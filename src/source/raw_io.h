// Positional reads, many in flight: the one interface through which block files are read.
//
// A back end does what one pread would do, later: it may read fewer bytes than asked, or fail with
// an errno. Everything on top (continuing short reads, opening files, error text) is in
// block_reader.h, so that the back ends stay small and a test double can stand in for them.
//
// Back ends: io_uring, and pread on a few threads for where io_uring is refused (containers).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace sluice::source {

struct RawRead {
  int fd = -1;
  std::uint64_t offset = 0;
  std::byte* target = nullptr;
  std::uint32_t size = 0;
  std::uint32_t slot = 0;  ///< comes back in RawDone; at most one read in flight for each slot
};

struct RawDone {
  std::uint32_t slot = 0;
  std::int64_t result = 0;  ///< bytes read (0: end of file), or minus errno
};

/// Not thread-safe: one thread starts and waits.
/// Owner: target memory belongs to the back end from start() until its RawDone; destroying the back
///        end waits for what is in flight.
class RawIo {
 public:
  RawIo() = default;
  RawIo(const RawIo&) = delete;
  RawIo& operator=(const RawIo&) = delete;
  virtual ~RawIo() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  /// Most reads in flight; slots are 0 .. depth() - 1.
  [[nodiscard]] virtual std::uint32_t depth() const noexcept = 0;

  /// Queues a read. Bounds: fewer than depth() in flight.
  virtual void start(const RawRead& read) noexcept = 0;
  /// Makes sure that all queued reads are on their way.
  virtual void flush() noexcept = 0;
  /// The next read to end, in any order; waits for it. Bounds: at least one in flight.
  [[nodiscard]] virtual RawDone wait() noexcept = 0;

  /// Tells where most targets will lie, so that the kernel may pin that memory once. Best effort.
  /// Bounds: nothing in flight. The memory must stay until forget_memory() or destruction.
  virtual bool register_memory(std::span<const MutableBytes> regions) noexcept {
    (void)regions;
    return false;
  }
  /// Takes that back; before any of those regions is unmapped. Reads may be in flight elsewhere.
  virtual void forget_memory() noexcept {}
};

/// Errors: unsupported, with the reason, where the kernel or a container refuses io_uring.
[[nodiscard]] Result<std::unique_ptr<RawIo>> make_uring_io(std::uint32_t depth);
/// Bounds: 1 <= thread_count <= depth.
[[nodiscard]] std::unique_ptr<RawIo> make_thread_io(std::uint32_t depth, std::uint32_t thread_count);

struct IoChoice {
  std::unique_ptr<RawIo> io;
  std::string reason;  ///< one line for the log if the choice is second best; else empty
};

/// io_uring if it can be set up, else threads. `forced` is the value of SLUICE_IO: "", "io_uring" or "threads".
/// Errors: config for another value, or when io_uring is forced and refused.
[[nodiscard]] Result<IoChoice> choose_io(std::string_view forced, std::uint32_t depth);
/// The value of the environment variable SLUICE_IO, "" if unset.
[[nodiscard]] std::string_view io_setting() noexcept;

}  // namespace sluice::source
