#include "base/chunk_arena.h"

#include <sys/mman.h>

#include "base/address_space.h"

namespace sluice {

ChunkArena::ChunkArena(std::size_t bytes_max, std::size_t chunk_bytes, bool huge_pages)
    : chunk_bytes_(chunk_bytes), chunk_count_(bytes_max / chunk_bytes) {
  SLUICE_CHECK(chunk_count_ > 0);
  SLUICE_CHECK(chunk_bytes >= 1024 && chunk_bytes % 64 == 0);
  bytes_max_ = chunk_count_ * chunk_bytes_;
  memory_ = reserve_address_space(bytes_max_, huge_pages ? PageSize::huge : PageSize::ordinary);
}

ChunkArena::~ChunkArena() { release_address_space(memory_, bytes_max_); }

void* ChunkArena::take() noexcept {
  used_chunks_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (free_ != nullptr) {
    FreeChunk* chunk = free_;
    free_ = chunk->next;
    return chunk;
  }
  SLUICE_CHECK(fresh_chunks_ < chunk_count_);
  return memory_ + fresh_chunks_++ * chunk_bytes_;
}

void ChunkArena::give(void* chunk) noexcept {
  used_chunks_.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  auto* free = static_cast<FreeChunk*>(chunk);
  free->next = free_;
  free_ = free;
}

void ChunkArena::release_pages() noexcept {
  SLUICE_CHECK(used_chunks_.load(std::memory_order_relaxed) == 0);
  const std::lock_guard lock(mutex_);
  (void)::madvise(memory_, bytes_max_, MADV_DONTNEED);
  free_ = nullptr;
  fresh_chunks_ = 0;
}

}  // namespace sluice
