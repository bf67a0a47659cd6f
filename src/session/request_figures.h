// Requests of one thread: how many of each method, how long they took, what they failed with.
//
// Written by that thread with plain stores, read by others at any time: nobody waits, and no two threads write to the
// same place.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "serve/request_observer.h"

namespace sluice::session {

/// A sum with one writer; relaxed everywhere: a count, it publishes nothing.
class OwnSum {
 public:
  void add(std::uint64_t more) noexcept { value_.store(get() + more, std::memory_order_relaxed); }
  void take(std::uint64_t less) noexcept { value_.store(get() - less, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

inline constexpr std::array<double, 10> latency_bounds_s{1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1.0};
/// As metrics name them; any other code counts as the last.
inline constexpr std::array<serve::FaultCode, 11> counted_faults{serve::FaultCode::bad_request,
                                                                 serve::FaultCode::daemon_error,
                                                                 serve::FaultCode::parse_error,
                                                                 serve::FaultCode::invalid_request,
                                                                 serve::FaultCode::method_not_found,
                                                                 serve::FaultCode::invalid_arguments,
                                                                 serve::FaultCode::excessive_resource_usage,
                                                                 serve::FaultCode::server_busy,
                                                                 serve::FaultCode::node_misc,
                                                                 serve::FaultCode::node_parameter,
                                                                 serve::FaultCode::internal_error};

/// Sums over threads.
struct RequestSums {
  struct OfMethod {
    std::array<std::uint64_t, latency_bounds_s.size() + 1> by_latency{};  ///< the last: above all bounds
    double seconds = 0;
    [[nodiscard]] std::uint64_t count() const noexcept;
  };
  std::vector<OfMethod> methods;  ///< in the order of the table
  std::array<std::uint64_t, counted_faults.size()> faults{};
};

class RequestFigures final : public serve::RequestObserver {
 public:
  /// Of these methods.
  explicit RequestFigures(std::span<const serve::Method> methods);

  /// Cost: some 10 ns, the counter of the processor.
  [[nodiscard]] std::uint64_t now() noexcept override;
  void on_answered(const serve::Method& method, std::uint64_t begin) noexcept override;
  void on_fault(serve::FaultCode code) noexcept override;

  void add_to(RequestSums& sums) const;

 private:
  struct OfMethod {
    std::array<OwnSum, latency_bounds_s.size() + 1> by_latency;
    OwnSum ticks;
  };

  const std::span<const serve::Method> table_;
  const double ticks_per_second_;
  std::array<std::uint64_t, latency_bounds_s.size()> bounds_;  ///< in ticks
  std::vector<OfMethod> methods_;
  std::array<OwnSum, counted_faults.size()> faults_;
};

}  // namespace sluice::session
