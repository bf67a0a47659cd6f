// What a session's cost means for its next request. The cost moves with every request; what follows from it is
// computed again when it moved by more than 100, and after 300 seconds.
#pragma once

#include <cstdint>
#include <memory>

#include "session/client_costs.h"
#include "session/cost_model.h"

namespace sluice::session {

class Throttle {
 public:
  struct Admission {
    enum class Verdict : std::uint8_t { at_once, later, excessive, blocked } verdict = Verdict::at_once;
    std::uint64_t delay_ms = 0;  ///< of later; of blocked: how long the block lasts yet
  };

  /// member: null where nobody adds up what clients cost together.
  Throttle(const CostLimits& limits, std::unique_ptr<CostMember> member);

  /// Asked before each piece of work. Takes from `cost` what time has forgiven when it computes again.
  [[nodiscard]] Admission admit(double& cost, std::size_t subscriptions, std::uint64_t now_ms);
  [[nodiscard]] CostMember* member() const noexcept { return member_.get(); }
  /// Tells the groups of what came since the last time; to be called when the session ends.
  void settle(double cost, std::uint64_t now_ms);

 private:
  void compute(double& cost, std::size_t subscriptions, std::uint64_t now_ms);

  const CostLimits* limits_;
  std::unique_ptr<CostMember> member_;
  double cost_then_ = 0;              ///< when it was computed last
  double extra_ = 0;                  ///< of the groups, then
  std::uint64_t computed_at_ms_ = 0;  ///< 0: never
  std::uint64_t blocked_until_ms_ = 0;
};

}  // namespace sluice::session
