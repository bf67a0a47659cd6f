#include "session/throttle.h"

#include <algorithm>
#include <utility>

namespace sluice::session {
namespace {
constexpr std::uint64_t recompute_ms = 300'000;
}

Throttle::Throttle(const CostLimits& limits, std::unique_ptr<CostMember> member)
    : limits_(&limits), member_(std::move(member)) {
  if (member_) blocked_until_ms_ = member_->opened_with().blocked_until_ms;
}

void Throttle::compute(double& cost, std::size_t subscriptions, std::uint64_t now_ms) {
  const double grown = cost - cost_then_;
  const double seconds = static_cast<double>(now_ms - std::min(now_ms, computed_at_ms_)) / 1000;
  cost = decayed(*limits_, cost, seconds, subscriptions);
  cost_then_ = cost;
  computed_at_ms_ = now_ms;
  if (!member_) return;
  const Standing standing = member_->report(grown, cost, now_ms);
  extra_ = standing.extra;
  blocked_until_ms_ = standing.blocked_until_ms;
}

Throttle::Admission Throttle::admit(double& cost, std::size_t subscriptions, std::uint64_t now_ms) {
  if (computed_at_ms_ == 0) computed_at_ms_ = now_ms;
  if (needs_recompute(cost_then_, cost) || now_ms - std::min(now_ms, computed_at_ms_) >= recompute_ms)
    compute(cost, subscriptions, now_ms);
  using Verdict = Admission::Verdict;
  if (blocked_until_ms_ > now_ms) return {Verdict::blocked, blocked_until_ms_ - now_ms};
  if (allowed_concurrency(*limits_, cost_then_ + extra_) == 0) return {Verdict::excessive, 0};
  const unsigned delay_ms = added_delay_ms(*limits_, cost_then_ + extra_);
  return {delay_ms > 0 ? Verdict::later : Verdict::at_once, delay_ms};
}

void Throttle::settle(double cost, std::uint64_t now_ms) {
  if (member_) (void)member_->report(cost - cost_then_, cost, now_ms);
}

}  // namespace sluice::session
