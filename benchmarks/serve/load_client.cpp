#include "load_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>

namespace sluice::load {

void give_up(const std::string& text) {
  std::fprintf(stderr, "serve_load: %s\n", text.c_str());
  std::exit(1);
}

Target Target::parse(std::string_view host_and_port) {
  Target target;
  const std::size_t colon = host_and_port.rfind(':');
  const std::string host(host_and_port.substr(0, colon));
  std::uint16_t port = 0;
  if (colon != host_and_port.npos)
    std::from_chars(host_and_port.data() + colon + 1, host_and_port.data() + host_and_port.size(), port);
  target.address.sin_family = AF_INET;
  target.address.sin_port = htons(port);
  if (port == 0 || ::inet_pton(AF_INET, host.c_str(), &target.address.sin_addr) != 1)
    give_up(std::string(host_and_port) + ": an address is given as 127.0.0.1:50001");
  return target;
}

std::vector<std::string> read_requests(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> requests;
  for (std::string line; std::getline(file, line);) requests.push_back(line);
  if (requests.empty()) give_up(path + ": no request lines");
  return requests;
}

int connect_to(const Target& target) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&target.address), sizeof target.address) != 0)
    give_up(std::string("connect: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) give_up(std::string("send: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_line(int fd, std::string& rest) {
  std::size_t searched = 0;
  while (true) {
    const std::size_t newline = rest.find('\n', searched);
    if (newline != rest.npos) {
      std::string line = rest.substr(0, newline);
      rest.erase(0, newline + 1);
      return line;
    }
    searched = rest.size();
    char buffer[65536];
    const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) give_up("the server closed a connection");
    rest.append(buffer, static_cast<std::size_t>(size));
  }
}

std::uint64_t now_ns() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

double cpu_us_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t behind_name = text.rfind(')');
  if (behind_name == text.npos) give_up("process " + std::to_string(pid) + " is not there");
  std::istringstream fields(text.substr(behind_name + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double own_cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

double quantile_us(std::vector<std::uint32_t>& ns, double share) {
  if (ns.empty()) return 0;
  const auto at = std::min(ns.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ns.size())));
  std::nth_element(ns.begin(), ns.begin() + static_cast<std::ptrdiff_t>(at), ns.end());
  return ns[at] / 1000.0;
}

}  // namespace sluice::load
