#include "load_hold.h"

#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

namespace sluice::load {
namespace {

using TlsSession = std::unique_ptr<SSL, decltype(&SSL_free)>;
using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// Asks over TLS and reads whatever comes back first; the certificate is the server's own business here.
void ask_over_tls(SSL_CTX* context, std::vector<TlsSession>& sessions, int fd, const std::string& request) {
  TlsSession session(SSL_new(context), SSL_free);
  SSL_set_fd(session.get(), fd);
  if (SSL_connect(session.get()) != 1) give_up("a TLS handshake failed");
  char reply[4096];
  if (SSL_write(session.get(), request.data(), static_cast<int>(request.size())) <= 0 ||
      SSL_read(session.get(), reply, sizeof reply) <= 0)
    give_up("a TLS session was closed");
  sessions.push_back(std::move(session));
}

/// Waits until each of the sockets became readable once. Times in the order of arrival.
std::vector<std::uint64_t> await_each(const std::vector<int>& sockets) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int fd : sockets) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
  std::vector<std::uint64_t> times;
  while (times.size() < sockets.size()) {
    epoll_event events[256];
    const int ready = ::epoll_wait(epoll, events, 256, 60'000);
    if (ready <= 0)
      give_up("told after 60 s: " + std::to_string(times.size()) + " of " + std::to_string(sockets.size()));
    const std::uint64_t now = now_ns();
    for (int i = 0; i < ready; ++i) {
      char notification[4096];
      if (::recv(events[i].data.fd, notification, sizeof notification, 0) <= 0) give_up("a session was closed");
      times.push_back(now);
    }
  }
  ::close(epoll);
  return times;
}

}  // namespace

void hold_sessions(const Target& target, const std::vector<std::string>& requests, unsigned connections, bool tls) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const TlsContext context(tls ? SSL_CTX_new(TLS_client_method()) : nullptr, SSL_CTX_free);
  std::vector<TlsSession> sessions;
  std::vector<int> sockets;
  for (unsigned i = 0; i < connections; ++i) {
    const std::string line = requests[i % requests.size()] + "\n";
    sockets.push_back(connect_to(target));
    if (tls) {
      ask_over_tls(context.get(), sessions, sockets.back(), line);
    } else {
      send_all(sockets.back(), line);
      std::string rest;
      (void)receive_line(sockets.back(), rest);
    }
  }
  std::puts("ready");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<std::uint64_t> times = await_each(sockets);
    const auto at = [&](double share) {
      const auto index =
          std::min(times.size() - 1, static_cast<std::size_t>(share * static_cast<double>(times.size())));
      return static_cast<double>(times[index]) / 1e9;
    };
    std::printf("{\"first\": %.6f, \"p50\": %.6f, \"p99\": %.6f, \"last\": %.6f}\n", at(0), at(0.5), at(0.99), at(1));
    std::fflush(stdout);
  }
  for (const int fd : sockets) ::close(fd);
}

}  // namespace sluice::load
