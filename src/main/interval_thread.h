// Something that is done again and again on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace sluice {

class IntervalThread {
 public:
  /// The first time after one interval.
  IntervalThread(std::chrono::milliseconds interval, std::function<void()> work)
      : thread_([this, interval, work = std::move(work)] {
          std::unique_lock lock(mutex_);
          while (!ending_.wait_for(lock, interval, [this] { return is_ended_; })) {
            lock.unlock();
            work();
            lock.lock();
          }
        }) {}
  ~IntervalThread() {
    {
      const std::lock_guard lock(mutex_);
      is_ended_ = true;
    }
    ending_.notify_all();
    thread_.join();
  }
  IntervalThread(const IntervalThread&) = delete;
  IntervalThread& operator=(const IntervalThread&) = delete;

 private:
  std::mutex mutex_;  // held for moments
  std::condition_variable ending_;
  bool is_ended_ = false;
  std::thread thread_;  // last: it uses what is above
};

}  // namespace sluice
