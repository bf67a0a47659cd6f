// Events from outside reach every connection, once and in order: over real sockets, with slow
// readers, with clients that come and go, with a stop in between; and over a loop that moves no
// bytes, where what an event costs the connections without output is counted.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>

#include "loopback_client.h"
#include "ways.h"

namespace sluice::net {
namespace {

using test::Client;
using test::eventually;
using test::Way;

struct News final : Event {
  explicit News(int number_) : number(number_) {}
  int number;
};

/// Tells `news N` for each event, one a step; `big N` is answered with N bytes, `deaf` turns the news off.
/// What is marked is a range, however many events there were.
class Listener final : public ConnectionHandler {
 public:
  void receive(std::string_view bytes) override { input_.append(bytes); }
  bool notify(const Event& event) override {
    const int number = dynamic_cast<const News&>(event).number;
    if (deaf_) return false;
    if (told_ == heard_) told_ = number - 1;  // the news that this client missed on purpose stay untold
    in_order_ = in_order_ && (heard_ == 0 || number == heard_ + 1 || told_ == number - 1);
    heard_ = number;
    return true;
  }
  HandlerStep step(std::string& out) override {
    if (!in_order_) {
      out += "out of order\n";
      return HandlerStep::finished;
    }
    if (told_ < heard_) {
      out += "news " + std::to_string(++told_) + "\n";
      return HandlerStep::progressed;
    }
    const std::size_t newline = input_.find('\n');
    if (newline == std::string::npos) return HandlerStep::idle;
    const std::string line = input_.substr(0, newline);
    input_.erase(0, newline + 1);
    if (line == "deaf") deaf_ = true;
    if (line.starts_with("big ")) out.append(std::stoul(line.substr(4)), 'x');
    else out += line;
    out += '\n';
    return HandlerStep::progressed;
  }

 private:
  std::string input_;
  int heard_ = 0;
  int told_ = 0;
  bool in_order_ = true;
  bool deaf_ = false;
};

class NotifyTest : public ::testing::TestWithParam<Way> {
 protected:
  void start(unsigned loops, const std::function<void(LoopOptions&)>& change = {}) {
    TcpServerOptions options;
    options.listen = {{"127.0.0.1", 0}};
    options.backend = GetParam().backend;
    options.loop.multishot = GetParam().multishot;
    options.loop.sessions_max = 2000;
    options.loops = loops;
    if (change) change(options.loop);
    auto started = TcpServer::start(options, [](const ConnectionInfo&) { return std::make_unique<Listener>(); });
    ASSERT_TRUE(started.ok()) << started.error().message;
    server_ = std::move(started).value();
  }
  Client greeted() {
    Client client(server_->port());
    EXPECT_TRUE(client.send("hello\n"));
    EXPECT_EQ(client.line(), "hello");
    return client;
  }
  void post(int number) { server_->post(std::make_shared<News>(number)); }

  std::unique_ptr<TcpServer> server_;
};

TEST_P(NotifyTest, AThousandSessionsAreAllTold) {
  test::allow_connections(1000);
  start(2, [](LoopOptions& loop) { loop.turns_per_round = 100; });
  std::vector<Client> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(greeted());
  const auto first = std::make_shared<News>(1);
  server_->post(first);
  for (Client& client : clients) ASSERT_EQ(client.line(), "news 1");
  for (int number = 2; number <= 50; ++number) post(number);
  for (Client& client : clients) {
    for (int number = 2; number <= 50; ++number) ASSERT_EQ(client.line(), "news " + std::to_string(number));
    ASSERT_TRUE(client.send("still here\n"));
    ASSERT_EQ(client.line(), "still here");
  }
  EXPECT_TRUE(eventually([&] { return first.use_count() == 1; })) << "an event is kept";
}

TEST_P(NotifyTest, ASlowReaderHoldsUpNobodyAndLosesNothing) {
  start(1, [](LoopOptions& loop) { loop.unsent_bytes_max = 50'000; });
  Client slow(server_->port(), 4096);
  ASSERT_TRUE(slow.send("hello\n"));
  ASSERT_EQ(slow.line(), "hello");
  ASSERT_TRUE(slow.send("big 8000000\n"));  // more than the kernel takes for it: its output is full from here on
  Client quick = greeted();
  for (int number = 1; number <= 2000; ++number) {
    post(number);
    ASSERT_EQ(quick.line(), "news " + std::to_string(number));
  }
  ASSERT_EQ(slow.line().size(), 8'000'000u);
  for (int number = 1; number <= 2000; ++number) ASSERT_EQ(slow.line(), "news " + std::to_string(number));
  ASSERT_TRUE(slow.send("still here\n"));
  EXPECT_EQ(slow.line(), "still here");
}

TEST_P(NotifyTest, QuestionsAreAnsweredBetweenNews) {
  start(1);
  Client client = greeted();
  for (int number = 1; number <= 200; ++number) {
    ASSERT_TRUE(client.send("question\n"));
    post(number);
    std::vector<std::string> lines{client.line(), client.line()};
    std::sort(lines.begin(), lines.end());
    ASSERT_EQ(lines, (std::vector<std::string>{"news " + std::to_string(number), "question"}));
  }
}

TEST_P(NotifyTest, PostsWhileClientsComeAndGoAndTheServerStops) {
  start(2, [](LoopOptions& loop) { loop.drain_timeout_ms = 300; });
  std::atomic<bool> go{true};
  std::atomic<int> heard{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (go) {
        Client client(server_->port());
        if (!client.connected()) break;
        int last = 0;
        for (int lines = 0; lines < 20; ++lines) {
          const std::string line = client.line();
          if (!line.starts_with("news ")) break;
          const int number = std::stoi(line.substr(5));
          EXPECT_TRUE(last == 0 || number == last + 1) << number << " after " << last;
          last = number;
          ++heard;
        }
      }
    });
  }
  std::thread poster([&] {
    for (int number = 1; go; ++number) post(number);
  });
  EXPECT_TRUE(eventually([&] { return heard > 2000; }));
  server_->stop();
  post(1'000'000'000);  // to nobody
  go = false;
  poster.join();
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server_->counters().sessions.load(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Ways, NotifyTest, test::every_way(), test::name_of_way);

/// Takes everything that is sent at once, and counts what it is asked to do.
class CountingLoop final : public EventLoop {
 public:
  using EventLoop::EventLoop;
  Status open(std::vector<int>) override { return {}; }
  void run() override {}
  void accept_one() {
    int pair[2] = {-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    peers_.push_back(pair[1]);
    on_accepted(pair[0]);
  }
  void tell(const std::shared_ptr<const Event>& event) {
    post(event);
    on_woken();
    while (!queue_empty()) run_queue();
  }
  void receive_all(std::string_view bytes) {
    for (Connection* connection : adopted_) on_received(*connection, bytes);
  }
  ~CountingLoop() override {
    for (const int fd : peers_) ::close(fd);
  }

  int sends = 0;
  int receive_changes = 0;

 protected:
  void start_send(Connection& connection) override {
    ++sends;
    on_sent(connection, connection.sending.size());
  }
  void set_receiving(Connection& connection, bool wanted) override {
    receive_changes += connection.receiving == wanted ? 0 : 1;
    connection.receiving = wanted;
  }
  void release(Connection&) override {}
  void adopt(Connection& connection) override { adopted_.push_back(&connection); }

 private:
  std::vector<Connection*> adopted_;
  std::vector<int> peers_;
};

TEST(NotifyCost, OnlyConnectionsWithOutputCostASystemCall) {
  ServerCounters counters;
  CountingLoop loop(
      0, LoopOptions{}, [](const ConnectionInfo&) { return std::make_unique<Listener>(); }, counters);
  for (int i = 0; i < 100; ++i) loop.accept_one();
  loop.receive_all("deaf\n");
  for (int i = 0; i < 3; ++i) loop.accept_one();
  loop.sends = loop.receive_changes = 0;
  loop.tell(std::make_shared<News>(1));
  EXPECT_EQ(loop.sends, 3);
  EXPECT_EQ(loop.receive_changes, 0);
}

}  // namespace
}  // namespace sluice::net
