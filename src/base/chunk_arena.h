// Memory for the records of one sync segment: equal chunks out of one reservation, and append-only
// lists made of them.
//
// The reservation is virtual; a page costs memory only once it is touched, and a chunk given back
// is taken again first. `used_bytes` against a soft limit ends a segment; nothing here ever grows
// behind the operator's back.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <type_traits>

#include "base/check.h"

namespace sluice {

class ChunkArena {
 public:
  /// Reserves (virtually) bytes_max, to be handed out in chunks of chunk_bytes. Huge pages save most of
  /// the page faults of a large fill, and waste memory on a small one.
  ChunkArena(std::size_t bytes_max, std::size_t chunk_bytes, bool huge_pages = true);
  ~ChunkArena();
  ChunkArena(const ChunkArena&) = delete;
  ChunkArena& operator=(const ChunkArena&) = delete;

  [[nodiscard]] std::size_t chunk_bytes() const noexcept { return chunk_bytes_; }
  [[nodiscard]] std::size_t used_bytes() const noexcept {
    return used_chunks_.load(std::memory_order_relaxed) * chunk_bytes_;
  }
  [[nodiscard]] std::size_t peak_bytes() const noexcept { return fresh_chunks_ * chunk_bytes_; }

  /// A chunk; the caller gives it back. Exhausting the reservation is a bug in the limits: CHECK.
  [[nodiscard]] void* take() noexcept;
  void give(void* chunk) noexcept;
  /// Returns the pages of all chunks to the system. Bounds: no chunk is out.
  void release_pages() noexcept;

 private:
  struct FreeChunk {
    FreeChunk* next;
  };

  std::byte* memory_ = nullptr;
  std::size_t bytes_max_ = 0;
  std::size_t chunk_bytes_ = 0;
  std::size_t chunk_count_ = 0;
  std::mutex mutex_;  // held for a few instructions, once per chunk of thousands of records
  std::size_t fresh_chunks_ = 0;
  FreeChunk* free_ = nullptr;
  std::atomic<std::size_t> used_chunks_{0};
};

/// An append-only list of records in chunks. One owner at a time.
template <typename T>
class ChunkList {
  static_assert(std::is_trivially_copyable_v<T>);

  struct Chunk {
    Chunk* next;
    std::size_t count;
    [[nodiscard]] T* records() noexcept { return reinterpret_cast<T*>(this + 1); }
  };
  static_assert(alignof(T) <= alignof(Chunk));

 public:
  void push(ChunkArena& arena, const T& record) noexcept {
    if (room_ == 0) add_chunk(arena);
    tail_->records()[tail_->count++] = record;
    --room_;
    ++count_;
  }

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  template <typename Visit>
  void for_each_span(Visit&& visit) const {
    for (Chunk* chunk = head_; chunk != nullptr; chunk = chunk->next) visit(chunk->records(), chunk->count);
  }

  /// Copies all records to target. Bounds: room for count() records.
  T* copy_to(T* target) const noexcept {
    for_each_span([&](const T* records, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) *target++ = records[i];
    });
    return target;
  }

  void release(ChunkArena& arena) noexcept {
    while (head_ != nullptr) {
      Chunk* next = head_->next;
      arena.give(head_);
      head_ = next;
    }
    tail_ = nullptr;
    room_ = 0;
    count_ = 0;
  }

 private:
  void add_chunk(ChunkArena& arena) noexcept {
    auto* chunk = static_cast<Chunk*>(arena.take());
    chunk->next = nullptr;
    chunk->count = 0;
    (tail_ == nullptr ? head_ : tail_->next) = chunk;
    tail_ = chunk;
    room_ = (arena.chunk_bytes() - sizeof(Chunk)) / sizeof(T);
  }

  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  std::size_t room_ = 0;
  std::size_t count_ = 0;
};

}  // namespace sluice
