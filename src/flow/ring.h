// Bounded lock-free rings for small items (batch indexes) between stages.
//
// MpmcRing: any number of producer and consumer threads; first in, first out; holds at most `capacity`
// items; can be closed by any thread.
//
// Closing is one bit in the producers' position word, so it has a place among the pushes: a push
// either came before and will be popped, or is refused. A closed ring still gives out what it holds,
// then says closed. Items are never lost, and no consumer leaves while one is under way.
//
//   position words:   head (next to pop)  <=  tail (next to push)  <=  head + capacity
//   slot of position: position & mask, in a power of two of slots
//
// Blocking calls spin for about a microsecond and then sleep (gate.h), so idle threads cost nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "base/check.h"
#include "flow/gate.h"

namespace sluice::flow {

enum class [[nodiscard]] RingResult : std::uint8_t{
    done,    ///< one item went in or came out
    again,   ///< push: full now; pop: empty now
    closed,  ///< push: refused for good; pop: nothing left and nothing will come
};

inline constexpr std::uint64_t ring_closed_bit = std::uint64_t{1} << 63;
inline constexpr std::uint64_t ring_position_mask = ring_closed_bit - 1;

/// Any number of producers and consumers. Each slot carries a ticket that says whose turn it is:
///   ticket == position                 free for the push at that position
///   ticket == position + 1             holds the item for the pop at that position
///   ticket == position + slot_count    free for the push one lap later
/// (two slots at least, so that the last two are different).
/// Bounds: 1 <= capacity < 2^31. `high_water()` and `size()` may be read by any thread.
template <typename T>
class MpmcRing {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 64);

 public:
  explicit MpmcRing(std::uint32_t capacity)
      : capacity_(capacity),
        mask_(std::bit_ceil(std::max<std::uint64_t>(capacity, 2)) - 1),
        slots_(std::make_unique<Slot[]>(mask_ + 1)) {
    SLUICE_CHECK(capacity >= 1);
    SLUICE_CHECK(capacity < (std::uint32_t{1} << 31));
    for (std::uint64_t i = 0; i <= mask_; ++i) slots_[i].ticket.store(i, std::memory_order_relaxed);
  }

  RingResult try_push(const T& item) noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    for (;;) {
      if (tail & ring_closed_bit) return RingResult::closed;
      // An old head only makes the ring look fuller than it is; it is never overfilled.
      // acquire: pairs with the release of head_ in try_pop, for the wait in push().
      // head may also be ahead of our old tail: then the difference is negative, and the exchange fails.
      const std::uint64_t head = head_.load(std::memory_order_acquire);
      Slot& slot = slots_[tail & mask_];
      const std::uint64_t ticket = slot.ticket.load(std::memory_order_acquire);  // pairs with the release in try_pop
      const bool over = static_cast<std::int64_t>(tail - head) >= static_cast<std::int64_t>(capacity_);
      if (ticket == tail && !over) {
        // acq_rel keeps positions ordered with close(); the slot itself is published below.
        if (!tail_.compare_exchange_weak(tail, tail + 1, std::memory_order_acq_rel, std::memory_order_relaxed))
          continue;
        slot.item = item;
        note_depth(tail + 1, head);
        slot.ticket.store(tail + 1, std::memory_order_release);  // pairs with the acquire in try_pop
        filled_.notify();
        return RingResult::done;
      }
      const std::uint64_t now = tail_.load(std::memory_order_relaxed);
      if (now == tail) return RingResult::again;  // truly full, or its last lap's pop is still under way
      tail = now;
    }
  }

  RingResult try_pop(T& item) noexcept {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[head & mask_];
      const std::uint64_t ticket = slot.ticket.load(std::memory_order_acquire);  // pairs with the release in try_push
      if (ticket == head + 1) {
        // release: pairs with the acquire of head_ in try_push.
        if (!head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_relaxed))
          continue;
        item = slot.item;
        slot.ticket.store(head + mask_ + 1, std::memory_order_release);  // pairs with the acquire in try_push
        freed_.notify();
        if (is_closed()) filled_.notify();  // perhaps the last item: the other consumers may now leave
        return RingResult::done;
      }
      const std::uint64_t now = head_.load(std::memory_order_relaxed);
      if (now == head) {
        // Closed means nothing was claimed beyond head either; a push under way counts as still to come.
        // acquire: pairs with close().
        return tail_.load(std::memory_order_acquire) == (head | ring_closed_bit) ? RingResult::closed
                                                                                 : RingResult::again;
      }
      head = now;
    }
  }

  /// Waits while full. false: closed, the item did not go in.
  [[nodiscard]] bool push(const T& item) noexcept {
    RingResult result = RingResult::again;
    freed_.wait([&]() noexcept { return (result = try_push(item)) != RingResult::again; });
    return result == RingResult::done;
  }

  /// Waits while empty. false: closed and drained.
  [[nodiscard]] bool pop(T& item) noexcept {
    RingResult result = RingResult::again;
    filled_.wait([&]() noexcept { return (result = try_pop(item)) != RingResult::again; });
    return result == RingResult::done;
  }

  /// Any thread, any number of times.
  void close() noexcept {
    tail_.fetch_or(ring_closed_bit, std::memory_order_acq_rel);  // pairs with the loads of tail_ above
    filled_.notify();
    freed_.notify();
  }

  [[nodiscard]] bool is_closed() const noexcept {
    return (tail_.load(std::memory_order_acquire) & ring_closed_bit) != 0;
  }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
  /// Items held; a moment's view when other threads are at work.
  [[nodiscard]] std::uint32_t size() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    const std::uint64_t tail = tail_.load(std::memory_order_acquire) & ring_position_mask;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(tail - head, capacity_));
  }
  /// Most items ever held, as the producers saw it (a pop at the same moment may count late).
  [[nodiscard]] std::uint32_t high_water() const noexcept { return high_water_.load(std::memory_order_relaxed); }

 private:
  struct Slot {
    std::atomic<std::uint64_t> ticket{0};
    T item{};
  };

  void note_depth(std::uint64_t tail_after, std::uint64_t head) noexcept {
    const auto depth = static_cast<std::uint32_t>(tail_after - head);
    std::uint32_t most = high_water_.load(std::memory_order_relaxed);
    while (depth > most && !high_water_.compare_exchange_weak(most, depth, std::memory_order_relaxed)) {}
  }

  const std::uint32_t capacity_;
  const std::uint64_t mask_;
  const std::unique_ptr<Slot[]> slots_;
  alignas(line_bytes) std::atomic<std::uint64_t> tail_{0};  // the producers' line
  std::atomic<std::uint32_t> high_water_{0};
  Gate filled_;                                             // consumers sleep here
  alignas(line_bytes) std::atomic<std::uint64_t> head_{0};  // the consumers' line
  Gate freed_;                                              // producers sleep here
};

}  // namespace sluice::flow
