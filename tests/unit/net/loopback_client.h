// A blocking client on the loopback interface.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::net::test {

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0, bool v6 = false) {
    fd_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval timeout{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (v6) {
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_port = htons(port);
      address.sin6_addr = in6addr_loopback;
      connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client(Client&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), held_(std::move(other.held_)) {}

  [[nodiscard]] bool connected() const { return connected_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;  // closing a ring interrupts the thread that opened it
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// The next line, or "<closed>" / "<timeout>".
  std::string line() {
    while (true) {
      const std::size_t newline = held_.find('\n');
      if (newline != std::string::npos) {
        std::string text = held_.substr(0, newline);
        held_.erase(0, newline + 1);
        return text;
      }
      char buffer[65536];
      const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
      if (size < 0 && errno == EINTR) continue;
      if (size == 0) return "<closed>";
      if (size < 0) return errno == ECONNRESET ? "<closed>" : "<timeout>";
      held_.append(buffer, static_cast<std::size_t>(size));
    }
  }
  /// Appends what comes next; false at the end of the stream.
  bool read_some(std::string& target) {
    char buffer[65536];
    while (true) {
      const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
      if (size < 0 && errno == EINTR) continue;
      if (size > 0) target.append(buffer, static_cast<std::size_t>(size));
      return size > 0;
    }
  }
  /// Bytes until the end of the stream.
  std::size_t drain() {
    std::size_t total = held_.size();
    char buffer[65536];
    while (true) {
      const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return total;
      total += static_cast<std::size_t>(size);
    }
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger none{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
  std::string held_;
};

}  // namespace sluice::net::test
