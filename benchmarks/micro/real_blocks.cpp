// Counts allocations. In a file of its own, so that no caller is compiled knowing what operator new does.
#include "real_blocks.h"

#include <new>

namespace sluice::bench {
std::atomic<std::uint64_t> allocations{0};  // a plain tally: no ordering with anything else
}

void* operator new(std::size_t size) {
  sluice::bench::allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
