#include "source/raw_buffer.h"

#include <sys/mman.h>

#include <utility>

#include "base/check.h"

namespace sluice::source {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t huge_page_bytes = 2 << 20;

}  // namespace

RawBuffer::RawBuffer(std::uint64_t bytes) { SLUICE_CHECK(resize(bytes)); }

RawBuffer::~RawBuffer() { unmap(); }

RawBuffer::RawBuffer(RawBuffer&& other) noexcept
    : blocks(std::move(other.blocks)),
      used(std::exchange(other.used, 0)),
      memory_(std::exchange(other.memory_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

RawBuffer& RawBuffer::operator=(RawBuffer&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  blocks = std::move(other.blocks);
  used = std::exchange(other.used, 0);
  memory_ = std::exchange(other.memory_, nullptr);
  capacity_ = std::exchange(other.capacity_, 0);
  mapped_ = std::exchange(other.mapped_, 0);
  return *this;
}

void RawBuffer::unmap() noexcept {
  if (memory_) ::munmap(memory_, mapped_);
  memory_ = nullptr;
  capacity_ = mapped_ = 0;
}

bool RawBuffer::resize(std::uint64_t bytes) noexcept {
  SLUICE_CHECK(bytes >= 1);
  SLUICE_CHECK(bytes < (std::uint64_t{1} << 32) - raw_padding_bytes);
  const std::uint64_t wanted = (bytes + raw_padding_bytes + page_bytes - 1) / page_bytes * page_bytes;
  if (wanted != mapped_) {
    void* memory = ::mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    // Fewer page faults while the batch is first filled; refused where huge pages are off, which is fine.
    if (wanted >= huge_page_bytes) (void)::madvise(memory, wanted, MADV_HUGEPAGE);
    unmap();
    memory_ = static_cast<std::byte*>(memory);
    mapped_ = wanted;
  }
  capacity_ = bytes;
  used = 0;
  blocks.clear();
  return true;
}

}  // namespace sluice::source
