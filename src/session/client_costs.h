// What clients cost beyond one session: by subnet, by time of arrival, by address.
//
//   session --grown, cost--> group of its subnet      weight 1.0     extra = sum of (group - session) * weight
//                            group of its time slice  weight 0.03
//                            address                  blocked for a while above its own limit
//
// The numbers and formulas are ElectrumX's (groups) and RXinDexer's (addresses). A closed session's cost stays in
// its groups and is refunded with time, so that coming again is no way out.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace sluice::session {

/// Sums since the start, for people who watch. relaxed everywhere: they publish nothing.
struct LimitCounters {
  std::atomic<std::uint64_t> delayed{0};    ///< requests that had to wait for their cost's sake
  std::atomic<std::uint64_t> delay_ms{0};   ///< how long, together
  std::atomic<std::uint64_t> excessive{0};  ///< sessions ended at the hard limit
  std::atomic<std::uint64_t> blocked{0};    ///< sessions ended because their address is blocked
  std::atomic<std::uint64_t> timed_out{0};  ///< requests answered "server busy"
};

struct AddressCostLimits {
  double hard = 0;  ///< cost at which an address is blocked; 0: never
  double decay_per_second = 0;
  std::uint64_t block_ms = 300'000;
  std::uint64_t state_ttl_ms = 3'600'000;  ///< an address without sessions is forgotten after so long
};

/// Where a client's cost is added up; an empty name: nowhere.
struct CostPlaces {
  std::string address;
  std::string subnet;
};

struct Standing {
  double extra = 0;                    ///< cost of others that this session answers for
  std::uint64_t blocked_until_ms = 0;  ///< 0: the address is not blocked
};

class CostMember;

/// Shared by all threads; touched when a session opens, closes or moved by more than 100, never per request.
/// Memory: an entry for each place with a session, and at most kept_places_max for places without one.
class ClientCosts {
 public:
  static constexpr std::size_t kept_places_max = 100'000;

  /// session_hard: the hard limit of one session; 0: groups say nothing.
  ClientCosts(double session_hard, const AddressCostLimits& address) : session_hard_(session_hard), address_(address) {}

  /// Lifetime: this outlives the member.
  [[nodiscard]] std::unique_ptr<CostMember> open(CostPlaces places, double cost, std::uint64_t now_ms);

  [[nodiscard]] LimitCounters& counters() noexcept { return counters_; }
  /// Cost of all open sessions, as they last reported it.
  [[nodiscard]] double total() const;
  /// Places held now, with and without sessions.
  [[nodiscard]] std::size_t places() const;

 private:
  friend class CostMember;

  struct Group {
    double sessions = 0;  ///< cost of those that are open
    double retained = 0;  ///< of those that closed, less what was refunded
    std::uint64_t refunded_at_ms = 0;
    unsigned members = 0;
  };
  struct Address {
    double cost = 0;
    std::uint64_t decayed_at_ms = 0;
    std::uint64_t blocked_until_ms = 0;
    unsigned members = 0;
  };
  using Groups = std::unordered_map<std::string, Group>;
  using Addresses = std::unordered_map<std::string, Address>;

  void refund(Group& group, std::uint64_t now_ms) const;
  void decay(Address& address, std::uint64_t now_ms) const;
  void leave_group(const std::string& name, double cost, std::uint64_t now_ms);
  void leave_address(const std::string& name, std::uint64_t now_ms);
  [[nodiscard]] Standing standing(CostMember& member, double grown, std::uint64_t now_ms);
  void forget_old(std::uint64_t now_ms);

  const double session_hard_;
  const AddressCostLimits address_;
  LimitCounters counters_;
  mutable std::mutex mutex_;  // held for a few look-ups, and every five minutes for one pass
  Groups groups_;
  Addresses addresses_;
  double total_ = 0;
  std::uint64_t forgot_at_ms_ = 0;
};

/// One session's part in it; its end is leaving.
class CostMember {
 public:
  ~CostMember();
  CostMember(const CostMember&) = delete;
  CostMember& operator=(const CostMember&) = delete;

  /// grown: cost that came since the last report; cost: what is left of all of it now.
  Standing report(double grown, double cost, std::uint64_t now_ms);
  [[nodiscard]] const Standing& opened_with() const noexcept { return opened_with_; }
  [[nodiscard]] LimitCounters& counters() const noexcept { return costs_.counters(); }

 private:
  friend class ClientCosts;
  CostMember(ClientCosts& costs, CostPlaces places, std::string slice, double cost)
      : costs_(costs), places_(std::move(places)), slice_(std::move(slice)), cost_(cost) {}

  ClientCosts& costs_;
  CostPlaces places_;
  std::string slice_;
  double cost_;  ///< in the groups
  std::uint64_t seen_at_ms_ = 0;
  Standing opened_with_;
};

}  // namespace sluice::session
