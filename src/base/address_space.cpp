#include "base/address_space.h"

#include <sys/mman.h>

#include "base/check.h"

namespace sluice {

std::byte* reserve_address_space(std::size_t bytes, PageSize pages) noexcept {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  SLUICE_CHECK(memory != MAP_FAILED);
  (void)::madvise(memory, bytes, pages == PageSize::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);  // advice, no more
  return static_cast<std::byte*>(memory);
}

void release_address_space(void* memory, std::size_t bytes) noexcept { SLUICE_CHECK(::munmap(memory, bytes) == 0); }

}  // namespace sluice
