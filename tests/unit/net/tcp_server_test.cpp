// The server over real loopback sockets, once per way of moving bytes: cut and joined lines, slow,
// rude and vanishing clients, many clients, stopping while busy. A back end that cannot run fails.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "loopback_client.h"
#include "ways.h"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using test::Client;
using test::eventually;
using test::Way;

/// Echoes lines; `big N` answers N bytes, `bye` answers and closes.
class LineEcho final : public ConnectionHandler {
 public:
  void receive(std::string_view bytes) override { input_.append(bytes); }
  HandlerStep step(std::string& out) override {
    const std::size_t newline = input_.find('\n', begin_);
    if (newline == std::string::npos) {
      input_.erase(0, begin_);
      begin_ = 0;
      return HandlerStep::idle;
    }
    const std::string line = input_.substr(begin_, newline - begin_);
    begin_ = newline + 1;
    if (line.starts_with("big ")) out.append(std::stoul(line.substr(4)), 'x');
    else out += line;
    out += '\n';
    return line == "bye" ? HandlerStep::finished : HandlerStep::progressed;
  }

 private:
  std::string input_;
  std::size_t begin_ = 0;
};

class TcpServerTest : public ::testing::TestWithParam<Way> {
 protected:
  TcpServerOptions options() {
    TcpServerOptions wanted;
    wanted.listen = {{"127.0.0.1", 0}};
    wanted.backend = GetParam().backend;
    wanted.loop.multishot = GetParam().multishot;
    return wanted;
  }
  void start(const TcpServerOptions& wanted) {
    auto started = TcpServer::start(wanted, [](const ConnectionInfo&) { return std::make_unique<LineEcho>(); });
    ASSERT_TRUE(started.ok()) << started.error().message;
    server_ = std::move(started).value();
    ASSERT_EQ(server_->backend(), GetParam().backend == IoBackend::epoll ? "epoll" : "io_uring");
    ASSERT_NE(server_->port(), 0);
  }
  void start() { start(options()); }
  unsigned sessions() const { return server_->counters().sessions.load(); }

  std::unique_ptr<TcpServer> server_;
};

TEST_P(TcpServerTest, AnswersLines) {
  start();
  Client client(server_->port());
  for (int i = 0; i < 100; ++i) {
    const std::string text = "line " + std::to_string(i);
    ASSERT_TRUE(client.send(text + "\n"));
    ASSERT_EQ(client.line(), text);
  }
}

TEST_P(TcpServerTest, LinesInPieces) {
  start();
  Client client(server_->port());
  for (const char c : std::string_view("hello\nworld\n")) {
    ASSERT_TRUE(client.send({&c, 1}));
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(client.line(), "hello");
  EXPECT_EQ(client.line(), "world");
}

TEST_P(TcpServerTest, ManyLinesAtOnce) {
  start();
  Client client(server_->port());
  std::string all;
  for (int i = 0; i < 20'000; ++i) all += std::to_string(i) + "\n";
  std::thread sender([&] { EXPECT_TRUE(client.send(all)); });
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(client.line(), std::to_string(i));
  sender.join();
}

TEST_P(TcpServerTest, LargeAnswersArriveWhole) {
  start();
  Client client(server_->port(), 8192);
  ASSERT_TRUE(client.send("big 5000000\nend\n"));
  EXPECT_EQ(client.line().size(), 5'000'000u);
  EXPECT_EQ(client.line(), "end");
}

TEST_P(TcpServerTest, HalfCloseIsStillAnswered) {
  start();
  Client client(server_->port());
  ASSERT_TRUE(client.send("a\nbig 300000\nb\nunfinished"));
  client.half_close();
  EXPECT_EQ(client.line(), "a");
  EXPECT_EQ(client.line().size(), 300'000u);
  EXPECT_EQ(client.line(), "b");
  EXPECT_EQ(client.line(), "<closed>");
}

TEST_P(TcpServerTest, HandlerCanClose) {
  start();
  Client client(server_->port());
  ASSERT_TRUE(client.send("bye\nnever\n"));
  EXPECT_EQ(client.line(), "bye");
  EXPECT_EQ(client.line(), "<closed>");
  EXPECT_TRUE(eventually([&] { return sessions() == 0; }));
}

TEST_P(TcpServerTest, VanishingClientsLeaveNothing) {
  start();
  for (int i = 0; i < 200; ++i) {
    Client client(server_->port());
    ASSERT_TRUE(client.connected());
    (void)client.send(i % 3 == 0 ? "big 3000000\nbig 3000000\n" : i % 3 == 1 ? "half a li" : "x\n");
    if (i % 2 == 0) client.reset();
  }
  EXPECT_TRUE(eventually([&] { return sessions() == 0; })) << sessions();
  Client client(server_->port());
  ASSERT_TRUE(client.send("still here\n"));
  EXPECT_EQ(client.line(), "still here");
}

TEST_P(TcpServerTest, SlowReaderIsBoundedAndThenReset) {
  TcpServerOptions wanted = options();
  wanted.loop.unsent_bytes_max = 100'000;
  wanted.loop.send_stall_timeout_ms = 400;
  start(wanted);
  Client client(server_->port(), 4096);
  // More questions than the server may keep answers for: it must stop reading before the end.
  std::string flood;
  for (int i = 0; i < 40'000; ++i) flood += "big 2000\n";
  std::atomic<std::size_t> floods{0};
  std::thread sender([&] {
    while (floods < 300 && client.send(flood)) ++floods;
  });
  EXPECT_TRUE(eventually([&] { return server_->counters().stalled.load() == 1; }, 15s));
  sender.join();
  EXPECT_LT(floods, 300u) << "the server took everything";
  EXPECT_TRUE(eventually([&] { return sessions() == 0; }));
}

TEST_P(TcpServerTest, SlowButSteadyReaderIsServed) {
  TcpServerOptions wanted = options();
  wanted.loop.unsent_bytes_max = 50'000;
  wanted.loop.send_stall_timeout_ms = 1000;
  start(wanted);
  Client client(server_->port(), 4096);
  std::thread sender([&] {
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(client.send("big 20000\n"));
  });
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(client.line().size(), 20'000u);
    std::this_thread::sleep_for(3ms);
  }
  sender.join();
  EXPECT_EQ(server_->counters().stalled.load(), 0u);
}

TEST_P(TcpServerTest, IdleClientsAreClosed) {
  TcpServerOptions wanted = options();
  wanted.loop.idle_timeout_ms = 200;
  start(wanted);
  Client client(server_->port());
  ASSERT_TRUE(client.send("x\n"));
  EXPECT_EQ(client.line(), "x");
  EXPECT_EQ(client.line(), "<closed>");
  EXPECT_EQ(server_->counters().idled.load(), 1u);
}

TEST_P(TcpServerTest, SessionsAreLimited) {
  TcpServerOptions wanted = options();
  wanted.loop.sessions_max = 3;
  start(wanted);
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server_->port());
    ASSERT_TRUE(clients.back().send("x\n"));
    ASSERT_EQ(clients.back().line(), "x");
  }
  Client extra(server_->port());
  EXPECT_EQ(extra.line(), "<closed>");
  clients.pop_back();
  EXPECT_TRUE(eventually([&] { return sessions() == 2; }));
  Client again(server_->port());
  ASSERT_TRUE(again.send("y\n"));
  EXPECT_EQ(again.line(), "y");
}

TEST_P(TcpServerTest, AThousandClients) {
  test::allow_connections(1000);
  TcpServerOptions wanted = options();
  wanted.loops = 2;
  start(wanted);
  std::vector<Client> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.emplace_back(server_->port());
    ASSERT_TRUE(clients.back().connected());
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) ASSERT_TRUE(clients[i].send("client " + std::to_string(i) + "\n"));
    for (std::size_t i = 0; i < clients.size(); ++i) ASSERT_EQ(clients[i].line(), "client " + std::to_string(i));
  }
  EXPECT_EQ(sessions(), 1000u);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return sessions() == 0; }));
}

TEST_P(TcpServerTest, StopSendsWhatWasAnswered) {
  start();
  Client client(server_->port(), 8192);
  ASSERT_TRUE(client.send("big 900000\n"));
  EXPECT_TRUE(eventually([&] { return sessions() == 1; }));
  std::this_thread::sleep_for(100ms);
  std::thread stopper([&] { server_->stop(); });
  EXPECT_EQ(client.drain(), 900'001u);
  stopper.join();
  EXPECT_EQ(sessions(), 0u);
  Client late(server_->port());
  EXPECT_FALSE(late.connected());
}

TEST_P(TcpServerTest, StopAnswersWhatWasReceived) {
  start();
  Client client(server_->port(), 8192);
  // More than the socket takes: with a full buffer the loop stops working for this client, and lines wait.
  constexpr int lines = 20;
  std::string sent;
  for (int i = 0; i < lines; ++i) sent += "big 900000\n";  // in one piece: received in one
  ASSERT_TRUE(client.send(sent));
  EXPECT_TRUE(eventually([&] { return sessions() == 1; }));
  std::this_thread::sleep_for(100ms);
  std::thread stopper([&] { server_->stop(); });
  EXPECT_EQ(client.drain(), lines * 900'001u);
  stopper.join();
  EXPECT_EQ(sessions(), 0u);
}

TEST_P(TcpServerTest, StopCutsNoAnswer) {
  start();
  Client client(server_->port(), 8192);
  ASSERT_TRUE(client.send("big 900000\nbig 900000\n"));
  EXPECT_TRUE(eventually([&] { return sessions() == 1; }));
  std::this_thread::sleep_for(100ms);  // there is no room for more answers now, and nothing is read
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.send("big 900000\n"));
  std::thread stopper([&] { server_->stop(); });
  const std::uint64_t received = client.drain();
  stopper.join();
  EXPECT_GE(received, 2 * 900'001u);
  EXPECT_EQ(received % 900'001u, 0u) << "the last answer is not whole";
}

TEST_P(TcpServerTest, StopWhileBusy) {
  TcpServerOptions wanted = options();
  wanted.loops = 2;
  wanted.loop.drain_timeout_ms = 300;
  start(wanted);
  std::atomic<bool> go{true};
  std::vector<std::thread> talkers;
  for (int i = 0; i < 8; ++i) {
    talkers.emplace_back([&, i] {
      Client client(server_->port(), i < 2 ? 4096 : 0);
      while (go && client.send(i < 2 ? "big 100000\n" : "x\ny\nz\n")) {
        if (i >= 2 && client.line() == "<closed>") break;
      }
    });
  }
  std::this_thread::sleep_for(200ms);
  const auto begin = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  go = false;
  for (auto& talker : talkers) talker.join();
  EXPECT_EQ(sessions(), 0u);
}

TEST_P(TcpServerTest, BothFamiliesAndSeveralAddresses) {
  TcpServerOptions wanted = options();
  wanted.listen = {{"127.0.0.1", 0}, {"::1", 0}};
  start(wanted);
  ASSERT_EQ(server_->ports().size(), 2u);
  Client v4(server_->ports()[0]);
  Client v6(server_->ports()[1], 0, true);
  for (Client* client : {&v4, &v6}) {
    ASSERT_TRUE(client->send("x\n"));
    EXPECT_EQ(client->line(), "x");
  }
}

TEST_P(TcpServerTest, ATakenPortIsAnError) {
  start();
  TcpServerOptions wanted = options();
  wanted.listen[0].port = server_->port();
  const auto second = TcpServer::start(wanted, [](const ConnectionInfo&) { return std::make_unique<LineEcho>(); });
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(server_->port())), std::string::npos);
}

TEST_P(TcpServerTest, AddressesThatCannotBeHadAreLeftOut) {
  start();
  TcpServerOptions wanted = options();
  wanted.listen = {{"127.0.0.1", server_->port()}, {"127.0.0.1", 0}};
  wanted.loops = 2;
  const auto second = TcpServer::start(wanted, [](const ConnectionInfo&) { return std::make_unique<LineEcho>(); });
  ASSERT_TRUE(second.ok()) << second.error().message;
  ASSERT_EQ(second.value()->not_opened().size(), 1u);
  EXPECT_NE(second.value()->not_opened()[0].message.find("127.0.0.1:" + std::to_string(server_->port())),
            std::string::npos);
  ASSERT_EQ(second.value()->ports().size(), 2u);
  EXPECT_EQ(second.value()->ports()[0], 0);
  Client client(second.value()->ports()[1]);
  ASSERT_TRUE(client.send("x\n"));
  EXPECT_EQ(client.line(), "x");
}

INSTANTIATE_TEST_SUITE_P(Ways, TcpServerTest, test::every_way(), test::name_of_way);

TEST(IoBackendSetting, ComesFromTheEnvironment) {
  ::setenv("SLUICE_IO", "io_uring", 1);
  EXPECT_EQ(io_backend_from_environment().value(), IoBackend::io_uring);
  ::setenv("SLUICE_IO", "threads", 1);
  EXPECT_EQ(io_backend_from_environment().value(), IoBackend::epoll);
  ::setenv("SLUICE_IO", "carrier pigeon", 1);
  EXPECT_FALSE(io_backend_from_environment().ok());
  ::unsetenv("SLUICE_IO");
  EXPECT_EQ(io_backend_from_environment().value(), IoBackend::automatic);
}

}  // namespace
}  // namespace sluice::net
