// A line server behind TLS, spoken to by OpenSSL as a client: versions, cut streams, ends, broken and
// endless handshakes, a pair replaced while connections live, and what an idle session holds.
#include "net/tls_handler.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "certificates.h"
#include "net/websocket_handler.h"
#include "support/temp_dir.h"
#include "tls_client.h"
#include "websocket_frames.h"

namespace sluice::net {
namespace {

using test::Driven;
using test::TlsClient;

class TlsHandlerTest : public ::testing::Test {
 protected:
  static std::unique_ptr<ConnectionHandler> serve_lines(const ConnectionInfo&) {
    return std::make_unique<test::LineServer>();
  }
  Driven server(const HandlerFactory& inner = serve_lines, TlsOptions options = {}) {
    Driven driven;
    driven.handler = over_tls(inner, context_, options)({});
    return driven;
  }

  sluice::test::TempDir folder_;
  test::CertificateFiles files_ = test::make_certificate(folder_.path(), "first");
  std::shared_ptr<TlsContext> context_ = TlsContext::load(files_.certificate, files_.key).value();
};

TEST_F(TlsHandlerTest, SpeaksBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Driven driven = server();
    TlsClient client(version);
    ASSERT_TRUE(client.shake_hands(driven)) << version;
    EXPECT_EQ(SSL_version(client.tls()), version);
    client.send(driven, "hello\ntwo\n");
    EXPECT_EQ(client.received(driven), "hello\none\ntwo\n");
  }
}

TEST_F(TlsHandlerTest, OldVersionsAreRefused) {
  Driven driven = server();
  TlsClient client(TLS1_1_VERSION);
  EXPECT_FALSE(client.shake_hands(driven));
  EXPECT_TRUE(driven.finished);
}

TEST_F(TlsHandlerTest, AnyCutOfTheStreamGivesTheSame) {
  for (const std::size_t chunk : {1u, 5u, 100u}) {
    Driven driven = server();
    TlsClient client;
    ASSERT_TRUE(client.shake_hands(driven, chunk));
    const std::string line(40'000, 'a');  // several records
    client.send(driven, line + "\nend\n", chunk);
    EXPECT_EQ(client.received(driven), line + "\nend\n");
  }
}

TEST_F(TlsHandlerTest, LargeAnswers) {
  Driven driven = server();
  TlsClient client;
  ASSERT_TRUE(client.shake_hands(driven));
  client.send(driven, "big 3000000\n");
  EXPECT_EQ(client.received(driven).size(), 3'000'001u);
}

TEST_F(TlsHandlerTest, BothSidesCanEndTheStream) {
  Driven driven = server();
  TlsClient client;
  ASSERT_TRUE(client.shake_hands(driven));
  client.send(driven, "bye\n");
  EXPECT_EQ(client.received(driven), "bye\n");
  EXPECT_TRUE(driven.finished);
  EXPECT_TRUE(client.told_of_the_end());

  Driven other = server();
  TlsClient leaver;
  ASSERT_TRUE(leaver.shake_hands(other));
  std::size_t written = 0;
  SSL_write_ex(leaver.tls(), "last\n", 5, &written);
  SSL_shutdown(leaver.tls());
  EXPECT_EQ(leaver.received(other), "last\n") << "what was asked before the end is answered";
  EXPECT_TRUE(other.finished);
  EXPECT_TRUE(leaver.told_of_the_end());
}

TEST_F(TlsHandlerTest, WhatIsNoTlsIsRefusedAtOnce) {
  Driven driven = server();
  driven.feed("{\"id\":0,\"method\":\"server.version\",\"params\":[]}\n");
  EXPECT_TRUE(driven.finished);
  driven.handler->receive("more");  // what a loop has read already does no harm
}

TEST_F(TlsHandlerTest, BrokenRecordsEndTheConnection) {
  Driven driven = server();
  TlsClient client;
  ASSERT_TRUE(client.shake_hands(driven));
  std::size_t written = 0;
  SSL_write_ex(client.tls(), "hello\n", 6, &written);
  std::string record = client.outgoing();
  record.back() = static_cast<char>(record.back() ^ 1);
  driven.feed(record);
  EXPECT_TRUE(driven.finished);
  EXPECT_EQ(client.received(driven), "");
}

TEST_F(TlsHandlerTest, AHandshakeIsBounded) {
  TlsOptions options;
  options.handshake_bytes_max = 100;
  Driven driven = server(serve_lines, options);
  TlsClient client;
  SSL_do_handshake(client.tls());
  const std::string hello = client.outgoing();
  driven.feed(std::string_view(hello).substr(0, 100));
  EXPECT_FALSE(driven.finished);
  driven.feed(std::string_view(hello).substr(100, 1));
  EXPECT_TRUE(driven.finished);
}

TEST_F(TlsHandlerTest, ARefusedConnectionIsClosed) {
  Driven driven = server([](const ConnectionInfo&) { return nullptr; });
  TlsClient client;
  EXPECT_FALSE(client.shake_hands(driven));
  EXPECT_TRUE(driven.finished);
}

TEST_F(TlsHandlerTest, NewsAreToldOnceTheHandshakeIsDone) {
  Driven driven = server();
  EXPECT_FALSE(driven.handler->notify(Event()));
  TlsClient client;
  ASSERT_TRUE(client.shake_hands(driven));
  EXPECT_TRUE(driven.handler->notify(Event()));
  driven.step_all();
  EXPECT_EQ(client.received(driven), "news\n");
}

TEST_F(TlsHandlerTest, ANewPairIsForNewConnections) {
  Driven old_server = server();
  TlsClient old_client;
  ASSERT_TRUE(old_client.shake_hands(old_server));
  EXPECT_EQ(old_client.server_name(), "first");
  const auto second = test::make_certificate(folder_.path(), "second");
  std::filesystem::rename(second.certificate, files_.certificate);
  std::filesystem::rename(second.key, files_.key);
  ASSERT_TRUE(context_->reload_if_changed().value());
  Driven new_server = server();
  TlsClient new_client;
  ASSERT_TRUE(new_client.shake_hands(new_server));
  EXPECT_EQ(new_client.server_name(), "second");
  old_client.send(old_server, "still here\n");
  EXPECT_EQ(old_client.received(old_server), "still here\n");
}

TEST_F(TlsHandlerTest, CarriesWebSocket) {
  Driven driven = server(over_websocket(serve_lines, {}));
  TlsClient client;
  ASSERT_TRUE(client.shake_hands(driven));
  client.send(driven, test::upgrade_request);
  EXPECT_TRUE(client.received(driven).starts_with("HTTP/1.1 101 "));
  client.send(driven, test::message("hello"));
  EXPECT_EQ(test::frames_of(client.received(driven)),
            (std::vector<test::Frame>{{test::final_bit | test::text, "hello"}}));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they have their own allocator
TEST_F(TlsHandlerTest, AnIdleSessionIsSmall) {
  constexpr std::size_t sessions = 200;
  std::vector<Driven> held;
  for (std::size_t i = 0; i < sessions + 10; ++i) {
    static std::size_t before = 0;
    if (i == 10) before = ::mallinfo2().uordblks;  // what the first ones set up is for all
    held.push_back(server());
    TlsClient client;
    ASSERT_TRUE(client.shake_hands(held.back()));
    client.send(held.back(), "big 100000\n" + std::string(20'000, 'q') + "\n");
    ASSERT_EQ(client.received(held.back()).size(), 120'002u);
    if (i + 1 < sessions + 10) continue;
    const std::size_t each = (::mallinfo2().uordblks - before) / sessions;
    std::printf("%zu bytes per idle TLS session\n", each);
    EXPECT_LT(each, 40u * 1024);
  }
}
#endif

}  // namespace
}  // namespace sluice::net
