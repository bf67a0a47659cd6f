// Requests in, replies out: framing, pipelining, the connection's end, bounds, and the same replies however
// the bytes are cut.
#include "http/http_handler.h"

#include <gtest/gtest.h>

#include "handler_support.h"

namespace sluice::http {
namespace {

using net::test::Driven;

constexpr std::string_view host = "Host: x\r\n";

/// "GET /a?b HELLO" of the request's method, path, query and body.
HttpReply echo(const HttpRequest& request) {
  std::string line(request.method);
  line.append(" ").append(request.path).append("?").append(request.query).append(" ").append(request.body);
  HttpReply reply = text_reply(request.path == "/missing" ? 404 : 200, line);
  if (request.path == "/post-only") reply.status = 405, reply.fields = {{"Allow", "POST"}};
  if (request.path == "/nothing") reply.status = 204, reply.body.clear();
  return reply;
}

struct Client : Driven {
  explicit Client(HttpOptions options = {}) { handler = serve_http(echo, options)({.peer_address = "127.0.0.1"}); }
  std::string ask(std::string_view bytes, std::size_t chunk_bytes = 8192) {
    feed(bytes, chunk_bytes);
    return take();
  }
};

std::string get(std::string_view target, std::string_view fields = "") {
  std::string text = "GET ";
  return text.append(target).append(" HTTP/1.1\r\n").append(host).append(fields).append("\r\n");
}

std::string reply(std::string_view status, std::string_view line, std::string_view fields = "", bool with_body = true) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ");
  text.append(std::to_string(line.size() + 1)).append("\r\nCache-Control: no-store\r\n").append(fields).append("\r\n");
  if (with_body) text.append(line).append("\n");
  return text;
}

std::string refusal(std::string_view status, std::string_view why) {
  return reply(status, why, "Connection: close\r\n");
}

TEST(HttpHandler, AnswersAndKeepsTheConnection) {
  Client client;
  EXPECT_EQ(client.ask(get("/a?b=c")), reply("200 OK", "GET /a?b=c "));
  EXPECT_EQ(client.ask(get("/missing")), reply("404 Not Found", "GET /missing? "));
  EXPECT_EQ(client.ask(get("/post-only")), reply("405 Method Not Allowed", "GET /post-only? ", "Allow: POST\r\n"));
  EXPECT_EQ(client.ask(get("/nothing")), "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n");
  EXPECT_EQ(client.ask(get("http://example.org/a")), reply("200 OK", "GET /a? "));
  EXPECT_EQ(client.ask(get("http://example.org")), reply("200 OK", "GET /? "));
  EXPECT_FALSE(client.finished);
}

TEST(HttpHandler, HeadGetsTheHeadOnly) {
  Client client;
  EXPECT_EQ(client.ask("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n"), reply("200 OK", "HEAD /a? ", "", false));
}

TEST(HttpHandler, BodiesAreReadByTheirLength) {
  Client client;
  const std::string post = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  EXPECT_EQ(client.ask(post), reply("200 OK", "POST /p? hello"));
  EXPECT_EQ(client.ask(post + get("/next")), reply("200 OK", "POST /p? hello") + reply("200 OK", "GET /next? "));
  EXPECT_EQ(client.ask(post.substr(0, post.size() - 1)), "");
  EXPECT_EQ(client.ask("o"), reply("200 OK", "POST /p? hello"));
}

TEST(HttpHandler, AClientThatWaitsToSendItsBodyIsToldToGoOn) {
  Client client;
  EXPECT_EQ(client.ask("POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.ask("o"), "");
  EXPECT_EQ(client.ask("k"), reply("200 OK", "POST /p? ok"));
}

TEST(HttpHandler, PipelinedRequestsAreAnsweredInTheirOrderHoweverTheyAreCut) {
  std::string requests, replies;
  for (int i = 0; i < 50; ++i) {
    const std::string path = "/" + std::to_string(i);
    requests += i % 3 == 0 ? "\r\n" : "";
    requests += i % 2 == 0 ? get(path) : "PUT " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n\r\n\r";
    replies += reply("200 OK", i % 2 == 0 ? "GET " + path + "? " : "PUT " + path + "? \r\n\r");
  }
  for (std::size_t chunk_bytes : {1, 2, 3, 7, 64, 100000}) {
    Client client;
    EXPECT_EQ(client.ask(requests, chunk_bytes), replies) << chunk_bytes;
  }
}

TEST(HttpHandler, TheClientSaysWhetherTheConnectionIsKept) {
  Client asked;
  EXPECT_EQ(asked.ask(get("/a", "Connection: close\r\n") + get("/unread")),
            reply("200 OK", "GET /a? ", "Connection: close\r\n"));
  EXPECT_TRUE(asked.finished);
  Client old;
  EXPECT_EQ(old.ask("GET /a HTTP/1.0\r\n\r\n"), reply("200 OK", "GET /a? ", "Connection: close\r\n"));
  EXPECT_TRUE(old.finished);
  Client kept;
  EXPECT_EQ(kept.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
            reply("200 OK", "GET /a? ", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(kept.finished);
}

TEST(HttpHandler, WhatIsNoRequestEndsTheConnection) {
  const std::string no_http = refusal("400 Bad Request", "this is no HTTP request");
  const std::string no_path = refusal("400 Bad Request", "the target is no path");
  const std::string no_host = refusal("400 Bad Request", "one Host field is needed");
  const std::string no_length = refusal("411 Length Required", "a body needs its Content-Length");
  const std::pair<std::string, std::string> cases[] = {
      {"{\"id\":1}\r\n\r\n", no_http},
      {std::string("\x16\x03\x01\0\r\n\r\n", 8), no_http},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", no_http},
      {"PRI * HTTP/2.0\r\n\r\n", no_http},
      {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", no_http},
      {"GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", no_http},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", no_http},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", no_http},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", no_http},
      {"GET / HTTP/1.1\r\n\r\n", no_host},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", no_host},
      {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", no_path},
      {"GET a HTTP/1.1\r\nHost: x\r\n\r\n", no_path},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", no_length},
  };
  for (const auto& [request, answer] : cases) {
    for (std::size_t chunk_bytes : {1, 8192}) {
      Client client;
      EXPECT_EQ(client.ask(request + get("/unread"), chunk_bytes), answer) << request;
      EXPECT_TRUE(client.finished) << request;
    }
  }
}

TEST(HttpHandler, HeadsAndBodiesHaveTheirBounds) {
  const HttpOptions options{.head_bytes_max = 100, .body_bytes_max = 10};
  const std::string too_long = refusal("431 Request Header Fields Too Large", "the head of the request is too long");
  const std::string whole = get("/" + std::string(100 - get("/").size() + 4, 'x'));  // the empty line does not count
  EXPECT_TRUE(Client(options).ask(whole).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(Client(options).ask(whole, 1).starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(Client(options).ask(get("/" + std::string(101 - get("/").size() + 4, 'x'))), too_long);
  EXPECT_EQ(Client(options).ask(std::string(200, 'x'), 1), too_long);
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ";
  EXPECT_TRUE(Client(options).ask(post + "10\r\n\r\n0123456789").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(Client(options).ask(post + "11\r\n\r\n"), refusal("413 Payload Too Large", "the body is too long"));
}

TEST(HttpHandler, IsEstablishedByItsFirstRequest) {
  Client client;
  EXPECT_FALSE(client.handler->established());
  client.feed("\r\n\r\nGET / HTTP/1.1\r\n");
  EXPECT_FALSE(client.handler->established());
  client.feed("Host: x\r\n\r\n");
  EXPECT_TRUE(client.handler->established());
}

}  // namespace
}  // namespace sluice::http
