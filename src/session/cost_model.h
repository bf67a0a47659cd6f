// How much a client may cost, and what happens when it costs more. The numbers and formulas are
// ElectrumX's; they are computed for every session, and enforced where a server says so.
//
//   cost    0 ......... soft ................ hard
//   answer  at once     fewer at a time and later    -101, disconnect
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::session {

struct CostLimits {
  double soft = 1000;
  double hard = 10'000;                ///< 0, or not above soft: no limiting
  double bandwidth_unit_bytes = 5000;  ///< bytes in or out per unit of cost
  unsigned initial_concurrent = 10;
  unsigned request_sleep_ms = 2500;
};

[[nodiscard]] constexpr double bandwidth_cost(const CostLimits& limits, std::size_t bytes) noexcept {
  return static_cast<double>(bytes) / limits.bandwidth_unit_bytes;
}

/// 0 below the soft limit, 1 at the hard one, growing beyond.
[[nodiscard]] double throttle_fraction(const CostLimits& limits, double cost) noexcept;
/// Requests that may run at a time; 0: the client must go.
[[nodiscard]] unsigned allowed_concurrency(const CostLimits& limits, double cost) noexcept;
/// Delay added to each request.
[[nodiscard]] unsigned added_delay_ms(const CostLimits& limits, double cost) noexcept;
/// Cost after some seconds without requests.
[[nodiscard]] double decayed(const CostLimits& limits, double cost, double seconds, std::size_t subscriptions) noexcept;
/// Is the limit to be computed again, having been computed at `cost_then`?
[[nodiscard]] constexpr bool needs_recompute(double cost_then, double cost_now) noexcept {
  return cost_now - cost_then > 100 || cost_then - cost_now > 100;
}

}  // namespace sluice::session
