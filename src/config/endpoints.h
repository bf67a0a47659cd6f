// Where to listen, whom to call, whom to trust: the address forms of the settings.
//
//   SERVICES      tcp://0.0.0.0:50010,ssl://[::1]:50012,rpc        -> Service
//   DAEMON_URL    http://user:pass@127.0.0.1:7332/,user:p@other    -> DaemonUrl
//   HTTP_SERVICE  127.0.0.1:8080                                   -> HostPort
//   TRUSTED_...   10.0.0.0/8, ::1                                  -> AddressRange
//   sluice call   wss://host:50011                                 -> Endpoint
// All parsers are strict, allocate little, and say what is wrong in one line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sluice::config {

enum class Protocol : std::uint8_t { tcp, ssl, ws, wss, rpc, http };
[[nodiscard]] std::string_view name_of(Protocol protocol) noexcept;

/// A place to listen on, or to advertise.
struct Service {
  Protocol protocol = Protocol::tcp;
  std::string host;  ///< lower case, without brackets; empty is all interfaces
  std::uint16_t port = 0;
  friend bool operator==(const Service&, const Service&) = default;
};

/// A node. Never log user or password: logged() leaves them out.
struct DaemonUrl {
  bool tls = false;
  std::string user;  ///< percent escapes decoded
  std::string password;
  std::string host;
  std::uint16_t port = 0;  ///< 0 until the coin's RPC port is put in
  /// False: the node's cookie file has them.
  [[nodiscard]] bool has_credentials() const noexcept { return !user.empty() || !password.empty(); }
  [[nodiscard]] std::string logged() const;
  friend bool operator==(const DaemonUrl&, const DaemonUrl&) = default;
};

struct HostPort {
  std::string host;  ///< empty is all interfaces
  std::uint16_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// A network of addresses, e.g. 10.0.0.0/8. IPv4 in the first four bytes.
struct AddressRange {
  std::array<std::byte, 16> address{};
  bool is_ipv6 = false;
  std::uint8_t prefix_bits = 0;
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// What `sluice call` speaks to.
struct Endpoint {
  Protocol protocol = Protocol::tcp;
  std::string host;
  std::uint16_t port = 0;
  std::string path = "/";  ///< for ws, wss and http
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// SERVICES: unknown protocols, onion hosts, rpc off loopback, missing ports and doubled addresses are refused.
[[nodiscard]] Result<std::vector<Service>> parse_services(std::string_view text);
/// REPORT_SERVICES: no rpc, no localhost, no multicast or unspecified address; onion hosts are allowed.
[[nodiscard]] Result<std::vector<Service>> parse_report_services(std::string_view text);
/// True for a literal address of a private, loopback or link-local range; such a one cannot be announced.
[[nodiscard]] bool is_private_address(std::string_view host) noexcept;

/// DAEMON_URL. An entry may lack user:pass@ here: whether a cookie file stands in for it is seen when all settings are.
[[nodiscard]] Result<std::vector<DaemonUrl>> parse_daemon_urls(std::string_view text);
/// nullopt for an empty text, which switches the service off.
[[nodiscard]] Result<std::optional<HostPort>> parse_address(std::string_view text);
/// Commas or blanks between; a bare address is a network of one. Host bits are cleared.
[[nodiscard]] Result<std::vector<AddressRange>> parse_address_ranges(std::string_view text);
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

/// "host:port" with brackets around IPv6.
[[nodiscard]] std::string show_host_port(std::string_view host, std::uint16_t port);
[[nodiscard]] std::string show(const Service& service);
[[nodiscard]] std::string show(const AddressRange& range);

}  // namespace sluice::config
