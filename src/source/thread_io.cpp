// Reads through pread on a few threads. Two fixed rings under one lock, held for a few
// instructions: reads to do, and reads done.
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"
#include "source/raw_io.h"

namespace sluice::source {
namespace {

/// First in, first out, of fixed size; the caller holds the lock.
template <typename T>
class FixedQueue {
 public:
  explicit FixedQueue(std::size_t capacity) : items_(capacity) {}
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  void push(const T& item) noexcept {
    SLUICE_CHECK(count_ < items_.size());
    items_[(first_ + count_++) % items_.size()] = item;
  }
  [[nodiscard]] T pop() noexcept {
    SLUICE_CHECK(count_ > 0);
    const T item = items_[first_];
    first_ = (first_ + 1) % items_.size();
    --count_;
    return item;
  }

 private:
  std::vector<T> items_;
  std::size_t first_ = 0, count_ = 0;
};

class ThreadIo final : public RawIo {
 public:
  ThreadIo(std::uint32_t depth, std::uint32_t thread_count) : depth_(depth), todo_(depth), done_(depth) {
    for (std::uint32_t i = 0; i < thread_count; ++i) threads_.emplace_back([this] { run(); });
  }

  ~ThreadIo() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;  // the threads still do what is queued: its memory must not be written later
    }
    work_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "threads"; }
  [[nodiscard]] std::uint32_t depth() const noexcept override { return depth_; }

  void start(const RawRead& read) noexcept override {
    SLUICE_CHECK(in_flight_ < depth_);
    ++in_flight_;
    {
      const std::lock_guard lock(mutex_);
      todo_.push(read);
    }
    work_.notify_one();
  }

  void flush() noexcept override {}

  [[nodiscard]] RawDone wait() noexcept override {
    SLUICE_CHECK(in_flight_ > 0);
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return !done_.empty(); });
    --in_flight_;
    return done_.pop();
  }

 private:
  void run() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return stopping_ || !todo_.empty(); });
      if (todo_.empty()) return;
      const RawRead read = todo_.pop();
      lock.unlock();
      const ssize_t got = ::pread(read.fd, read.target, read.size, static_cast<off_t>(read.offset));
      const RawDone done{.slot = read.slot, .result = got >= 0 ? std::int64_t{got} : -std::int64_t{errno}};
      lock.lock();
      done_.push(done);
      ended_.notify_one();
    }
  }

  const std::uint32_t depth_;
  std::uint32_t in_flight_ = 0;  // the owner's thread only
  std::mutex mutex_;
  std::condition_variable work_, ended_;
  FixedQueue<RawRead> todo_;
  FixedQueue<RawDone> done_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<RawIo> make_thread_io(std::uint32_t depth, std::uint32_t thread_count) {
  SLUICE_CHECK(thread_count >= 1);
  SLUICE_CHECK(thread_count <= depth);
  return std::make_unique<ThreadIo>(depth, thread_count);
}

}  // namespace sluice::source
