// Named places where a test ends the process as kill -9 would.
//
// SLUICE_KILL_AT=name or name:n kills at the n-th passing of that place; SLUICE_KILL_AT=? tells every
// passing on standard error instead. Compiled in always: what is tested is what runs.
// Cost: one relaxed load when the environment asks for nothing.
#pragma once

#include <atomic>

namespace sluice {

/// Set once before main, from the environment.
extern const std::atomic<bool> kill_points_active;

/// Counts the passing; does not return if it is the one asked for.
void pass_kill_point(const char* name) noexcept;

}  // namespace sluice

#define SLUICE_KILL_POINT(name)                                                      \
  do {                                                                               \
    if (::sluice::kill_points_active.load(std::memory_order_relaxed)) [[unlikely]] { \
      ::sluice::pass_kill_point(name);                                               \
    }                                                                                \
  } while (false)
