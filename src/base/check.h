// Checks that stay on in release builds.
//
// SLUICE_CHECK states what must hold if our own code is right. A failure is a bug of ours: the
// process stops at once, with the condition and its place, before anything wrong is written.
// Bad bytes from a node, client or disk are never a CHECK; they are errors (see error.h).
#pragma once

namespace sluice {

/// Prints the failed condition and aborts. Never returns.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace sluice

#define SLUICE_CHECK(condition)                               \
  do {                                                        \
    if (!(condition)) [[unlikely]] {                          \
      ::sluice::check_failed(#condition, __FILE__, __LINE__); \
    }                                                         \
  } while (false)
