// Counts every operator new of the test program.
#pragma once

#include <cstdint>

namespace sluice::source::test {

[[nodiscard]] std::uint64_t allocation_count() noexcept;

}  // namespace sluice::source::test
