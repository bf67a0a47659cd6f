// When a node that failed is asked again, and when the next one is: 0.25 s, doubled each time up to 4 s; when the
// wait has reached 4 s, the next address at once. With a single address the wait stays at 4 s.
//
//   two addresses   a .25 a .5 a 1 a 2 a | b .25 b .5 ...      one address   a .25 a .5 a 1 a 2 a 4 a 4 ...
//
// Calls run side by side, and a node that goes away fails all of them at once: an attempt carries the epoch it was
// begun in, and only the first failure of an epoch counts. Source: ElectrumX's behaviour with its DAEMON_URL.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice::node {

class RetrySchedule {
 public:
  static constexpr std::chrono::milliseconds wait_first{250};
  static constexpr std::chrono::milliseconds wait_last{4000};

  /// What an attempt was begun with.
  struct Attempt {
    std::size_t url_index = 0;
    std::uint64_t epoch = 0;
  };

  /// Bounds: url_count >= 1; attempts of earlier epochs are not its own.
  explicit RetrySchedule(std::size_t url_count, std::uint64_t first_epoch = 0);

  [[nodiscard]] Attempt begin() const noexcept { return {url_index_, epoch_}; }
  /// The time to wait before the next attempt; 0 when the next address is to be tried.
  std::chrono::milliseconds failed(const Attempt& attempt) noexcept;
  /// The address answers: the next failure waits the shortest time again.
  void succeeded(const Attempt& attempt) noexcept;

 private:
  std::size_t url_count_;
  std::size_t url_index_ = 0;
  std::uint64_t epoch_ = 0;
  std::chrono::milliseconds wait_given_{0};
  std::chrono::milliseconds wait_next_ = wait_first;
};

}  // namespace sluice::node
