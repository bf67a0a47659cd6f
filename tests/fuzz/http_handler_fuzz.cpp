// Any bytes as an HTTP client. First byte: how the stream is cut.
//
// Whatever comes, what is sent is whole replies, one for each request that the responder saw and at most
// one more, the last; requests are within their bounds and the same however the stream is cut.
#include "http/http_handler.h"

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "handler_support.h"

namespace sluice::http {
namespace {

constexpr std::string_view body = "answer\n";

struct Outcome {
  std::string out;
  std::vector<std::string> requests;
  bool finished = false;
};

/// Takes "...: N" out of a reply's head.
std::size_t length_in(std::string_view head) {
  constexpr std::string_view field = "\r\nContent-Length: ";
  const std::size_t at = head.find(field);
  SLUICE_CHECK(at != std::string_view::npos);
  return std::stoul(std::string(head.substr(at + field.size(), 10)));
}

/// How many replies there are; each must be whole.
std::size_t count_replies(std::string_view out, const std::vector<std::string>& requests) {
  std::size_t count = 0;
  while (!out.empty()) {
    SLUICE_CHECK(out.starts_with("HTTP/1.1 "));
    const std::size_t end = out.find("\r\n\r\n");
    SLUICE_CHECK(end != std::string_view::npos);
    const std::string_view head = out.substr(0, end);
    out.remove_prefix(end + 4);
    if (head == "HTTP/1.1 100 Continue") continue;
    const bool is_head = count < requests.size() && requests[count].starts_with("HEAD ");
    const std::size_t bytes = is_head ? 0 : length_in(head);
    SLUICE_CHECK(bytes <= out.size());
    out.remove_prefix(bytes);
    ++count;
  }
  return count;
}

Outcome run(std::string_view stream, std::size_t chunk_bytes) {
  Outcome outcome;
  const HttpOptions options{.head_bytes_max = 300, .body_bytes_max = 50};
  const auto responder = [&](const HttpRequest& request) {
    SLUICE_CHECK(request.path.starts_with('/') && request.path.find('?') == std::string_view::npos);
    SLUICE_CHECK(request.path.size() + request.query.size() + request.method.size() <= options.head_bytes_max);
    SLUICE_CHECK(request.body.size() <= options.body_bytes_max);
    std::string text(request.method);
    text.append(" ").append(request.path).append("?").append(request.query).append(" ").append(request.body);
    outcome.requests.push_back(std::move(text));
    HttpReply reply;
    reply.body = body;
    return reply;
  };
  net::test::Driven driven;
  driven.handler = serve_http(responder, options)({});
  driven.feed(stream, chunk_bytes);
  outcome.out = driven.take();
  outcome.finished = driven.finished;
  const std::size_t replies = count_replies(outcome.out, outcome.requests);
  SLUICE_CHECK(replies == outcome.requests.size() || (driven.finished && replies == outcome.requests.size() + 1));
  return outcome;
}

}  // namespace
}  // namespace sluice::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::http;
  if (size == 0) return 0;
  const std::string stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = run(stream, stream.size() + 1);
  const Outcome cut = run(stream, data[0] + std::size_t{1});
  SLUICE_CHECK(whole.requests == cut.requests && whole.finished == cut.finished);
  return 0;
}
