#include "session/cost_model.h"

#include <algorithm>
#include <cmath>

namespace sluice::session {

double throttle_fraction(const CostLimits& limits, double cost) noexcept {
  if (limits.hard <= limits.soft) return 0;
  return std::max(0.0, (cost - limits.soft) / (limits.hard - limits.soft));
}

unsigned allowed_concurrency(const CostLimits& limits, double cost) noexcept {
  const double allowed = std::ceil((1 - throttle_fraction(limits, cost)) * limits.initial_concurrent);
  return static_cast<unsigned>(std::max(0.0, allowed));
}

unsigned added_delay_ms(const CostLimits& limits, double cost) noexcept {
  // A fraction above 1 means the client is sent away, so the delay need not grow further.
  return static_cast<unsigned>(std::min(1.0, throttle_fraction(limits, cost)) * limits.request_sleep_ms);
}

double decayed(const CostLimits& limits, double cost, double seconds, std::size_t subscriptions) noexcept {
  const double per_second = limits.hard / (10'000 + 5 * static_cast<double>(subscriptions));
  return std::max(0.0, cost - per_second * seconds);
}

}  // namespace sluice::session
