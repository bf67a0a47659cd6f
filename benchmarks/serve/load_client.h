// What all modes of the load generator share: the requests, one connection's bytes, clocks.
//
// Replies come in the order of the requests on a connection, so a reply is known by its place: nothing is parsed.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::load {

/// Ends the program with one line on standard error.
[[noreturn]] void give_up(const std::string& text);

struct Target {
  sockaddr_in address{};
  static Target parse(std::string_view host_and_port);  ///< 127.0.0.1:50001
};

/// Request lines without their newlines, at least one.
[[nodiscard]] std::vector<std::string> read_requests(const std::string& path);

/// A connected socket without delay for small packets, blocking until made otherwise.
[[nodiscard]] int connect_to(const Target& target);
void send_all(int fd, std::string_view bytes);
/// The next line, read with blocking calls; what came behind it stays in `rest`.
[[nodiscard]] std::string receive_line(int fd, std::string& rest);

/// CLOCK_MONOTONIC, which Python's time.monotonic() is too.
[[nodiscard]] std::uint64_t now_ns() noexcept;
/// Microseconds of processor time of another process since its start, in steps of the kernel's tick.
[[nodiscard]] double cpu_us_of(int pid);
[[nodiscard]] double own_cpu_us();

/// Value at a share of the sorted values; 0 of none. Sorts.
[[nodiscard]] double quantile_us(std::vector<std::uint32_t>& ns, double share);

}  // namespace sluice::load
