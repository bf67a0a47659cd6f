// The whole way from a socket to the protocol core and back, over a fake chain, with each back end.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <thread>

#include "client.h"
#include "loopback_client.h"
#include "net/electrum_endpoint.h"
#include "net/tcp_server.h"

namespace sluice::net {
namespace {

class Endpoint : public ::testing::TestWithParam<IoBackend> {
 protected:
  void start(const session::SessionLimits& limits = {}, unsigned loops = 2) {
    endpoint_ = std::make_unique<ElectrumEndpoint>(core_.context, limits, loops);
    TcpServerOptions options;
    options.listen = {{"127.0.0.1", 0}};
    options.loops = loops;
    options.backend = GetParam();
    options.loop.sessions_max = 2000;
    auto started = TcpServer::start(options, endpoint_->factory());
    ASSERT_TRUE(started.ok()) << started.error().message;
    server_ = std::move(started).value();
  }

  static std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }

  serve::test::FakeView view_{chain::Coin::radiant, {0, 1, 3}};
  serve::test::Client core_{view_};
  std::unique_ptr<ElectrumEndpoint> endpoint_;
  std::unique_ptr<TcpServer> server_;  // destroyed first
};

TEST_P(Endpoint, SpeaksTheProtocol) {
  start();
  test::Client client(server_->port());
  ASSERT_TRUE(client.send("{\"id\":\"a\",\"method\":\"server.version\",\"params\":[\"x\",\"1.4\"]}\r\n"));
  EXPECT_EQ(client.line(), R"({"jsonrpc":"2.0","result":["ElectrumX 1.4.1","1.4"],"id":"a"})");
  ASSERT_TRUE(
      client.send("{\"id\":null,\"method\":\"server.ping\"}\nhello\n[{\"id\":1,\"method\":\"server.ping\"},{\"id\":2,"
                  "\"method\":\"server.ping\"}]\n"));
  EXPECT_EQ(client.line(), R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"invalid JSON"},"id":null})");
  EXPECT_EQ(client.line(), R"([{"jsonrpc":"2.0","result":null,"id":1}, {"jsonrpc":"2.0","result":null,"id":2}])");
}

TEST_P(Endpoint, WhatIsThrottledIsAnsweredWhenItsTimeComes) {
  session::SessionLimits limits;
  limits.cost.soft = 50;
  limits.cost.hard = 1000;
  limits.cost.request_sleep_ms = 200;
  start(limits);
  test::Client client(server_->port());
  const std::string wrong = "{\"id\":1,\"method\":\"x\"}\n";
  std::string lines;
  for (int i = 0; i < 4; ++i) lines += wrong;
  ASSERT_TRUE(client.send(lines + "{\"id\":2,\"method\":\"server.ping\"}\n"));
  for (int i = 0; i < 4; ++i) EXPECT_NE(client.line().find("unknown method"), std::string::npos);
  EXPECT_EQ(client.line(), R"({"jsonrpc":"2.0","result":null,"id":2})");
  EXPECT_GE(endpoint_->costs().counters().delayed.load(), 3u);
  EXPECT_GT(endpoint_->costs().total(), 400);
}

TEST_P(Endpoint, WhatCostsTooMuchIsToldAndDisconnected) {
  session::SessionLimits limits;
  limits.cost.soft = 50;
  limits.cost.hard = 500;
  limits.cost.request_sleep_ms = 1;
  start(limits);
  test::Client client(server_->port());
  ASSERT_TRUE(client.send("no JSON\n{\"id\":2,\"method\":\"server.ping\"}\n"));
  EXPECT_NE(client.line().find("invalid JSON"), std::string::npos);
  EXPECT_EQ(client.line(), R"({"jsonrpc":"2.0","error":{"code":-101,"message":"excessive resource usage"},"id":2})");
  EXPECT_EQ(client.line(), "<closed>");
  EXPECT_EQ(endpoint_->costs().counters().excessive.load(), 1u);
}

TEST_P(Endpoint, OneWhoLeavesWhileThrottledIsForgotten) {
  session::SessionLimits limits;
  limits.cost.soft = 50;
  limits.cost.request_sleep_ms = 600'000;
  limits.request_timeout_ms = 3'600'000;
  start(limits);
  {
    test::Client client(server_->port());
    ASSERT_TRUE(client.send("no JSON\n{\"id\":2,\"method\":\"server.ping\"}\n"));
    EXPECT_NE(client.line().find("invalid JSON"), std::string::npos);
  }
  test::Client other(server_->port());
  ASSERT_TRUE(other.send("{\"id\":2,\"method\":\"server.ping\"}\n"));
  EXPECT_EQ(other.line(), R"({"jsonrpc":"2.0","result":null,"id":2})");
  server_->stop();  // does not wait for what waits
  EXPECT_NEAR(endpoint_->costs().total(), 0, 1e-6);
}

TEST_P(Endpoint, RefusedVersionsAreDisconnected) {
  start();
  test::Client client(server_->port());
  ASSERT_TRUE(client.send(
      "{\"id\":1,\"method\":\"server.version\",\"params\":[\"x\",\"0.9\"]}\n{\"id\":2,\"method\":\"server.ping\"}\n"));
  EXPECT_EQ(client.line(),
            R"({"jsonrpc":"2.0","error":{"code":1,"message":"unsupported protocol version: 0.9"},"id":1})");
  EXPECT_EQ(client.line(), "<closed>");
}

TEST_P(Endpoint, OversizeLinesAreSkipped) {
  session::SessionLimits limits;
  limits.max_recv = 10'000;
  start(limits);
  test::Client client(server_->port());
  ASSERT_TRUE(client.send("{\"id\":1,\"method\":\"" + std::string(1'000'000, 'x') +
                          "\"}\n{\"id\":2,\"method\":\"server.ping\"}\n"));
  EXPECT_EQ(client.line(), R"({"jsonrpc":"2.0","result":null,"id":2})");
}

TEST_P(Endpoint, SubscribersHearOfNewSnapshotsAndNobodyKeepsTheOldOne) {
  start();
  auto older = std::make_shared<const serve::test::FakeView>(chain::Coin::radiant, std::vector<std::uint32_t>{0, 1});
  const std::weak_ptr<const serve::ReadView> left = older;
  server_->post(endpoint_->publish({.view = std::move(older), .mempool = nullptr}, {}));
  std::vector<test::Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server_->port());
    ASSERT_TRUE(clients.back().send("{\"id\":1,\"method\":\"blockchain.headers.subscribe\",\"params\":[]}\n"));
    EXPECT_NE(clients.back().line().find("\"height\":1}"), std::string::npos);
  }
  auto newer = std::make_shared<const serve::test::FakeView>(chain::Coin::radiant, std::vector<std::uint32_t>{0, 1, 3});
  server_->post(endpoint_->publish({.view = std::move(newer), .mempool = nullptr},
                                   {.tip_changed = true, .everything_touched = false, .touched = {}}));
  for (test::Client& client : clients) {
    const std::string line = client.line();
    EXPECT_TRUE(line.starts_with(R"({"jsonrpc":"2.0","method":"blockchain.headers.subscribe","params":[{"hex":)"))
        << line;
    EXPECT_NE(line.find("\"height\":2}"), std::string::npos) << line;
  }
  EXPECT_TRUE(left.expired());
}

TEST_P(Endpoint, IdleSessionsAreSmall) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers pad and keep freed memory, so resident bytes say nothing";
#endif
  start();
  const auto talk = [](test::Client& client) {
    ASSERT_TRUE(
        client.send("{\"id\":1,\"method\":\"server.version\",\"params\":[\"x\",\"1.4\"]}\n{\"id\":2,\"method\":"
                    "\"blockchain.headers.subscribe\"}\n"));
    ASSERT_TRUE(client.line().starts_with("{"));
    ASSERT_TRUE(client.line().starts_with("{"));
  };
  std::vector<test::Client> clients;
  for (int i = 0; i < 50; ++i) talk(clients.emplace_back(server_->port()));  // warm-up
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 800; ++i) talk(clients.emplace_back(server_->port()));
  const std::size_t grown = resident_bytes() - before;
  EXPECT_LE(grown / 800, 4096u) << "bytes per idle session";
  RecordProperty("bytes_per_session", static_cast<int>(grown / 800));
  std::printf("%zu bytes per idle session\n", grown / 800);
}

constexpr int batch_items = 20'000;

std::string banner_batch() {
  std::string line = "[";
  for (int i = 0; i < batch_items; ++i) line += "{\"id\":1,\"method\":\"server.banner\"},";
  line.back() = ']';
  return line + "\n";
}

/// One loop; its thread counts the items of the batch that it has answered, and waits in the tenth one.
class BusyEndpoint : public Endpoint {
 protected:
  void SetUp() override {
    core_.context.banner = [this]() -> std::optional<std::string> {
      if (++answered_ == 10) {
        reached_.set_value();
        go_on_.get_future().wait();
      }
      if (slow_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return "";
    };
    session::SessionLimits limits;
    limits.cost.hard = 0;
    start(limits, 1);
  }

  std::atomic<int> answered_{0};
  std::atomic<bool> slow_{false};
  std::promise<void> reached_;
  std::promise<void> go_on_;
};

TEST_P(BusyEndpoint, OthersAreAnsweredMeanwhile) {
  test::Client good(server_->port());
  ASSERT_TRUE(good.send("{\"id\":1,\"method\":\"server.ping\"}\n"));
  EXPECT_NE(good.line(), "<timeout>");
  test::Client busy(server_->port());
  ASSERT_TRUE(busy.send(banner_batch()));
  reached_.get_future().wait();
  ASSERT_TRUE(good.send("{\"id\":2,\"method\":\"server.donation_address\"}\n"));
  slow_ = true;
  go_on_.set_value();
  EXPECT_EQ(good.line(), R"({"jsonrpc":"2.0","result":"","id":2})");
  EXPECT_LT(answered_, batch_items);
  slow_ = false;
  EXPECT_TRUE(busy.line().starts_with("[{"));
  EXPECT_EQ(answered_, batch_items);
}

TEST_P(BusyEndpoint, StopsInTheMiddleOfABatch) {
  test::Client busy(server_->port());
  ASSERT_TRUE(busy.send(banner_batch()));
  reached_.get_future().wait();
  slow_ = true;
  go_on_.set_value();
  server_->stop();
  EXPECT_LT(answered_, batch_items);
  EXPECT_EQ(busy.line(), "<closed>");
}

TEST_P(BusyEndpoint, ClientsVanishInTheMiddleOfABatch) {
  test::Client busy(server_->port());
  ASSERT_TRUE(busy.send(banner_batch()));
  reached_.get_future().wait();
  busy.reset();
  go_on_.set_value();
  test::Client good(server_->port());
  ASSERT_TRUE(good.send("{\"id\":2,\"method\":\"server.ping\"}\n"));
  EXPECT_EQ(good.line(), R"({"jsonrpc":"2.0","result":null,"id":2})");
  while (server_->counters().sessions.load() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

INSTANTIATE_TEST_SUITE_P(Ways, BusyEndpoint, ::testing::Values(IoBackend::io_uring, IoBackend::epoll),
                         [](const auto& way) { return way.param == IoBackend::epoll ? "epoll" : "io_uring"; });
INSTANTIATE_TEST_SUITE_P(Ways, Endpoint, ::testing::Values(IoBackend::io_uring, IoBackend::epoll),
                         [](const auto& way) { return way.param == IoBackend::epoll ? "epoll" : "io_uring"; });

}  // namespace
}  // namespace sluice::net
