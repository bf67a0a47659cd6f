// What the processor and the operating system allow. Internal to this folder, and for the tests,
// which use it to prove that no kernel was left out.
#pragma once

namespace sluice::hash {

struct Processor {
  bool sha_ni = false;  ///< SHA extensions with SSE4.1 and SSSE3
  bool avx2 = false;    ///< and the system saves YMM registers
  bool avx512 = false;  ///< F, BW, VL and BMI2, and the system saves ZMM and mask registers
};

#if defined(__x86_64__)
[[nodiscard]] Processor detect_processor() noexcept;
#else
[[nodiscard]] inline Processor detect_processor() noexcept { return {}; }
#endif

}  // namespace sluice::hash
