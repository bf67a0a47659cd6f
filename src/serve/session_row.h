// What an operator sees of one open session, and of sessions that have something in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::serve {

/// A peer's address where the log must not have it, as the peers write it.
inline constexpr std::string_view hidden_peer = "xx.xx.xx.xx:xx";

/// What sessions ask for and get.
struct SessionLoad {
  std::uint64_t pending = 0;  ///< requests
  std::uint64_t transactions_sent = 0;
  std::uint64_t subscriptions = 0;
  std::uint64_t receive_lines = 0;
  std::uint64_t receive_bytes = 0;
  std::uint64_t send_lines = 0;
  std::uint64_t send_bytes = 0;

  void add(const SessionLoad& more) noexcept;
};

struct SessionRow {
  std::uint64_t id = 0;
  std::string_view transport;  ///< tcp, ssl, ws, wss, rpc
  bool is_closing = false;
  bool is_logged = false;
  unsigned concurrency = 0;  ///< requests that may run at a time now
  std::string address;       ///< numeric; empty if the peer has none
  std::uint16_t port = 0;
  std::string client;
  std::string protocol;
  double cost = 0;
  double extra_cost = 0;  ///< its share of what its groups cost
  std::uint64_t errors = 0;
  SessionLoad load;
  std::uint64_t connected_s = 0;
  std::uint64_t begin_s = 0;  ///< since the server began

  /// First letter of the transport, `C` closing, `L` logged, the concurrency: "T10", "SL10".
  [[nodiscard]] std::string flags() const;
  /// "1.2.3.4:50001", "[::1]:50001".
  [[nodiscard]] std::string peer() const;
};

/// A session is in the group of its network (its /24, or the first three parts of an IPv6 address) and in that of the
/// five minutes in which it came.
struct GroupRow {
  std::string name;
  std::uint64_t sessions = 0;
  double cost = 0;
  double retained_cost = 0;  ///< of sessions that are gone
  SessionLoad load;
};

/// "1.2.3", "2001:0db8:0000", "unknown_addr".
[[nodiscard]] std::string network_group(std::string_view address);
/// "t0", "t1", ...
[[nodiscard]] std::string time_group(std::uint64_t begin_s);
/// By name.
[[nodiscard]] std::vector<GroupRow> groups_of(const std::vector<SessionRow>& sessions);

}  // namespace sluice::serve
