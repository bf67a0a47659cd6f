#include "source/block_reader.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "source/block_files.h"

namespace sluice::source {

namespace {
constexpr std::uint32_t open_files_max = 128;
}

BlockReader::BlockReader(std::string directory, std::unique_ptr<RawIo> io)
    : files_(std::move(directory), open_files_max), operations_(io->depth()), io_(std::move(io)) {
  for (std::uint32_t slot = depth(); slot-- > 0;) free_.push_back(slot);
}

Status BlockReader::submit(const ReadRequest& request) {
  SLUICE_CHECK(can_submit());
  SLUICE_CHECK(request.size > 0);
  auto fd = files_.acquire(request.file_number);
  if (!fd) return std::move(fd).error();
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  operations_[slot] = Operation{.request = request, .done_bytes = 0, .fd = fd.value()};
  start(slot);
  return {};
}

void BlockReader::start(std::uint32_t slot) noexcept {
  const Operation& operation = operations_[slot];
  io_->start(RawRead{.fd = operation.fd,
                     .offset = operation.request.offset + operation.done_bytes,
                     .target = operation.request.target + operation.done_bytes,
                     .size = operation.request.size - operation.done_bytes,
                     .slot = slot});
}

void BlockReader::finish(std::uint32_t slot) noexcept {
  files_.release(operations_[slot].request.file_number);
  free_.push_back(slot);
}

Result<ReadDone> BlockReader::wait() {
  for (;;) {
    SLUICE_CHECK(in_flight() > 0);
    const RawDone done = io_->wait();
    SLUICE_CHECK(done.slot < depth());
    Operation& operation = operations_[done.slot];
    const ReadRequest& request = operation.request;
    if (done.result == -EINTR || done.result == -EAGAIN) {
      start(done.slot);
      continue;
    }
    if (done.result < 0) {
      const std::uint64_t offset = request.offset + operation.done_bytes;
      const std::string where =
          directory() + "/" + block_file_name(request.file_number) + ", offset " + std::to_string(offset);
      finish(done.slot);
      return Error{ErrorKind::io, "cannot read " + with_errno(where, static_cast<int>(-done.result))};
    }
    SLUICE_CHECK(done.result <= std::int64_t{request.size - operation.done_bytes});
    operation.done_bytes += static_cast<std::uint32_t>(done.result);
    if (done.result > 0 && operation.done_bytes < request.size) {
      start(done.slot);
      continue;
    }
    const ReadDone result{.tag = request.tag, .bytes = operation.done_bytes};
    finish(done.slot);
    return result;
  }
}

void BlockReader::drain() noexcept {
  while (in_flight() > 0) finish(io_->wait().slot);
}

}  // namespace sluice::source
