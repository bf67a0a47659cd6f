#include "session/client_costs.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace sluice::session {
namespace {

constexpr std::uint64_t slice_ms = 300'000;
constexpr double slice_weight = 0.03;
constexpr double subnet_weight = 1.0;
constexpr double refund_seconds = 5000;  // the hard limit is refunded in so long

double seconds_between(std::uint64_t from_ms, std::uint64_t until_ms) {
  return until_ms > from_ms ? static_cast<double>(until_ms - from_ms) / 1000 : 0;
}

}  // namespace

void ClientCosts::refund(Group& group, std::uint64_t now_ms) const {
  const double refunded = session_hard_ / refund_seconds * seconds_between(group.refunded_at_ms, now_ms);
  group.retained = std::max(0.0, group.retained - refunded);
  group.refunded_at_ms = std::max(group.refunded_at_ms, now_ms);
}

void ClientCosts::decay(Address& address, std::uint64_t now_ms) const {
  const double forgiven = address_.decay_per_second * seconds_between(address.decayed_at_ms, now_ms);
  address.cost = std::max(0.0, address.cost - forgiven);
  address.decayed_at_ms = std::max(address.decayed_at_ms, now_ms);
}

std::unique_ptr<CostMember> ClientCosts::open(CostPlaces places, double cost, std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (seconds_between(forgot_at_ms_, now_ms) * 1000 >= slice_ms) forget_old(now_ms);
  // Exempt clients are in no group at all, so that they pay for nobody.
  std::string slice = places.subnet.empty() ? "" : "t" + std::to_string(now_ms / slice_ms);
  std::unique_ptr<CostMember> member(new CostMember(*this, std::move(places), std::move(slice), 0));
  for (const std::string* name : {&member->places_.subnet, &member->slice_}) {
    if (name->empty()) continue;
    Group& group = groups_.try_emplace(*name, Group{.refunded_at_ms = now_ms}).first->second;
    ++group.members;
  }
  if (address_.hard > 0 && !member->places_.address.empty()) {
    Address& address = addresses_.try_emplace(member->places_.address, Address{.decayed_at_ms = now_ms}).first->second;
    ++address.members;
  } else {
    member->places_.address.clear();
  }
  member->seen_at_ms_ = now_ms;
  member->opened_with_ = standing(*member, 0, now_ms);
  total_ += cost;
  for (const std::string* name : {&member->places_.subnet, &member->slice_}) {
    if (!name->empty()) groups_.at(*name).sessions += cost;
  }
  member->cost_ = cost;
  return member;
}

Standing ClientCosts::standing(CostMember& member, double grown, std::uint64_t now_ms) {
  Standing standing;
  const std::array<std::pair<const std::string*, double>, 2> weighted = {
      {{&member.places_.subnet, subnet_weight}, {&member.slice_, slice_weight}}};
  for (const auto& [name, weight] : weighted) {
    if (name->empty()) continue;
    Group& group = groups_.at(*name);
    refund(group, now_ms);
    standing.extra += std::max(0.0, group.sessions + group.retained - member.cost_) * weight;
  }
  if (member.places_.address.empty()) return standing;
  Address& address = addresses_.at(member.places_.address);
  decay(address, now_ms);
  address.cost += std::max(0.0, grown);
  if (address.cost > address_.hard) {
    address.blocked_until_ms = now_ms + address_.block_ms;
    address.cost = 0;  // what it did is paid for by the block
  }
  if (address.blocked_until_ms > now_ms) standing.blocked_until_ms = address.blocked_until_ms;
  return standing;
}

void ClientCosts::leave_group(const std::string& name, double cost, std::uint64_t now_ms) {
  if (name.empty()) return;
  const auto place = groups_.find(name);
  SLUICE_CHECK(place != groups_.end() && place->second.members > 0);
  Group& group = place->second;
  refund(group, now_ms);
  group.sessions = std::max(0.0, group.sessions - cost);
  group.retained = std::min(session_hard_, group.retained + cost);
  if (--group.members == 0 && (session_hard_ <= 0 || groups_.size() > kept_places_max)) groups_.erase(place);
}

void ClientCosts::leave_address(const std::string& name, std::uint64_t now_ms) {
  if (name.empty()) return;
  const auto place = addresses_.find(name);
  SLUICE_CHECK(place != addresses_.end() && place->second.members > 0);
  const bool is_blocked = place->second.blocked_until_ms > now_ms;
  if (--place->second.members == 0 && !is_blocked && addresses_.size() > kept_places_max) addresses_.erase(place);
}

void ClientCosts::forget_old(std::uint64_t now_ms) {
  forgot_at_ms_ = now_ms;
  std::erase_if(groups_, [&](const auto& entry) {
    Group group = entry.second;
    refund(group, now_ms);
    return group.members == 0 && group.retained <= 0;
  });
  std::erase_if(addresses_, [&](const auto& entry) {
    const std::uint64_t seen_at_ms = entry.second.decayed_at_ms;
    const bool is_blocked = entry.second.blocked_until_ms > now_ms;
    return entry.second.members == 0 && !is_blocked && now_ms - std::min(now_ms, seen_at_ms) >= address_.state_ttl_ms;
  });
}

double ClientCosts::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::size_t ClientCosts::places() const {
  const std::lock_guard lock(mutex_);
  return groups_.size() + addresses_.size();
}

Standing CostMember::report(double grown, double cost, std::uint64_t now_ms) {
  const std::lock_guard lock(costs_.mutex_);
  for (const std::string* name : {&places_.subnet, &slice_}) {
    if (!name->empty()) costs_.groups_.at(*name).sessions += cost - cost_;
  }
  costs_.total_ += cost - cost_;
  cost_ = cost;
  seen_at_ms_ = std::max(seen_at_ms_, now_ms);
  return costs_.standing(*this, grown, seen_at_ms_);
}

CostMember::~CostMember() {
  const std::lock_guard lock(costs_.mutex_);
  costs_.total_ -= cost_;
  costs_.leave_group(places_.subnet, cost_, seen_at_ms_);
  costs_.leave_group(slice_, cost_, seen_at_ms_);
  costs_.leave_address(places_.address, seen_at_ms_);
}

}  // namespace sluice::session
