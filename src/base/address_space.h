// Address space without memory: a page costs memory only once it is touched.
#pragma once

#include <cstddef>

namespace sluice {

enum class PageSize { ordinary, huge };

/// Reserves zeroed, writable address space. Huge pages save most of the page faults of a large fill,
/// and waste memory on a small one.
/// Errors: running out of address space is not survivable: CHECK.
[[nodiscard]] std::byte* reserve_address_space(std::size_t bytes, PageSize pages) noexcept;

/// Bounds: memory and bytes of one reservation.
void release_address_space(void* memory, std::size_t bytes) noexcept;

}  // namespace sluice
