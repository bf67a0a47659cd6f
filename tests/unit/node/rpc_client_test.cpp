// The client against scripted servers: what is retried and what is not, failover, credentials, bounds, stopping.
#include "node/rpc_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "script_server.h"

namespace sluice::node {
namespace {

using namespace std::chrono_literals;
using test::closed_port;
using test::error_of;
using test::Request;
using test::Response;
using test::result_of;
using test::ScriptServer;

constexpr CallPolicy once{.retry = Retry::never};

config::DaemonUrl url_of(std::uint16_t port, std::string user = "user", std::string password = "pass word:") {
  return {.user = std::move(user), .password = std::move(password), .host = "127.0.0.1", .port = port};
}

RpcOptions options_of(std::uint16_t port) { return {.urls = {url_of(port)}, .cookie_file = {}}; }

/// Attempts in the order they were told, one letter each.
class Observed {
 public:
  AttemptObserver observer() {
    return [this](Attempted attempted, std::string_view, std::string_view detail) {
      const std::lock_guard lock(mutex_);
      letters_ += letter(attempted);
      last_detail_ = detail;
    };
  }
  std::string letters() {
    const std::lock_guard lock(mutex_);
    return letters_;
  }
  std::string last_detail() {
    const std::lock_guard lock(mutex_);
    return last_detail_;
  }

 private:
  static char letter(Attempted attempted) {
    switch (attempted) {
      case Attempted::answered: return 'a';
      case Attempted::unreachable: return 'u';
      case Attempted::slow: return 's';
      case Attempted::refused: return 'r';
      case Attempted::warming_up: return 'w';
      case Attempted::bad_answer: return 'b';
    }
    return '?';
  }
  std::mutex mutex_;
  std::string letters_;
  std::string last_detail_;
};

/// Holds scripts until it is opened.
class Latch {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  bool until_waiting(unsigned count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 60s, [&] { return waiting_ >= count; });
  }
  unsigned waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned waiting_ = 0;
  bool is_open_ = false;
};

TEST(RpcClient, calls_share_one_connection_and_are_counted) {
  std::string authorization;
  std::string head;
  ScriptServer server([&](const Request& request) {
    authorization = request.authorization;
    head = request.head;
    return result_of(request, "5");
  });
  RpcClient client(options_of(server.port()));
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.call({"getblockcount"});
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ(reply.value().outcome().json, "5");
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(authorization, "Basic dXNlcjpwYXNzIHdvcmQ6");
  EXPECT_TRUE(head.starts_with("POST / HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("Content-Type: application/json\r\n"), std::string::npos);
  const RpcCounters counters = client.counters();
  EXPECT_EQ(counters.calls, 20);
  EXPECT_EQ(counters.failures + counters.retries + counters.batches, 0);
  EXPECT_GT(counters.sent_bytes, 20 * 40);
  EXPECT_GT(counters.received_bytes, 20 * 30);
  EXPECT_GT(counters.latency.count(), 0);
  EXPECT_EQ(client.url(), "127.0.0.1:" + std::to_string(server.port()) + "/");
}

/// The kernel acknowledges the first answers of a connection at once, later ones after 40 ms.
TEST(RpcClient, an_answer_in_two_parts_does_not_wait_for_the_delayed_acknowledgement) {
  ScriptServer server([](const Request& request) { return result_of(request, "5"); });
  RpcClient client(options_of(server.port()));
  auto best = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 60; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(client.call({"getblockcount"}).ok());
    if (i >= 50) best = std::min(best, std::chrono::steady_clock::now() - begin);
  }
  EXPECT_LT(best, 25ms);
}

TEST(RpcClient, errors_of_the_call_are_answers_whatever_the_status) {
  for (const int status : {200, 400, 404, 500}) {
    ScriptServer server([&](const Request& request) {
      Response response = error_of(request, -32601, "Method not found");
      response.status = status;
      return response;
    });
    Observed observed;
    RpcClient client(options_of(server.port()), observed.observer());
    const auto reply = client.call({"nonsense"});
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ(reply.value().outcome().error, (NodeError{code_no_method, "Method not found"}));
    EXPECT_EQ(observed.letters(), "a");
  }
}

TEST(RpcClient, a_batch_is_one_http_call) {
  ScriptServer server([](const Request& request) {
    EXPECT_EQ(request.body, R"([{"method":"a","params":[],"id":0},{"method":"b","params":[],"id":1}])");
    return Response{.body = R"([{"result":"B","error":null,"id":1},{"result":"A","error":null,"id":0}])", .raw = {}};
  });
  RpcClient client(options_of(server.port()));
  const std::vector<RpcRequest> requests{{"a"}, {"b"}};
  const auto reply = client.batch(requests);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply.value().outcomes()[0].json, "\"A\"");
  EXPECT_EQ(reply.value().outcomes()[1].json, "\"B\"");
  EXPECT_EQ(client.counters().batches, 1);
  EXPECT_EQ(client.counters().batched, 2);
}

TEST(RpcClient, a_node_in_trouble_is_asked_again) {
  // Two failures of each kind cost 0.75 s of waiting.
  struct Trouble {
    std::function<Response(const Request&)> respond;
    char letter;
  };
  const std::vector<Trouble> troubles{
      {[](const Request& request) { return error_of(request, -28, "Loading block index..."); }, 'w'},
      {[](const Request&) { return Response{.status = 503, .body = "Work queue depth exceeded", .raw = {}}; }, 's'},
      {[](const Request&) { return Response{.status = 302, .body = "", .raw = {}}; }, 'b'},
      {[](const Request&) { return Response{.body = "<html>", .raw = {}}; }, 'b'},
      {[](const Request&) { return Response{.body = {}, .raw = "SSH-2.0-x\r\n"}; }, 'u'},
      {[](const Request&) { return Response{.body = {}, .raw = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"}; },
       'u'},
  };
  for (const Trouble& trouble : troubles) {
    std::atomic<int> left{2};
    ScriptServer server([&](const Request& request) {
      return left.fetch_sub(1) > 0 ? trouble.respond(request) : result_of(request, "1");
    });
    Observed observed;
    RpcClient client(options_of(server.port()), observed.observer());
    ASSERT_TRUE(client.call({"getblockcount"}).ok());
    EXPECT_EQ(observed.letters(), std::string(2, trouble.letter) + "a") << observed.last_detail();
    EXPECT_EQ(client.counters().retries, 2);
    EXPECT_EQ(client.counters().failures, 2);
  }
}

TEST(RpcClient, one_attempt_only_where_the_caller_says_so) {
  ScriptServer server([](const Request&) { return Response{.status = 503, .body = "full\n", .raw = {}}; });
  RpcClient client(options_of(server.port()));
  const auto reply = client.call({"sendrawtransaction"}, once);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().kind, ErrorKind::io);
  EXPECT_EQ(reply.error().message,
            "node 127.0.0.1:" + std::to_string(server.port()) + "/: HTTP status 503: \"full\n\"");
  EXPECT_EQ(server.requests(), 1);
}

TEST(RpcClient, warming_up_is_the_answer_of_a_single_attempt) {
  ScriptServer server([](const Request& request) { return error_of(request, -28, "Verifying blocks..."); });
  RpcClient client(options_of(server.port()));
  const auto reply = client.call({"x"}, once);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply.value().outcome().error, (NodeError{code_warming_up, "Verifying blocks..."}));
}

TEST(RpcClient, the_next_address_is_asked_when_one_stays_away) {
  ScriptServer server([](const Request& request) { return result_of(request, "1"); });
  Observed observed;
  RpcClient client({.urls = {url_of(closed_port()), url_of(server.port())}, .cookie_file = {}}, observed.observer());
  ASSERT_TRUE(client.call({"getblockcount"}).ok());
  EXPECT_EQ(observed.letters(), "uuuuua");
  EXPECT_EQ(client.counters().failovers, 1);
  EXPECT_EQ(client.url(), "127.0.0.1:" + std::to_string(server.port()) + "/");
}

TEST(RpcClient, stop_ends_calls_that_wait_for_an_answer_or_for_the_next_attempt) {
  Latch latch;
  ScriptServer server([&](const Request& request) {
    latch.wait();
    return result_of(request, "1");
  });
  RpcClient waits_for_answer(options_of(server.port()));
  Observed observed;
  RpcClient waits_for_attempt(options_of(closed_port()), observed.observer());
  auto first = std::async(std::launch::async, [&] { return waits_for_answer.call({"x"}, {.timeout = 10min}); });
  auto second = std::async(std::launch::async, [&] { return waits_for_attempt.call({"x"}); });
  ASSERT_TRUE(latch.until_waiting(1));
  while (observed.letters().empty()) std::this_thread::yield();
  waits_for_answer.stop();
  waits_for_attempt.stop();
  for (auto* future : {&first, &second}) {
    const auto reply = future->get();
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.error().kind, ErrorKind::stopped);
  }
  EXPECT_EQ(waits_for_answer.call({"x"}).error().kind, ErrorKind::stopped);
  latch.open();
}

TEST(RpcClient, at_most_so_many_calls_side_by_side) {
  Latch latch;
  ScriptServer server([&](const Request& request) {
    latch.wait();
    return result_of(request, "1");
  });
  RpcOptions options = options_of(server.port());
  options.calls_max = 3;
  RpcClient client(options);
  std::vector<std::future<bool>> calls;
  for (int i = 0; i < 8; ++i) calls.push_back(std::async(std::launch::async, [&] { return client.call({"x"}).ok(); }));
  ASSERT_TRUE(latch.until_waiting(3));
  std::this_thread::sleep_for(50ms);  // a fourth would come now
  EXPECT_EQ(latch.waiting(), 3);
  latch.open();
  for (auto& call : calls) EXPECT_TRUE(call.get());
  EXPECT_EQ(server.connections(), 3);
}

TEST(RpcClient, answers_beyond_the_bound_are_cut_off_and_not_asked_for_again) {
  // With a length, without one, and with headers that do not end.
  const std::string body(5000, ' ');
  const std::vector<Response> responses{{.body = body, .raw = {}},
                                        {.body = {}, .raw = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body},
                                        {.body = {}, .raw = "HTTP/1.1 200 OK\r\n" + [] {
                                           std::string headers;
                                           for (int i = 0; i < 3000; ++i)
                                             headers += "X-Header: " + std::string(40, 'x') + "\r\n";
                                           return headers;
                                         }() + "\r\n"}};
  for (const Response& response : responses) {
    ScriptServer server([&](const Request&) { return response; });
    RpcClient client(options_of(server.port()));
    const auto reply = client.call({"x"}, {.answer_bytes_max = 4999});
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.error().kind, ErrorKind::limit);
    EXPECT_EQ(server.requests(), 1);
  }
}

TEST(RpcClient, a_late_answer_is_a_slow_node) {
  Latch latch;
  ScriptServer server([&](const Request& request) {
    latch.wait();
    return result_of(request, "1");
  });
  Observed observed;
  RpcClient client(options_of(server.port()), observed.observer());
  const auto reply = client.call({"x"}, {.retry = Retry::never, .timeout = 50ms});
  EXPECT_FALSE(reply.ok());
  EXPECT_EQ(observed.letters(), "s");
  latch.open();
}

class CookieFile : public ::testing::Test {
 protected:
  void write(std::string_view text) const { std::ofstream(path_) << text; }
  ~CookieFile() override { std::filesystem::remove(path_); }
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("sluice_cookie_" + std::to_string(::getpid()));
};

Response checked(const Request& request, std::string_view expected) {
  if (request.authorization == expected) return result_of(request, "1");
  return {.status = 401, .body = {}, .raw = {}};
}

TEST_F(CookieFile, is_read_again_when_the_node_has_a_new_one) {
  std::string expected = "Basic X19jb29raWVfXzph";  // __cookie__:a
  ScriptServer server([&](const Request& request) { return checked(request, expected); });
  write("__cookie__:a\n");
  Observed observed;
  RpcClient client({.urls = {url_of(server.port(), "", "")}, .cookie_file = path_}, observed.observer());
  EXPECT_TRUE(client.call({"x"}, once).ok());
  expected = "Basic X19jb29raWVfXzpi";  // __cookie__:b
  write("__cookie__:b");
  EXPECT_TRUE(client.call({"x"}, once).ok());
  EXPECT_EQ(server.requests(), 3);
  expected = "something else";
  EXPECT_FALSE(client.call({"x"}, once).ok());
  EXPECT_EQ(server.requests(), 5);
  EXPECT_EQ(observed.letters(), "aar");
}

TEST_F(CookieFile, missing_or_no_cookie_is_said_with_its_path) {
  ScriptServer server([&](const Request& request) { return result_of(request, "1"); });
  RpcClient client({.urls = {url_of(server.port(), "", "")}, .cookie_file = path_});
  const auto missing = client.call({"x"}, once);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("cookie file " + path_.string() + " cannot be read"), std::string::npos);
  write("no colon\n");
  const auto wrong = client.call({"x"}, once);
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("is not one line user:password"), std::string::npos);
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(CookieFile, refused_credentials_are_told_without_them) {
  ScriptServer server([&](const Request&) { return Response{.status = 401, .body = {}, .raw = {}}; });
  RpcClient client(options_of(server.port()));
  const auto reply = client.call({"x"}, once);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().message.find("pass"), reply.error().message.find("password"));
  EXPECT_NE(reply.error().message.find("401"), std::string::npos);
  EXPECT_EQ(server.requests(), 1);
}

}  // namespace
}  // namespace sluice::node
