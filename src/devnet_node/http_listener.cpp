#include "devnet_node/http_listener.h"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <sstream>

namespace sluice::devnet_node {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(HttpListener& listener, tcp::socket socket)
      : listener_(&listener), socket_(std::move(socket)), timer_(socket_.get_executor()) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    listener.connections_.insert(this);
  }
  ~HttpConnection() {
    if (listener_ != nullptr) listener_->connections_.erase(this);
  }

  void read() {
    parser_.emplace();
    parser_->body_limit(http_body_bytes_max);
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](const error_code& code, std::size_t) {
      if (!code) self->handle();
    });
  }

  /// Ends the connection; the listener is no longer known after it.
  void close() {
    listener_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
  }

 private:
  void handle() {
    if (listener_ == nullptr) return;
    auto request = parser_->release();
    answer_ = listener_->handler_({std::string(request.method_string()),
                                   std::string(request[http::field::authorization]), std::move(request.body())});
    keep_alive_ = request.keep_alive();
    if (answer_.delay_ms == 0) return write();
    timer_.expires_after(std::chrono::milliseconds(answer_.delay_ms));
    timer_.async_wait([self = shared_from_this()](const error_code& code) {
      if (!code) self->write();
    });
  }

  void write() {
    switch (answer_.fault) {
      case FaultKind::closed: return end();
      case FaultKind::no_http: return write_bytes("\x16\x03\x01 this is not the port you look for\r\n", true);
      case FaultKind::http_500: replace(500, "Internal Server Error"); break;
      case FaultKind::http_503: replace(503, "Work queue depth exceeded"); break;
      case FaultKind::garbage: replace(200, "{\"result\":[nul"); break;
      case FaultKind::truncated:
      case FaultKind::none: break;
    }
    http::response<http::string_body> response(static_cast<http::status>(answer_.status), 11);
    response.set(http::field::content_type, answer_.content_type);
    if (answer_.asks_for_password) response.set(http::field::www_authenticate, "Basic realm=\"jsonrpc\"");
    response.keep_alive(keep_alive_);
    response.body() = std::move(answer_.body);
    response.prepare_payload();
    if (answer_.fault == FaultKind::truncated) {
      std::ostringstream text;
      text << response;
      const std::string whole = text.str();
      return write_bytes(whole.substr(0, whole.size() - response.body().size() / 2 - 1), true);
    }
    response_ = std::move(response);
    http::async_write(socket_, response_, [self = shared_from_this()](const error_code& code, std::size_t) {
      if (code) return;
      if (self->keep_alive_) self->read();
      else self->end();
    });
  }

  void replace(unsigned status, std::string body) {
    answer_.status = status;
    answer_.body = std::move(body);
    answer_.content_type = "text/html";
  }

  void write_bytes(std::string bytes, bool then_end) {
    bytes_ = std::move(bytes);
    asio::async_write(socket_, asio::buffer(bytes_),
                      [self = shared_from_this(), then_end](const error_code&, std::size_t) {
                        if (then_end) self->end();
                      });
  }

  void end() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  HttpListener* listener_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::string bytes_;
  HttpAnswer answer_;
  bool keep_alive_ = false;
};

HttpListener::HttpListener(asio::io_context& loop, Handler handler)
    : loop_(loop), acceptor_(loop), handler_(std::move(handler)) {}

HttpListener::~HttpListener() { drop(); }

Result<std::unique_ptr<HttpListener>> HttpListener::open(asio::io_context& loop, std::uint16_t port, Handler handler) {
  std::unique_ptr<HttpListener> listener(new HttpListener(loop, std::move(handler)));
  if (Status status = listener->listen(port); !status) return status.error();
  return listener;
}

Status HttpListener::listen(std::uint16_t port) {
  const tcp::endpoint place(asio::ip::address_v4::loopback(), port);
  error_code code;
  acceptor_.open(place.protocol(), code);
  if (!code) acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor_.bind(place, code);
  if (!code) acceptor_.listen(asio::socket_base::max_listen_connections, code);
  if (code) return Error{ErrorKind::io, fmt::format("http: 127.0.0.1:{}: {}", port, code.message())};
  port_ = acceptor_.local_endpoint().port();
  accept();
  return {};
}

void HttpListener::accept() {
  acceptor_.async_accept([this](const error_code& code, tcp::socket socket) {
    if (code == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (!code) std::make_shared<HttpConnection>(*this, std::move(socket))->read();
    accept();
  });
}

void HttpListener::drop() {
  error_code ignored;
  acceptor_.close(ignored);
  for (HttpConnection* connection : connections_) connection->close();
  connections_.clear();
}

Status HttpListener::reopen() { return listen(port_); }

}  // namespace sluice::devnet_node
