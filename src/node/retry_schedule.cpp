#include "node/retry_schedule.h"

#include <algorithm>

#include "base/check.h"

namespace sluice::node {

RetrySchedule::RetrySchedule(std::size_t url_count, std::uint64_t first_epoch)
    : url_count_(url_count), epoch_(first_epoch) {
  SLUICE_CHECK(url_count > 0);
}

std::chrono::milliseconds RetrySchedule::failed(const Attempt& attempt) noexcept {
  if (attempt.epoch != epoch_) return wait_given_;
  ++epoch_;
  if (wait_next_ == wait_last && url_count_ > 1) {
    url_index_ = (url_index_ + 1) % url_count_;
    wait_next_ = wait_first;
    wait_given_ = std::chrono::milliseconds{0};
  } else {
    wait_given_ = wait_next_;
    wait_next_ = std::min(wait_next_ * 2, wait_last);
  }
  return wait_given_;
}

void RetrySchedule::succeeded(const Attempt& attempt) noexcept {
  if (attempt.url_index == url_index_) wait_next_ = wait_first;
}

}  // namespace sluice::node
