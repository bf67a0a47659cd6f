#include "hash/processor.h"

#if defined(__x86_64__)

#include <cpuid.h>

#include <cstdint>

namespace sluice::hash {
namespace {

constexpr bool has_bit(std::uint32_t word, int bit) noexcept { return (word >> bit & 1) != 0; }

/// XCR0: which register files the operating system saves at a task switch.
std::uint32_t enabled_state() noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

// Source: Intel SDM volume 2, CPUID leaves 1 and 7; volume 1, 14.3 and 15.3 (XCR0 checks).
Processor detect_processor() noexcept {
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return {};
  const bool ssse3 = has_bit(c, 9);
  const bool sse41 = has_bit(c, 19);
  const std::uint32_t enabled = has_bit(c, 27) ? enabled_state() : 0;
  const bool ymm_saved = (enabled & 0x06) == 0x06;
  const bool zmm_saved = (enabled & 0xe6) == 0xe6;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return {};
  Processor processor;
  processor.sha_ni = has_bit(b, 29) && ssse3 && sse41;
  processor.avx2 = has_bit(b, 5) && ymm_saved;
  processor.avx512 = has_bit(b, 16) && has_bit(b, 30) && has_bit(b, 31) && has_bit(b, 8) && zmm_saved;
  return processor;
}

}  // namespace sluice::hash

#endif
