// Little servers on 127.0.0.1, one connection each, written against sockets, OpenSSL and the WebSocket and HTTP
// standards directly, so that they share nothing with the client they test.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

struct ssl_ctx_st;

namespace sluice::call {

/// A connection as the server sees it: plain or TLS.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Some bytes, or none at the end.
  virtual std::string read_some() = 0;
  virtual void write(std::string_view bytes) = 0;

  /// Reads up to and with the mark; what came after it is kept for the next read. Empty at the end.
  std::string read_until(std::string_view mark);
  std::string read_exactly(std::size_t bytes);

 private:
  std::string pending_;
};

/// Serves the first connection in a thread of its own, then ends. The destructor waits for it.
class LoopbackServer {
 public:
  using Script = std::function<void(Connection&)>;
  enum class Security { plain, tls };

  LoopbackServer(Security security, Script script);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  void serve(Security security, const Script& script) const;

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Scripts: read one request, answer with the lines, messages or body given.
LoopbackServer::Script line_script(std::string* request, std::string answer);
LoopbackServer::Script websocket_script(std::string* request, std::string* upgrade, std::string answer);
LoopbackServer::Script http_script(std::string* request, std::string* head, std::string status, std::string answer);

}  // namespace sluice::call
