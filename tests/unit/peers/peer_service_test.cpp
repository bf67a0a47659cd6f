// The threads around the table, and the line to a peer, against servers on loopback that behave and misbehave.
#include "peers/peer_service.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <semaphore>
#include <thread>

#include "fake_view.h"
#include "support/temp_dir.h"

namespace sluice::peers {
namespace {

constexpr std::chrono::seconds patience{60};

/// Takes one connection, reads a line, sends `answer`, and closes or waits for the other side to.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer, bool closes = false) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&place), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&place), &size);
    port = ntohs(place.sin_port);
    thread_ = std::thread([this, answer = std::move(answer), closes] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      char byte = 0;
      while (::read(fd, &byte, 1) == 1 && byte != '\n') {}
      asked.set_value();
      std::size_t sent = 0;
      while (sent < answer.size()) {
        const ssize_t count = ::send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<std::size_t>(count);
      }
      while (!closes && ::read(fd, &byte, 1) == 1) {}
      ::close(fd);
    });
  }
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port = 0;
  std::promise<void> asked;

 private:
  int listener_;
  std::thread thread_;
};

Result<std::string> asked(std::string answer, bool closes = false) {
  OneAnswer server(std::move(answer), closes);
  const StopSignal stop;
  ConnectOptions options;
  options.host = "127.0.0.1";
  options.port = server.port;
  options.may_be_private = true;
  auto line = PeerConnection::open(options, stop);
  if (!line) return std::move(line).error();
  EXPECT_EQ(line.value()->address(), "127.0.0.1");
  auto result = line.value()->ask("server.ping", "[]");
  if (!result) return std::move(result).error();
  return std::string(result.value().token());
}

TEST(PeerConnection, TakesTheAnswerBehindOtherMessages) {
  EXPECT_EQ(
      asked("{\"method\":\"x\",\"params\":[]}\n{\"id\":7,\"result\":1}\n{\"id\":0,\"result\":42,\"error\":null}\n")
          .value(),
      "42");
}

TEST(PeerConnection, HostileAnswersEnd) {
  EXPECT_EQ(asked("no json\n").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(asked("[1]\n").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(asked("{\"id\":0}\n").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(asked("{\"id\":0,\"error\":{\"code\":1}}\n").error().kind, ErrorKind::unsupported);
  EXPECT_EQ(asked("{\"id\":0,\"res", true).error().kind, ErrorKind::io);
  EXPECT_EQ(asked(std::string(2'000'000, 'x')).error().kind, ErrorKind::limit);
  std::string others;
  for (int i = 0; i < 1000; ++i) others += "{\"id\":1,\"result\":1}\n";
  EXPECT_EQ(asked(others).error().kind, ErrorKind::corrupt);
}

TEST(PeerConnection, APrivateAddressIsRefusedBeforeItIsConnectedTo) {
  const StopSignal stop;
  ConnectOptions options;
  options.port = 1;
  for (const char* host : {"127.0.0.1", "::1", "0x7f000001", "localhost", "10.0.0.1"}) {
    options.host = host;
    const auto line = PeerConnection::open(options, stop);
    ASSERT_FALSE(line.ok()) << host;
    EXPECT_NE(line.error().message.find("not a public one"), std::string::npos) << line.error().message;
  }
}

class Service : public testing::Test {
 protected:
  Service() {
    options.network = chain::find_network("Radiant", "regtest");
    options.file = directory.path() / "peers";
    options.software = "sluice";
    options.protocols = R"(["1.4","1.6"])";
    options.view = [this] { return view; };
    options.on_answer = [this] { answered.release(); };
  }
  /// What server.add_peer answers.
  std::string added(PeerService& service, const std::string& host, const std::string& client,
                    std::string genesis = {}) {
    if (genesis.empty()) genesis = options.network->genesis_hash;
    serve::JsonDocument document;
    EXPECT_EQ(document.parse(R"({"hosts":{")" + host + R"(":{"tcp_port":1}},"genesis_hash":")" + genesis + "\"}"),
              serve::JsonErrc::ok);
    const auto answer = service.ask_add(document.root(), client);
    while (!answer->is_ready()) {
      if (!answered.try_acquire_for(patience)) return "no answer";
    }
    return answer->text();
  }
  static PeerName own(const std::string& host) { return {host, {1, 0}, "1.4", std::nullopt}; }

  test::TempDir directory;
  std::shared_ptr<serve::test::FakeView> view =
      std::make_shared<serve::test::FakeView>(chain::Coin::radiant, std::vector<std::uint32_t>(3, 0));
  PeerServiceOptions options;
  std::counting_semaphore<> answered{0};
};

TEST_F(Service, AServerIsTakenAtItsOwnAddressOnly) {
  options.own = {own("127.0.0.2")};
  PeerService service(options);
  service.start();
  EXPECT_EQ(added(service, "127.0.0.1", "127.0.0.3"), "false");
  EXPECT_EQ(added(service, "127.0.0.1", ""), "false");
  EXPECT_EQ(added(service, "127.0.0.2", "127.0.0.2"), "false") << "ourselves";
  EXPECT_EQ(added(service, "127.0.0.1", "127.0.0.1", std::string(64, '0')), "false") << "another chain";
  EXPECT_EQ(added(service, "127.0.0.1", "127.0.0.1"), "true");
  EXPECT_EQ(added(service, "127.0.0.1", "127.0.0.1"), "false") << "too often";
  EXPECT_EQ(added(service, "localhost", "10.0.0.1"), "false");
  EXPECT_EQ(added(service, "localhost", "127.0.0.1"), "true");
}

TEST_F(Service, PrivateHostsAreNotTakenInPublic) {
  PeerService service(options);
  service.start();
  EXPECT_EQ(added(service, "127.0.0.1", "127.0.0.1"), "false");
  EXPECT_EQ(added(service, "localhost", "127.0.0.1"), "false");
  EXPECT_EQ(added(service, "abcdefghij.onion", "127.0.0.1"), "true") << "who comes through Tor has no address";
}

TEST_F(Service, OnlyItselfTakesNobody) {
  options.takes_others = false;
  options.own = {own("127.0.0.2")};
  options.given = {own("127.0.0.3")};
  PeerService service(options);
  service.start();
  EXPECT_EQ(added(service, "127.0.0.1", "127.0.0.1"), "false");
  const serve::PeerCounts counts = service.counts();
  EXPECT_EQ(counts.good + counts.stale + counts.never + counts.bad, 1u);
}

TEST_F(Service, TheOperatorsPeersAndTheirRows) {
  PeerService service(options);
  EXPECT_TRUE(service.add("10.0.0.1 v1.4.2 t5 s").ok()) << "what the operator names may be anywhere";
  EXPECT_EQ(service.add("nonsense").error().kind, ErrorKind::config);
  std::string rows;
  service.append_rows(rows);
  EXPECT_EQ(rows,
            R"([{"host":"10.0.0.1","features":{"hosts":{"10.0.0.1":{"tcp_port":5,"ssl_port":51002}},"pruning":null,)"
            R"("server_version":null,"protocol_min":null,"protocol_max":"1.4.2"},"source":"operator","ip_addr":null,)"
            R"("last_good":0,"last_try":0,"try_count":0,"status":"never"}])");
  std::string told;
  service.append_peers(told, "8.8.8.8");
  EXPECT_EQ(told, "[]");
}

TEST_F(Service, NobodyWaitsForAServiceThatStopped) {
  options.own = {own("127.0.0.2")};
  PeerService service(options);
  serve::JsonDocument document;
  ASSERT_EQ(document.parse(R"({"hosts":{"localhost":{"tcp_port":1}},"genesis_hash":")" +
                           std::string(options.network->genesis_hash) + "\"}"),
            serve::JsonErrc::ok);
  const auto waiting = service.ask_add(document.root(), "127.0.0.1");
  EXPECT_FALSE(waiting->is_ready());
  const auto second = service.ask_add(document.root(), "127.0.0.1");
  ASSERT_TRUE(second->is_ready()) << "one at a time for a client";
  EXPECT_EQ(second->text(), "false");
  service.stop();
  ASSERT_TRUE(waiting->is_ready());
  EXPECT_EQ(waiting->text(), "false");
  EXPECT_TRUE(service.ask_add(document.root(), "127.0.0.1")->is_ready()) << "nor later";
}

TEST_F(Service, StoppingEndsAWaitingCheck) {
  OneAnswer server("");
  options.given = {{"127.0.0.1", {server.port, 0}, "1.4", std::nullopt}};
  PeerService service(options);
  service.start();
  ASSERT_EQ(server.asked.get_future().wait_for(patience), std::future_status::ready);
  service.stop();
  std::string rows;
  service.append_rows(rows);
  EXPECT_NE(rows.find("\"try_count\":0"), std::string::npos) << "that was no failure of the peer: " << rows;
}

}  // namespace
}  // namespace sluice::peers
