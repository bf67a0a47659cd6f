#include "net/listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace sluice::net {
namespace {

constexpr int backlog = 1024;

std::uint16_t bound_port(int fd) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

/// Blocking on purpose: io_uring answers EAGAIN at once for sockets that are not.
int bind_one(const addrinfo& address, bool shared) noexcept {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  // IPv6 sockets take IPv6 only, so that both families can be listed with one port.
  if (address.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, backlog) == 0) return fd;
  const int why = errno;
  ::close(fd);
  errno = why;
  return -1;
}

}  // namespace

Result<ListeningSocket> open_listener(const std::string& host, std::uint16_t port, bool first) {
  const bool any = host.empty() || host == "*";
  addrinfo hints{};
  hints.ai_family = any ? AF_INET : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int resolved = ::getaddrinfo(any ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
  const std::string where = (any ? std::string("*") : host) + ":" + std::to_string(port);
  if (resolved != 0) return Error{ErrorKind::config, "cannot listen on " + where + ": " + ::gai_strerror(resolved)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  if (first && port != 0) {
    const int probe = bind_one(*found, false);
    if (probe < 0) return Error{ErrorKind::io, "cannot listen on " + where + ": " + std::strerror(errno)};
    ::close(probe);
  }
  const int fd = bind_one(*found, true);
  if (fd < 0) return Error{ErrorKind::io, "cannot listen on " + where + ": " + std::strerror(errno)};
  return ListeningSocket{fd, bound_port(fd)};
}

}  // namespace sluice::net
