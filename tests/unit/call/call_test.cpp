// `sluice call` against a little server of each kind: what is sent, what is printed, and every way it can fail.
#include "call/call.h"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

#include "loopback.h"

namespace sluice::call {
namespace {

using config::Protocol;
using Security = LoopbackServer::Security;

constexpr const char* expected_request = R"({"jsonrpc":"2.0","id":1,"method":"server.ping","params":["x",7]})";
const std::string good_answer = R"({"jsonrpc":"2.0","id":1,"result":{"n":12345678901234567890123}})";
const std::string printed_answer = "{\n  \"n\": 12345678901234567890123\n}\n";

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

Outcome call(Protocol protocol, std::uint16_t port, config::CallOptions options = {}) {
  config::CallConfig config;
  config.options = options;
  config.endpoint = {protocol, "127.0.0.1", port, "/electrum"};
  config.method = "server.ping";
  config.params = {"x", "7"};
  std::ostringstream out, err;
  const int status = run_call(config, out, err);
  return {status, out.str(), err.str()};
}

TEST(Call, over_lines_plain_and_tls) {
  for (const auto& [protocol, security] :
       {std::pair{Protocol::tcp, Security::plain}, std::pair{Protocol::rpc, Security::plain},
        std::pair{Protocol::ssl, Security::tls}}) {
    std::string request;
    Outcome outcome;
    {
      LoopbackServer server(security, line_script(&request, good_answer + "\n"));
      outcome = call(protocol, server.port());
    }
    EXPECT_EQ(request, std::string(expected_request) + "\n");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, printed_answer);
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(Call, over_websockets_plain_and_tls) {
  for (const auto& [protocol, security] :
       {std::pair{Protocol::ws, Security::plain}, std::pair{Protocol::wss, Security::tls}}) {
    std::string request, upgrade;
    Outcome outcome;
    {
      LoopbackServer server(security, websocket_script(&request, &upgrade, good_answer));
      outcome = call(protocol, server.port());
      EXPECT_NE(upgrade.find("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"), std::string::npos)
          << upgrade;
    }
    EXPECT_TRUE(upgrade.starts_with("GET /electrum HTTP/1.1\r\n")) << upgrade;
    EXPECT_EQ(request, expected_request);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, printed_answer);
  }
}

TEST(Call, over_http) {
  std::string request, head;
  Outcome outcome;
  {
    LoopbackServer server(Security::plain, http_script(&request, &head, "200 OK", good_answer));
    outcome = call(Protocol::http, server.port());
  }
  EXPECT_TRUE(head.starts_with("POST /electrum HTTP/1.1\r\n")) << head;
  EXPECT_EQ(request, expected_request);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, printed_answer);
}

TEST(Call, http_errors_of_a_node_and_of_a_proxy) {
  std::string request, head;
  {
    LoopbackServer server(Security::plain, http_script(&request, &head, "500 Internal Server Error",
                                                       R"({"result":null,"error":{"code":-5},"id":1})"));
    const Outcome outcome = call(Protocol::http, server.port());
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err, "{\n  \"code\": -5\n}\n");
  }
  LoopbackServer server(Security::plain, http_script(&request, &head, "401 Unauthorized", "<html>no</html>"));
  const Outcome outcome = call(Protocol::http, server.port());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("HTTP status 401"), std::string::npos) << outcome.err;
}

TEST(Call, error_answers_go_to_the_other_stream) {
  std::string request;
  LoopbackServer server(
      Security::plain,
      line_script(&request, R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"unknown method"}})"
                            "\n"));
  const Outcome outcome = call(Protocol::tcp, server.port());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "{\n  \"code\": -32601,\n  \"message\": \"unknown method\"\n}\n");
}

TEST(Call, notifications_before_the_answer_are_passed_over) {
  std::string request;
  LoopbackServer server(Security::plain,
                        line_script(&request, R"({"method":"blockchain.headers.subscribe","params":[{}]})"
                                              "\n"
                                              R"({"id":9,"result":0})"
                                              "\n" +
                                                  good_answer + "\n"));
  EXPECT_EQ(call(Protocol::tcp, server.port()).out, printed_answer);
}

TEST(Call, answers_that_are_no_json_are_refused) {
  std::string request;
  LoopbackServer server(Security::plain, line_script(&request, "HTTP/1.1 400 Bad Request\r\n"));
  const Outcome outcome = call(Protocol::tcp, server.port());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("not a JSON object"), std::string::npos) << outcome.err;
}

TEST(Call, a_silent_server_is_left_in_time) {
  config::CallOptions options;
  options.timeout = std::chrono::milliseconds(200);
  for (const Protocol protocol : {Protocol::tcp, Protocol::ssl, Protocol::ws, Protocol::wss, Protocol::http}) {
    LoopbackServer server(Security::plain, [](Connection& connection) {
      while (!connection.read_some().empty()) {}
    });
    const auto start = std::chrono::steady_clock::now();
    const Outcome outcome = call(protocol, server.port(), options);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("no answer within 200 ms"), std::string::npos) << outcome.err;
  }
}

TEST(Call, a_server_that_hangs_up_is_told) {
  for (const Protocol protocol : {Protocol::tcp, Protocol::ssl, Protocol::ws, Protocol::wss, Protocol::http}) {
    LoopbackServer server(Security::plain, [](Connection&) {});
    const Outcome outcome = call(protocol, server.port());
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("127.0.0.1:"), std::string::npos) << outcome.err;
  }
}

TEST(Call, nobody_listening_is_told) {
  std::uint16_t port = 0;
  {
    LoopbackServer server(Security::plain, [](Connection&) {});
    port = server.port();
  }
  const Outcome outcome = call(Protocol::tcp, port);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("connect: Connection refused"), std::string::npos) << outcome.err;
}

TEST(Call, a_certificate_signed_by_itself_is_refused_when_asked_to) {
  std::string request;
  config::CallOptions options;
  options.verify_tls = true;
  for (const Protocol protocol : {Protocol::ssl, Protocol::wss}) {
    LoopbackServer server(Security::tls, line_script(&request, good_answer + "\n"));
    const Outcome outcome = call(protocol, server.port(), options);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("TLS handshake: "), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(request, "");
}

TEST(Call, answers_beyond_the_limit_are_refused) {
  config::CallOptions options;
  options.max_reply = 1024;
  const std::string large = R"({"id":1,"result":")" + std::string(2000, 'x') + "\"}";
  std::string request, extra;
  {
    LoopbackServer server(Security::plain, line_script(&request, large + "\n"));
    EXPECT_NE(call(Protocol::tcp, server.port(), options).err.find("longer than --max-reply"), std::string::npos);
  }
  {
    LoopbackServer server(Security::plain, websocket_script(&request, &extra, large));
    EXPECT_NE(call(Protocol::ws, server.port(), options).err.find("longer than --max-reply"), std::string::npos);
  }
  {
    LoopbackServer server(Security::plain, http_script(&request, &extra, "200 OK", large));
    const Outcome outcome = call(Protocol::http, server.port(), options);
    EXPECT_NE(outcome.err.find("longer than --max-reply"), std::string::npos) << outcome.err;
  }
  // Announced absurdly long, and not announced at all.
  for (const std::string& head : {std::string("Content-Length: 18446744073709551615\r\n"), std::string()}) {
    LoopbackServer server(Security::plain, [&](Connection& connection) {
      connection.read_until("\r\n\r\n");
      connection.write("HTTP/1.1 200 OK\r\n" + head + "\r\n" + large);
    });
    const Outcome outcome = call(Protocol::http, server.port(), options);
    EXPECT_NE(outcome.err.find("longer than --max-reply"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace sluice::call
