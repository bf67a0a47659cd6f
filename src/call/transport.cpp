// The transports, by way of Boost.Asio and Boost.Beast, which are seen in this file only.
//
// Every step is started asynchronously and driven until it is done or the one deadline has passed:
// that is all the concurrency a single request needs.
#include "call/transport.h"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <limits>
#include <optional>

#include "call/json_text.h"
#include "sluice/version.h"

namespace sluice::call {

namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using config::Protocol;

class Exchange {
 public:
  Exchange(const config::Endpoint& endpoint, const config::CallOptions& options)
      : endpoint_(endpoint),
        options_(options),
        deadline_(std::chrono::steady_clock::now() + options.timeout),
        place_(config::show_host_port(endpoint.host, endpoint.port)) {}

  Status run(std::string_view request, const MessageReader& reader) {
    tcp::socket socket(io_);
    socket_ = &socket;
    if (Status status = connect(socket); !status) return status;
    switch (endpoint_.protocol) {
      case Protocol::tcp:
      case Protocol::rpc: return over_lines(socket, request, reader);
      case Protocol::ws: return over_websocket(socket, request, reader);
      case Protocol::http: return over_http(socket, request, reader);
      case Protocol::ssl:
      case Protocol::wss: break;
    }
    ssl::context context(ssl::context::tls_client);
    ssl::stream<tcp::socket&> stream(socket, context);
    if (Status status = start_tls(context, stream); !status) return status;
    return endpoint_.protocol == Protocol::ssl ? over_lines(stream, request, reader)
                                               : over_websocket(stream, request, reader);
  }

 private:
  Error failure(std::string_view step, const error_code& code) const {
    const bool is_end = code == asio::error::eof || code == ssl::error::stream_truncated ||
                        code == websocket::error::closed || code == http::error::end_of_stream;
    return {ErrorKind::io,
            fmt::format("{}: {}: {}", place_, step, is_end ? "the server closed the connection" : code.message())};
  }

  /// Runs one asynchronous step to its end. `start` gets the handler to finish with.
  template <typename Start>
  Status await(std::string_view step, Start start) {
    std::optional<error_code> outcome;
    start([&outcome](const error_code& code, const auto&...) { outcome = code; });
    io_.restart();
    io_.run_until(deadline_);
    if (!outcome) {
      // Closing ends the step, and its handler must run before what it refers to goes away.
      error_code ignored;
      resolver_.cancel();
      socket_->close(ignored);
      io_.restart();
      io_.run();
      return Error{ErrorKind::io,
                   fmt::format("{}: {}: no answer within {} ms", place_, step, options_.timeout.count())};
    }
    if (*outcome) return failure(step, *outcome);
    return {};
  }

  Status connect(tcp::socket& socket) {
    tcp::resolver::results_type places;
    Status resolved = await("look up", [&](auto done) {
      resolver_.async_resolve(endpoint_.host, std::to_string(endpoint_.port),
                              [&places, done](const error_code& code, tcp::resolver::results_type found) mutable {
                                places = std::move(found);
                                done(code);
                              });
    });
    if (!resolved) return resolved;
    return await("connect", [&](auto done) { asio::async_connect(socket, places, done); });
  }

  Status start_tls(ssl::context& context, ssl::stream<tcp::socket&>& stream) {
    if (options_.verify_tls) {
      error_code code;
      context.set_default_verify_paths(code);
      stream.set_verify_mode(ssl::verify_peer, code);
      stream.set_verify_callback(ssl::host_name_verification(endpoint_.host), code);
      if (code) return failure("TLS set-up", code);
    }
    error_code ignored;
    asio::ip::make_address(endpoint_.host, ignored);
    // A name, not an address: servers behind one address choose their certificate by it.
    if (ignored) SSL_set_tlsext_host_name(stream.native_handle(), endpoint_.host.c_str());
    return await("TLS handshake", [&](auto done) { stream.async_handshake(ssl::stream_base::client, done); });
  }

  Error too_long() const {
    return {ErrorKind::limit,
            fmt::format("{}: the answer is longer than --max-reply ({} bytes)", place_, options_.max_reply)};
  }

  template <typename Stream>
  Status over_lines(Stream& stream, std::string_view request, const MessageReader& reader) {
    const std::string line = std::string(request) + "\n";
    if (Status sent = await("send", [&](auto done) { asio::async_write(stream, asio::buffer(line), done); }); !sent)
      return sent;
    std::string received;
    for (;;) {
      error_code last;
      Status status = await("receive", [&](auto done) {
        asio::async_read_until(stream, asio::dynamic_buffer(received, options_.max_reply), '\n',
                               [&last, done](const error_code& code, std::size_t bytes) mutable {
                                 last = code;
                                 done(code, bytes);
                               });
      });
      if (last == asio::error::not_found) return too_long();
      if (!status) return status;
      const std::size_t end = received.find('\n');
      const std::string_view message = std::string_view(received).substr(0, end);
      if (reader(message)) return {};
      received.erase(0, end + 1);
    }
  }

  template <typename Stream>
  Status over_websocket(Stream& lower, std::string_view request, const MessageReader& reader) {
    websocket::stream<Stream&> stream(lower);
    stream.read_message_max(options_.max_reply);
    stream.set_option(websocket::stream_base::decorator([](websocket::request_type& upgrade) {
      upgrade.set(http::field::user_agent, fmt::format("sluice/{}", version));
    }));
    if (Status status =
            await("WebSocket handshake", [&](auto done) { stream.async_handshake(place_, endpoint_.path, done); });
        !status)
      return status;
    stream.text(true);
    if (Status sent = await("send", [&](auto done) { stream.async_write(asio::buffer(request), done); }); !sent)
      return sent;
    for (;;) {
      boost::beast::flat_buffer received;
      error_code last;
      Status status = await("receive", [&](auto done) {
        stream.async_read(received, [&last, done](const error_code& code, std::size_t bytes) mutable {
          last = code;
          done(code, bytes);
        });
      });
      if (last == websocket::error::message_too_big) return too_long();
      if (!status) return status;
      if (reader(std::string_view(static_cast<const char*>(received.data().data()), received.size()))) return {};
    }
  }

  Status over_http(tcp::socket& socket, std::string_view request, const MessageReader& reader) {
    http::request<http::string_body> post(http::verb::post, endpoint_.path, 11);
    post.set(http::field::host, place_);
    post.set(http::field::user_agent, fmt::format("sluice/{}", version));
    post.set(http::field::content_type, "application/json");
    post.set(http::field::connection, "close");
    post.body() = std::string(request);
    post.prepare_payload();
    if (Status sent = await("send", [&](auto done) { http::async_write(socket, post, done); }); !sent) return sent;
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    // Counted here: a response announced as longer came through the library's own limit (1.74), and without a
    // limit it refuses every length. The announced length is looked at before the body begins, because the
    // library takes memory for all of it then.
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    if (Status status = await("receive", [&](auto done) { http::async_read_header(socket, buffer, parser, done); });
        !status)
      return status;
    if (parser.content_length().value_or(0) > options_.max_reply) return too_long();
    while (!parser.is_done()) {
      if (Status status = await("receive", [&](auto done) { http::async_read_some(socket, buffer, parser, done); });
          !status)
        return status;
      if (parser.get().body().size() > options_.max_reply) return too_long();
    }
    if (parser.get().body().size() > options_.max_reply) return too_long();
    const auto& response = parser.get();
    // Nodes send JSON-RPC errors with status 500; any other text with a bad status is not for the reader.
    if (response.result() != http::status::ok && !is_json(response.body())) {
      return Error{ErrorKind::io, fmt::format("{}: HTTP status {}", place_, response.result_int())};
    }
    if (!reader(response.body()))
      return Error{ErrorKind::corrupt, fmt::format("{}: the answer is for another request", place_)};
    return {};
  }

  const config::Endpoint& endpoint_;
  const config::CallOptions& options_;
  std::chrono::steady_clock::time_point deadline_;
  std::string place_;
  asio::io_context io_;
  tcp::resolver resolver_{io_};
  tcp::socket* socket_ = nullptr;
};

}  // namespace

Status exchange(const config::Endpoint& endpoint, const config::CallOptions& options, std::string_view request,
                const MessageReader& reader) {
  return Exchange(endpoint, options).run(request, reader);
}

}  // namespace sluice::call
