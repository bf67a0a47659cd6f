// Memory for one batch of raw blocks.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/column.h"
#include "source/format/raw_batch.h"

namespace sluice::source {

/// Pages taken straight from the system (huge pages where it has them), so that taking and giving back
/// touches no heap. Holds `capacity()` bytes of blocks, then raw_padding_bytes of any value.
class RawBuffer {
 public:
  RawBuffer() = default;
  /// Bounds: bytes < 2^32 - raw_padding_bytes. Running out of address space is not survivable: it stops the process.
  explicit RawBuffer(std::uint64_t bytes);
  ~RawBuffer();
  RawBuffer(RawBuffer&& other) noexcept;
  RawBuffer& operator=(RawBuffer&& other) noexcept;

  /// Another size; what was in the buffer is lost. false: the system refused, nothing changed.
  [[nodiscard]] bool resize(std::uint64_t bytes) noexcept;

  [[nodiscard]] std::byte* data() noexcept { return memory_; }
  /// Bytes of blocks that fit; raw_padding_bytes more are readable.
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] MutableBytes memory() noexcept { return {memory_, mapped_}; }
  [[nodiscard]] RawBatch batch() const noexcept { return {.raw = Bytes(memory_, used), .blocks = blocks.span()}; }

  Column<RawBlock> blocks;
  std::uint64_t used = 0;  ///< bytes of blocks in it

 private:
  void unmap() noexcept;

  std::byte* memory_ = nullptr;
  std::uint64_t capacity_ = 0;
  std::uint64_t mapped_ = 0;
};

}  // namespace sluice::source
