// A back end for tests: real bytes, but short, late, out of order, interrupted or failing.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "source/raw_io.h"

namespace sluice::source::test {

struct Faults {
  std::uint64_t seed = 1;
  double short_read = 0;      ///< chance that a read ends early, with at least one byte
  double interrupted = 0;     ///< chance of EINTR or EAGAIN, nothing read
  bool reorder = false;       ///< reads end in random order, their bytes read only then
  std::int64_t fail_at = -1;  ///< the read, counted from 0, that fails ...
  int fail_with = EIO;        ///< ... with this errno
};

class FaultyIo final : public RawIo {
 public:
  FaultyIo(std::uint32_t depth, const Faults& faults) : depth_(depth), faults_(faults), random_(faults.seed) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "faulty"; }
  [[nodiscard]] std::uint32_t depth() const noexcept override { return depth_; }
  void start(const RawRead& read) noexcept override {
    SLUICE_CHECK(pending_.size() < depth_);
    for (const RawRead& other : pending_) SLUICE_CHECK(other.slot != read.slot);
    pending_.push_back(read);
    most_ = std::max(most_, pending_.size());
  }
  void flush() noexcept override {}
  [[nodiscard]] RawDone wait() noexcept override {
    SLUICE_CHECK(!pending_.empty());
    const std::size_t which = faults_.reorder ? random_.below(pending_.size()) : 0;
    const RawRead read = pending_[which];
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(which));
    return {.slot = read.slot, .result = result_of(read)};
  }

  [[nodiscard]] std::size_t most_in_flight() const { return most_; }
  [[nodiscard]] std::int64_t reads() const { return count_; }
  [[nodiscard]] std::int64_t short_reads() const { return short_; }

 private:
  [[nodiscard]] std::int64_t result_of(const RawRead& read) noexcept {
    if (count_++ == faults_.fail_at) return -std::int64_t{faults_.fail_with};
    if (random_.chance(faults_.interrupted)) return random_.chance(0.5) ? -EINTR : -EAGAIN;
    std::size_t size = read.size;
    if (size > 1 && random_.chance(faults_.short_read)) {
      size = 1 + random_.below(size - 1);
      ++short_;
    }
    const ssize_t got = ::pread(read.fd, read.target, size, static_cast<off_t>(read.offset));
    return got >= 0 ? std::int64_t{got} : -std::int64_t{errno};
  }

  std::uint32_t depth_;
  Faults faults_;
  Random random_;
  std::vector<RawRead> pending_;
  std::size_t most_ = 0;
  std::int64_t count_ = 0, short_ = 0;
};

}  // namespace sluice::source::test
