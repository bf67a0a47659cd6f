// Number of calls of operator new in this process so far.
#pragma once

#include <cstdint>

namespace sluice::test {
[[nodiscard]] std::uint64_t allocation_count() noexcept;
}
