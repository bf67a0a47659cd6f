#include "allocation_window.h"

#include <cstdlib>
#include <new>

namespace {

std::atomic<const sluice::pipeline::Counters*> watched{nullptr};
std::atomic<std::uint64_t> window_first{0};
std::atomic<std::uint64_t> window_until{0};
std::atomic<std::uint64_t> seen{0};

// Called by every allocation of the program; must not allocate.
void note_allocation() noexcept {
  using sluice::pipeline::Stage;
  const auto* counters = watched.load(std::memory_order_acquire);  // pairs with the store in watch_allocations
  if (counters == nullptr) return;
  if (counters->of(Stage::order).batches.load(std::memory_order_relaxed) < window_first.load()) return;
  if (counters->of(Stage::resolve).batches.load(std::memory_order_relaxed) >= window_until.load()) return;
  seen.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

namespace sluice::pipeline::test {

void watch_allocations(const Counters& counters, std::uint64_t first, std::uint64_t until) {
  window_first = first;
  window_until = until;
  seen = 0;
  watched.store(&counters, std::memory_order_release);
}

std::uint64_t end_watch() {
  watched.store(nullptr, std::memory_order_release);
  return seen.load();
}

}  // namespace sluice::pipeline::test

void* operator new(std::size_t size) {
  note_allocation();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {  // std::stable_sort asks here
  note_allocation();
  return std::malloc(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  note_allocation();
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
