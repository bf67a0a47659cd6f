#include "http/http_handler.h"

#include <algorithm>
#include <boost/beast/http.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/text_buffer.h"

namespace sluice::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kept_capacity = 4096;  // an idle connection holds no more buffer than this
constexpr unsigned no_content = 204;
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view end_of_head = "\r\n\r\n";
constexpr std::string_view absolute_form = "http://";

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

struct Shared {
  Responder responder;
  HttpOptions options;
};

/// What the head of a request says.
struct Head {
  std::string method;
  std::string target;  ///< begins with '/'
  std::size_t body_bytes = 0;
  bool keep_alive = false;
  bool is_1_0 = false;
  bool expects_continue = false;
};

/// Why a request is not taken; status 0: it is.
struct Refusal {
  unsigned status = 0;
  std::string_view why;
};

/// The path and query of a target; empty if it names none. A server must take the form that proxies
/// are sent, too: http://host/path (RFC 9112, section 3.2.2).
std::string_view path_of(std::string_view target) {
  if (!target.starts_with(absolute_form)) return target.starts_with('/') ? target : std::string_view();
  target.remove_prefix(absolute_form.size());
  const std::size_t path = target.find('/');
  return path == std::string_view::npos ? "/" : target.substr(path);
}

/// Bounds: `text` ends with end_of_head and has no other before.
Refusal read_head(std::string_view text, const HttpOptions& options, Head& head) {
  beast_http::request_parser<beast_http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(text.size()));
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());  // none, but 1.74 takes that for 0
  boost::system::error_code code;
  parser.put(boost::asio::buffer(text.data(), text.size()), code);
  if ((code && code != beast_http::error::need_more) || !parser.is_header_done())
    return {400, "this is no HTTP request"};
  const auto& request = parser.get();
  head.is_1_0 = request.version() == 10;
  if (request.count(beast_http::field::host) != 1 && !head.is_1_0) return {400, "one Host field is needed"};
  if (request.count(beast_http::field::transfer_encoding) != 0) return {411, "a body needs its Content-Length"};
  const std::uint64_t body_bytes = parser.content_length().value_or(0);
  if (body_bytes > options.body_bytes_max) return {413, "the body is too long"};
  head.method = view(request.method_string());
  head.target = path_of(view(request.target()));
  if (head.target.empty()) return {400, "the target is no path"};
  head.body_bytes = static_cast<std::size_t>(body_bytes);
  head.keep_alive = request.keep_alive();
  head.expects_continue =
      !head.is_1_0 && beast_http::token_list(request[beast_http::field::expect]).exists("100-continue");
  return {};
}

void append_reply(std::string& out, const HttpReply& reply, bool with_body, std::string_view connection) {
  const auto reason = beast_http::obsolete_reason(static_cast<beast_http::status>(reply.status));
  out.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ").append(view(reason)).append(line_end);
  // A 204 must not speak of a body (RFC 9110, section 8.6).
  if (reply.status != no_content) {
    out.append("Content-Type: ").append(reply.content_type).append(line_end);
    out.append("Content-Length: ").append(std::to_string(reply.body.size())).append(line_end);
  }
  out.append("Cache-Control: no-store\r\n");
  for (const HttpField& field : reply.fields) out.append(field.name).append(": ").append(field.value).append(line_end);
  if (!connection.empty()) out.append("Connection: ").append(connection).append(line_end);
  out.append(line_end);
  if (with_body) out.append(reply.body);
}

class HttpHandler final : public net::ConnectionHandler {
 public:
  HttpHandler(std::shared_ptr<const Shared> shared, const net::ConnectionInfo& info)
      : shared_(std::move(shared)), peer_address_(info.peer_address) {}

  void receive(std::string_view bytes) override {
    if (!closing_) input_.append(bytes);
  }

  net::HandlerStep step(std::string& out) override {
    if (closing_) return net::HandlerStep::finished;
    if (!head_ && !take_head(out)) return closing_ ? net::HandlerStep::finished : net::HandlerStep::idle;
    if (input_.size() < head_->body_bytes) {
      if (std::exchange(head_->expects_continue, false)) out.append("HTTP/1.1 100 Continue\r\n\r\n");
      return net::HandlerStep::idle;
    }
    answer(out);
    return closing_ ? net::HandlerStep::finished : net::HandlerStep::progressed;
  }

  bool established() const override { return established_; }

 private:
  /// Moves the next request's head out of the input; false if it is not whole, or was refused.
  bool take_head(std::string& out) {
    // Empty lines before a request are passed over (RFC 9112, section 2.2).
    std::size_t blank = 0;
    while (input_.compare(blank, line_end.size(), line_end) == 0) blank += line_end.size();
    input_.erase(0, blank);
    const std::size_t from = searched_ < end_of_head.size() ? 0 : searched_ - end_of_head.size();
    const std::size_t end = input_.find(end_of_head, from);
    searched_ = input_.size();
    // Of an end that is not whole yet, up to three bytes are there.
    const std::size_t head_bytes_min =
        end != std::string::npos ? end : input_.size() - std::min<std::size_t>(input_.size(), 3);
    if (head_bytes_min > shared_->options.head_bytes_max)
      return refuse({431, "the head of the request is too long"}, out);
    if (end == std::string::npos) return false;
    searched_ = 0;
    const std::size_t head_bytes = end + end_of_head.size();
    Head head;
    if (const Refusal refusal = read_head(std::string_view(input_).substr(0, head_bytes), shared_->options, head);
        refusal.status != 0)
      return refuse(refusal, out);
    input_.erase(0, head_bytes);
    head_ = std::move(head);
    return true;
  }

  bool refuse(const Refusal& refusal, std::string& out) {
    append_reply(out, text_reply(refusal.status, refusal.why), true, "close");
    closing_ = true;
    input_ = {};
    return false;
  }

  /// Bounds: head_, and its body in the input.
  void answer(std::string& out) {
    const Head head = std::move(*head_);
    head_.reset();
    const std::string_view target = head.target;
    const std::size_t query = std::min(target.find('?'), target.size());
    HttpRequest request;
    request.method = head.method;
    request.path = target.substr(0, query);
    request.query = target.substr(std::min(query + 1, target.size()));
    request.body = std::string_view(input_).substr(0, head.body_bytes);
    request.peer_address = peer_address_;
    const HttpReply reply = shared_->responder(request);
    const std::string_view connection = !head.keep_alive ? "close" : head.is_1_0 ? "keep-alive" : "";
    append_reply(out, reply, head.method != "HEAD", connection);
    input_.erase(0, head.body_bytes);
    if (input_.empty()) empty_buffer(input_, kept_capacity);
    closing_ = !head.keep_alive;
    established_ = true;
  }

  std::shared_ptr<const Shared> shared_;
  std::string peer_address_;
  std::string input_;         // behind the head under way
  std::size_t searched_ = 0;  // of input_, for the end of a head
  std::optional<Head> head_;  // of the request whose body is awaited
  bool established_ = false;
  bool closing_ = false;  // nothing is read, the next step is the last
};

}  // namespace

net::HandlerFactory serve_http(Responder responder, HttpOptions options) {
  auto shared = std::make_shared<const Shared>(Shared{std::move(responder), options});
  return [shared](const net::ConnectionInfo& info) { return std::make_unique<HttpHandler>(shared, info); };
}

}  // namespace sluice::http
