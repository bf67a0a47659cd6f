#include "session/request_figures.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace sluice::session {
namespace {

using Clock = std::chrono::steady_clock;

/// The processor's counter of time, which the kernel's clock is made of too; the system's clock where it is not known.
std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t count = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return static_cast<std::uint64_t>(Clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
#endif
}

/// Measured once, over so long that the ends do not matter: within 0.01 %.
double measure_ticks_per_second() {
  constexpr std::chrono::milliseconds span{2};
  const Clock::time_point begin = Clock::now();
  const std::uint64_t first = ticks();
  Clock::time_point end = begin;
  while (end - begin < span) end = Clock::now();
  return static_cast<double>(ticks() - first) / std::chrono::duration<double>(end - begin).count();
}

double ticks_per_second() {
  static const double measured = measure_ticks_per_second();
  return measured;
}

}  // namespace

std::uint64_t RequestSums::OfMethod::count() const noexcept {
  return std::accumulate(by_latency.begin(), by_latency.end(), std::uint64_t{0});
}

RequestFigures::RequestFigures(std::span<const serve::Method> methods)
    : table_(methods), ticks_per_second_(ticks_per_second()), methods_(methods.size()) {
  for (std::size_t i = 0; i < bounds_.size(); ++i)
    bounds_[i] = static_cast<std::uint64_t>(latency_bounds_s[i] * ticks_per_second_);
}

std::uint64_t RequestFigures::now() noexcept { return ticks(); }

void RequestFigures::on_answered(const serve::Method& method, std::uint64_t begin) noexcept {
  const auto index = static_cast<std::size_t>(&method - table_.data());
  const std::uint64_t taken = ticks() - begin;
  std::size_t bucket = 0;
  while (bucket < bounds_.size() && taken > bounds_[bucket]) ++bucket;
  methods_[index].by_latency[bucket].add(1);
  methods_[index].ticks.add(taken);
}

void RequestFigures::on_fault(serve::FaultCode code) noexcept {
  const auto found = std::find(counted_faults.begin(), counted_faults.end() - 1, code);
  faults_[static_cast<std::size_t>(found - counted_faults.begin())].add(1);
}

void RequestFigures::add_to(RequestSums& sums) const {
  sums.methods.resize(methods_.size());
  for (std::size_t i = 0; i < methods_.size(); ++i) {
    for (std::size_t bucket = 0; bucket <= bounds_.size(); ++bucket)
      sums.methods[i].by_latency[bucket] += methods_[i].by_latency[bucket].get();
    sums.methods[i].seconds += static_cast<double>(methods_[i].ticks.get()) / ticks_per_second_;
  }
  for (std::size_t i = 0; i < faults_.size(); ++i) sums.faults[i] += faults_[i].get();
}

}  // namespace sluice::session
