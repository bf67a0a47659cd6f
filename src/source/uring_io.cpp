// Reads through io_uring. Reads queue up without a system call until flush() or wait(); one call
// then submits them all. Targets inside registered memory use fixed-buffer reads.
#include <liburing.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/check.h"
#include "source/raw_io.h"

namespace sluice::source {
namespace {

constexpr std::size_t regions_max = 256;

class UringIo final : public RawIo {
 public:
  UringIo(const io_uring& ring, std::uint32_t depth) noexcept : ring_(ring), depth_(depth) {}

  ~UringIo() override {
    while (in_flight_ > 0) (void)wait();
    io_uring_queue_exit(&ring_);
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "io_uring"; }
  [[nodiscard]] std::uint32_t depth() const noexcept override { return depth_; }

  void start(const RawRead& read) noexcept override {
    SLUICE_CHECK(in_flight_ < depth_);
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    SLUICE_CHECK(sqe != nullptr);  // the ring has depth entries
    const int region = region_of(read);
    if (region >= 0) io_uring_prep_read_fixed(sqe, read.fd, read.target, read.size, read.offset, region);
    else io_uring_prep_read(sqe, read.fd, read.target, read.size, read.offset);
    io_uring_sqe_set_data64(sqe, read.slot);
    ++in_flight_;
    ++queued_;
  }

  void flush() noexcept override {
    while (queued_ > 0) submit(0);
  }

  [[nodiscard]] RawDone wait() noexcept override {
    SLUICE_CHECK(in_flight_ > 0);
    io_uring_cqe* cqe = nullptr;
    while (io_uring_peek_cqe(&ring_, &cqe) != 0) submit(1);
    const RawDone done{.slot = static_cast<std::uint32_t>(io_uring_cqe_get_data64(cqe)), .result = cqe->res};
    io_uring_cqe_seen(&ring_, cqe);
    --in_flight_;
    return done;
  }

  bool register_memory(std::span<const MutableBytes> regions) noexcept override {
    forget_memory();
    if (regions.empty() || regions.size() > regions_max) return false;
    std::array<iovec, regions_max> vectors;
    for (std::size_t i = 0; i < regions.size(); ++i) vectors[i] = {regions[i].data(), regions[i].size()};
    if (io_uring_register_buffers(&ring_, vectors.data(), static_cast<unsigned>(regions.size())) != 0) return false;
    for (std::size_t i = 0; i < regions.size(); ++i) regions_[i] = regions[i];
    region_count_ = regions.size();
    return true;
  }

  void forget_memory() noexcept override {
    if (region_count_ == 0) return;
    flush();  // queued entries name regions by index
    region_count_ = 0;
    (void)io_uring_unregister_buffers(&ring_);
  }

 private:
  [[nodiscard]] int region_of(const RawRead& read) const noexcept {
    for (std::size_t i = 0; i < region_count_; ++i) {
      const std::byte* begin = regions_[i].data();
      if (read.target >= begin && read.target + read.size <= begin + regions_[i].size()) return static_cast<int>(i);
    }
    return -1;
  }

  /// Hands over what is queued and waits for `wanted` completions.
  void submit(unsigned wanted) noexcept {
    const int result = io_uring_submit_and_wait(&ring_, wanted);
    if (result >= 0) {
      queued_ -= static_cast<std::uint32_t>(result);
      return;
    }
    // EINTR: a signal; EAGAIN, EBUSY: the kernel is short of something and wants completions taken first.
    SLUICE_CHECK(result == -EINTR || result == -EAGAIN || result == -EBUSY);
    if (wanted == 0 && result != -EINTR) wait_for_one_more();
  }

  /// Completions stay in their ring; only time passes.
  void wait_for_one_more() noexcept {
    io_uring_cqe* cqe = nullptr;
    __kernel_timespec a_millisecond{.tv_sec = 0, .tv_nsec = 1'000'000};
    (void)io_uring_wait_cqe_timeout(&ring_, &cqe, &a_millisecond);
  }

  io_uring ring_;
  std::uint32_t depth_;
  std::uint32_t in_flight_ = 0;  ///< started and not yet returned by wait()
  std::uint32_t queued_ = 0;     ///< of those, not yet submitted
  std::array<MutableBytes, regions_max> regions_{};
  std::size_t region_count_ = 0;
};

}  // namespace

Result<std::unique_ptr<RawIo>> make_uring_io(std::uint32_t depth) {
  SLUICE_CHECK(depth >= 1);
  SLUICE_CHECK(depth <= 4096);
  io_uring ring{};
  const int result = io_uring_queue_init(depth, &ring, 0);
  if (result != 0)
    return Error{ErrorKind::unsupported, "io_uring is refused: " + std::generic_category().message(-result)};
  io_uring_probe* probe = io_uring_get_probe_ring(&ring);
  const bool reads = probe && io_uring_opcode_supported(probe, IORING_OP_READ) &&
                     io_uring_opcode_supported(probe, IORING_OP_READ_FIXED);
  if (probe) io_uring_free_probe(probe);
  if (!reads) {
    io_uring_queue_exit(&ring);
    return Error{ErrorKind::unsupported, "this kernel's io_uring cannot read files"};
  }
  return std::unique_ptr<RawIo>(std::make_unique<UringIo>(ring, depth));
}

}  // namespace sluice::source
