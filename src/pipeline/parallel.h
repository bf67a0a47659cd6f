// Work spread over a segment's threads.
#pragma once

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/error.h"

namespace sluice::pipeline {

/// Keeps the first of several errors that workers meet.
class FirstError {
 public:
  void keep(Error error) {
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = Status(std::move(error));
  }
  [[nodiscard]] bool failed() const {
    const std::lock_guard lock(mutex_);
    return !status_.ok();
  }
  Status take() { return std::move(status_); }

 private:
  mutable std::mutex mutex_;
  Status status_;
};

/// Runs body(i, worker) for i in [0, count) on up to `workers` threads.
template <typename Body>
void for_each_parallel(std::uint32_t workers, std::size_t count, Body&& body) {
  // The library orders bodies and caller already; said again here where the thread sanitizer, which does not
  // see into it, can see it.
  std::atomic<std::size_t> handed{0};
  handed.store(1, std::memory_order_release);  // pairs with the acquire before each body
  oneapi::tbb::task_arena arena(static_cast<int>(workers));
  arena.execute([&] {
    oneapi::tbb::parallel_for(
        std::size_t{0}, count,
        [&](std::size_t i) {
          (void)handed.load(std::memory_order_acquire);
          body(i, static_cast<std::size_t>(oneapi::tbb::this_task_arena::current_thread_index()));
          handed.fetch_add(1, std::memory_order_acq_rel);  // pairs with the acquire at the end
        },
        oneapi::tbb::simple_partitioner());
  });
  (void)handed.load(std::memory_order_acquire);
}

}  // namespace sluice::pipeline
