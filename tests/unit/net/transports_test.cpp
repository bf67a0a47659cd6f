// One server with all transports over real sockets, once per way of moving bytes: each address speaks
// its own, answers of all sizes arrive, and an event reaches every client whatever it speaks.
#include "net/transports.h"

#include <gtest/gtest.h>

#include "certificates.h"
#include "handler_support.h"
#include "loopback_client.h"
#include "support/temp_dir.h"
#include "tls_client.h"
#include "ways.h"
#include "websocket_frames.h"

namespace sluice::net {
namespace {

using namespace test;

/// Speaks one transport over a blocking socket; what comes back are lines, resp. messages.
class AnyClient {
 public:
  AnyClient(Transport transport, std::uint16_t port)
      : is_tls_(transport == Transport::ssl || transport == Transport::wss),
        is_websocket_(transport == Transport::ws || transport == Transport::wss),
        socket_(port) {}
  void open(std::string_view before = "") {
    ASSERT_TRUE(socket_.send(before));
    if (is_tls_) {
      while (SSL_do_handshake(tls_.tls()) != 1) ASSERT_TRUE(move_records());
      ASSERT_TRUE(socket_.send(tls_.outgoing()));
    }
    if (!is_websocket_) return;
    write(upgrade_request);
    while (plain_.find("\r\n\r\n") == std::string::npos) ASSERT_TRUE(read());
    plain_.erase(0, plain_.find("\r\n\r\n") + 4);
  }
  void send(const std::string& line) { write(is_websocket_ ? message(line) : line + "\n"); }
  std::string line() {
    while (true) {
      if (is_websocket_) {
        const auto frames = frames_of(plain_);
        if (!frames.empty()) {
          const std::size_t size = frames[0].payload.size();
          plain_.erase(0, size + (size < 126 ? 2 : size < 65536 ? 4 : 10));
          return frames[0].payload;
        }
      } else if (const std::size_t newline = plain_.find('\n'); newline != std::string::npos) {
        std::string text = plain_.substr(0, newline);
        plain_.erase(0, newline + 1);
        return text;
      }
      if (!read()) return "<closed>";
    }
  }

 private:
  void write(const std::string& bytes) {
    if (!is_tls_) {
      ASSERT_TRUE(socket_.send(bytes));
      return;
    }
    std::size_t written = 0;
    ASSERT_EQ(SSL_write_ex(tls_.tls(), bytes.data(), bytes.size(), &written), 1);
    ASSERT_TRUE(socket_.send(tls_.outgoing()));
  }
  bool read() {
    if (!is_tls_) return socket_.read_some(plain_);
    char buffer[16384];
    std::size_t size = 0;
    while (SSL_read_ex(tls_.tls(), buffer, sizeof buffer, &size) != 1) {
      if (!move_records()) return false;
    }
    plain_.append(buffer, size);
    return true;
  }
  bool move_records() {
    if (!socket_.send(tls_.outgoing())) return false;
    std::string bytes;
    if (!socket_.read_some(bytes)) return false;
    return BIO_write(SSL_get_rbio(tls_.tls()), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }

  bool is_tls_;
  bool is_websocket_;
  Client socket_;
  TlsClient tls_;
  std::string plain_;
};

constexpr Transport every_transport[] = {Transport::tcp, Transport::ssl, Transport::ws, Transport::wss};

class TransportsTest : public ::testing::TestWithParam<Way> {
 protected:
  void start(TransportOptions options = {}) {
    options.tls = TlsContext::load(files_.certificate, files_.key).value();
    TcpServerOptions wanted;
    for (const Transport transport : every_transport) wanted.listen.push_back({"127.0.0.1", 0, transport});
    wanted.backend = GetParam().backend;
    wanted.loop.multishot = GetParam().multishot;
    wanted.loop.unsent_bytes_max = 50'000;
    const auto inner = [](const ConnectionInfo&) { return std::make_unique<LineServer>(); };
    auto started = TcpServer::start(wanted, over_transports(inner, options));
    ASSERT_TRUE(started.ok()) << started.error().message;
    server_ = std::move(started).value();
  }
  AnyClient client(Transport transport) {
    return AnyClient(transport, server_->ports()[static_cast<std::size_t>(transport)]);
  }

  sluice::test::TempDir folder_;
  CertificateFiles files_ = make_certificate(folder_.path(), "server");
  std::unique_ptr<TcpServer> server_;
};

TEST_P(TransportsTest, EachAddressSpeaksItsOwn) {
  start();
  for (const Transport transport : every_transport) {
    SCOPED_TRACE(name_of(transport));
    AnyClient one = client(transport);
    one.open();
    for (int i = 0; i < 100; ++i) {
      one.send("line " + std::to_string(i));
      ASSERT_EQ(one.line(), "line " + std::to_string(i));
    }
    for (const std::size_t size : {1000u, 70'000u, 2'000'000u}) {
      one.send("big " + std::to_string(size));
      ASSERT_EQ(one.line().size(), size);
    }
    one.send("bye");
    EXPECT_EQ(one.line(), "bye");
  }
  EXPECT_TRUE(eventually([&] { return server_->counters().sessions.load() == 0; }));
}

TEST_P(TransportsTest, AnEventReachesEveryTransport) {
  start();
  std::vector<AnyClient> clients;
  for (const Transport transport : every_transport) clients.push_back(client(transport));
  for (AnyClient& one : clients) {
    one.open();
    one.send("hello");
    ASSERT_EQ(one.line(), "hello");
  }
  for (int i = 0; i < 3; ++i) {
    server_->post(std::make_shared<Event>());
    for (AnyClient& one : clients) ASSERT_EQ(one.line(), "news");
  }
}

TEST_P(TransportsTest, ProxyHeadersComeBeforeEverything) {
  TransportOptions options;
  options.proxy_protocol_from = {{*parse_ip_address("127.0.0.0"), 8}};
  start(options);
  for (const Transport transport : every_transport) {
    SCOPED_TRACE(name_of(transport));
    AnyClient one = client(transport);
    one.open("PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n");
    one.send("hello");
    EXPECT_EQ(one.line(), "hello");
  }
  AnyClient without = client(Transport::tcp);
  without.open();
  without.send("hello");
  EXPECT_EQ(without.line(), "<closed>");
}

TEST_P(TransportsTest, HandshakesThatDoNotEndAreClosed) {
  TcpServerOptions wanted;
  for (const Transport transport : every_transport) wanted.listen.push_back({"127.0.0.1", 0, transport});
  wanted.backend = GetParam().backend;
  wanted.loop.multishot = GetParam().multishot;
  wanted.loop.handshake_timeout_ms = 300;
  TransportOptions options;
  options.tls = TlsContext::load(files_.certificate, files_.key).value();
  const auto inner = [](const ConnectionInfo&) { return std::make_unique<LineServer>(); };
  auto started = TcpServer::start(wanted, over_transports(inner, options));
  ASSERT_TRUE(started.ok());
  server_ = std::move(started).value();
  AnyClient good = client(Transport::wss);
  good.open();
  Client tls(server_->ports()[1]);
  Client websocket(server_->ports()[2]);
  Client lines(server_->ports()[0]);
  ASSERT_TRUE(tls.send("\x16\x03\x01"));
  ASSERT_TRUE(websocket.send("GET / HTTP/1.1\r\n"));
  // A byte now and then does not help.
  for (int i = 0; server_->counters().idled.load() < 2 && i < 1000; ++i) {
    (void)websocket.send("x");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(tls.line(), "<closed>");
  EXPECT_EQ(websocket.line(), "<closed>");
  EXPECT_EQ(server_->counters().idled.load(), 2u);
  good.send("still here");
  EXPECT_EQ(good.line(), "still here");
  ASSERT_TRUE(lines.send("me too\n"));
  EXPECT_EQ(lines.line(), "me too");
}

INSTANTIATE_TEST_SUITE_P(Ways, TransportsTest, test::every_way(), test::name_of_way);

}  // namespace
}  // namespace sluice::net
