// Where a thread sleeps until another thread says that something changed.
//
// A waiter announces itself, looks once more at what it waits for, and only then sleeps on the
// epoch word; a notifier changes the world first, then asks whether anybody announced himself.
// Both touch `waiters_` with a read-modify-write. Those have one order: either the notifier's
// comes later and sees the waiter (who is then woken, or whose sleep is refused because the epoch
// moved), or the waiter's comes later and its second look sees everything the notifier did.
// So no wake-up is lost, and a notifier whom nobody waits for makes no system call.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstddef>
#include <cstdint>

namespace sluice::flow {

/// Bytes that keep two hot words from sharing a cache line (two lines: the prefetcher fetches pairs).
inline constexpr std::size_t line_bytes = 128;

/// Rounds of looking before a thread goes to sleep: about a microsecond, less than one futex call.
inline constexpr int spin_rounds = 64;

inline void spin_pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Wakes every waiter. Call it after the change it tells of.
  /// Cost: one uncontended read-modify-write when nobody waits.
  void notify() noexcept {
    // acq_rel: pairs with the fetch_add in wait(); see the top of the file.
    if (waiters_.fetch_add(0, std::memory_order_acq_rel) == 0) return;
    // release: pairs with the acquire load of epoch_ in wait().
    epoch_.fetch_add(1, std::memory_order_release);
    futex(FUTEX_WAKE_PRIVATE, INT_MAX);
  }

  /// Returns when `ready()` has said true: spins briefly, then sleeps.
  /// Bounds: whoever can make ready() true must call notify() afterwards.
  template <typename Ready>
  void wait(Ready ready) noexcept {
    for (int round = 0; round < spin_rounds; ++round) {
      if (ready()) return;
      spin_pause();
    }
    // acq_rel: pairs with the fetch_add(0) in notify().
    waiters_.fetch_add(1, std::memory_order_acq_rel);
    for (;;) {
      // acquire: pairs with the release in notify(); the second look below must not come earlier.
      const std::uint32_t epoch = epoch_.load(std::memory_order_acquire);
      if (ready()) break;
      futex(FUTEX_WAIT_PRIVATE, epoch);
    }
    waiters_.fetch_sub(1, std::memory_order_acq_rel);
  }

 private:
  static_assert(sizeof(std::atomic<std::uint32_t>) == 4, "a futex word is 32 bits");

  void futex(int operation, std::uint32_t value) noexcept {
    // Every result is fine: a wait that ends early only looks again.
    (void)::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&epoch_), operation, value, nullptr, nullptr, 0);
  }

  std::atomic<std::uint32_t> waiters_{0};
  std::atomic<std::uint32_t> epoch_{0};
};

}  // namespace sluice::flow
