// A small HTTP/1.1 server on one port of 127.0.0.1: keep-alive, one request at a time on a connection, the handler runs
// on the loop's thread. It can break its answers on purpose.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

#include "base/error.h"
#include "devnet_node/faults.h"

namespace sluice::devnet_node {

struct HttpRequest {
  std::string method;
  std::string authorization;
  std::string body;  ///< at most http_body_bytes_max
};

struct HttpAnswer {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  bool asks_for_password = false;  ///< with the header that goes with status 401
  FaultKind fault = FaultKind::none;
  std::uint32_t delay_ms = 0;
};

inline constexpr std::uint64_t http_body_bytes_max = std::uint64_t{64} << 20;

class HttpConnection;

class HttpListener {
 public:
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;

  /// port 0: one of the system's choice.  Errors: io, the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<HttpListener>> open(boost::asio::io_context& loop, std::uint16_t port,
                                                                  Handler handler);
  ~HttpListener();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Closes all connections and refuses new ones until reopen().
  void drop();
  /// Listens on the same port again.  Errors: io.
  [[nodiscard]] Status reopen();

 private:
  friend class HttpConnection;
  HttpListener(boost::asio::io_context& loop, Handler handler);
  [[nodiscard]] Status listen(std::uint16_t port);
  void accept();

  boost::asio::io_context& loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  Handler handler_;
  std::unordered_set<HttpConnection*> connections_;
};

}  // namespace sluice::devnet_node
