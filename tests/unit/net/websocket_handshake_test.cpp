// The opening request of a WebSocket: what is accepted with which answer, what is refused and how,
// and whose word about the client's address is taken.
#include "net/websocket_handshake.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

// The key and its answer are the example of RFC 6455, section 1.3.
const std::string example =
    "GET /chat?token=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, "
    "Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\nSec-WebSocket-Protocol: chat\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Version: 13\r\n";

Handshake read(std::string_view bytes) {
  std::size_t searched = 0;
  return read_handshake(bytes, searched);
}

std::string changed(std::string_view from, std::string_view to) {
  std::string text = example + "\r\n";
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(WebsocketHandshake, TheExampleOfTheStandard) {
  const Handshake handshake = read(example + "\r\nframes");
  EXPECT_EQ(handshake.outcome, HandshakeOutcome::accepted);
  EXPECT_EQ(handshake.consumed, example.size() + 2);
  EXPECT_EQ(handshake.answer,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  EXPECT_EQ(handshake.forwarded_for, "");
}

TEST(WebsocketHandshake, ArrivesInPieces) {
  const std::string whole = example + "\r\n";
  std::size_t searched = 0;
  for (std::size_t size = 0; size < whole.size(); ++size)
    ASSERT_EQ(read_handshake(std::string_view(whole).substr(0, size), searched).outcome, HandshakeOutcome::incomplete);
  EXPECT_EQ(read_handshake(whole, searched).outcome, HandshakeOutcome::accepted);
}

TEST(WebsocketHandshake, RefusesWithAReason) {
  const std::pair<std::string, std::string> cases[] = {
      {"{\"id\":1,\"method\":\"server.version\"}\n", "HTTP/1.1 400 "},
      {"POST / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nbroken header\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 "},
      {changed("HTTP/1.1", "HTTP/1.0"), "HTTP/1.1 426 "},
      {changed("Connection: keep-alive, Upgrade", "Connection: keep-alive"), "HTTP/1.1 426 "},
      {changed("Upgrade: websocket", "Upgrade: h2c"), "HTTP/1.1 426 "},
      {changed("Version: 13", "Version: 8"), "HTTP/1.1 426 "},
      {changed("dGhlIHNhbXBsZSBub25jZQ==", "short"), "HTTP/1.1 400 "},
      {changed("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ\"=="), "HTTP/1.1 400 "},
      {changed("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nX: " + std::string(handshake_bytes_max, 'x'), "HTTP/1.1 431 "},
      {"GET / HTTP/1.1\r\nX: " + std::string(handshake_bytes_max, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
  };
  for (const auto& [request, status] : cases) {
    const Handshake handshake = read(request);
    EXPECT_EQ(handshake.outcome, HandshakeOutcome::refused) << request.substr(0, 300);
    EXPECT_TRUE(handshake.answer.starts_with(status)) << request.substr(0, 300) << handshake.answer;
    EXPECT_NE(handshake.answer.find("Connection: close\r\n"), std::string::npos);
  }
}

TEST(WebsocketHandshake, AllForwardedForHeadersInOrder) {
  const Handshake handshake = read(example + "X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nx-forwarded-for: 3.3.3.3\r\n\r\n");
  EXPECT_EQ(handshake.forwarded_for, "1.1.1.1, 2.2.2.2,3.3.3.3");
}

ForwardedBy loopback(unsigned hops = 1) { return {{{*parse_ip_address("127.0.0.0"), 8}}, hops}; }

TEST(ForwardedFor, OnlyListedProxiesAreBelieved) {
  EXPECT_EQ(client_behind("127.0.0.1", "9.9.9.9", loopback()), "9.9.9.9");
  EXPECT_EQ(client_behind("128.0.0.1", "9.9.9.9", loopback()), "128.0.0.1");
  EXPECT_EQ(client_behind("127.0.0.1", "9.9.9.9", {}), "127.0.0.1");
}

TEST(ForwardedFor, CountsFromTheRight) {
  EXPECT_EQ(client_behind("127.0.0.1", "6.6.6.6, 9.9.9.9", loopback()), "9.9.9.9");
  EXPECT_EQ(client_behind("127.0.0.1", "6.6.6.6, 9.9.9.9 , 10.0.0.1", loopback(2)), "9.9.9.9");
  EXPECT_EQ(client_behind("127.0.0.1", "9.9.9.9", loopback(2)), "127.0.0.1") << "a proxy was gone round";
}

TEST(ForwardedFor, TakesAddressesOnly) {
  EXPECT_EQ(client_behind("127.0.0.1", "9.9.9.9:1234", loopback()), "9.9.9.9");
  EXPECT_EQ(client_behind("127.0.0.1", "[2001:DB8::1]:1234", loopback()), "2001:db8::1");
  EXPECT_EQ(client_behind("127.0.0.1", "::ffff:9.9.9.9", loopback()), "9.9.9.9");
  for (const char* nonsense : {"", " ", ",", "unknown", "9.9.9", "[::1", "9.9.9.9 evil", "1.2.3.4:5:6"})
    EXPECT_EQ(client_behind("127.0.0.1", nonsense, loopback()), "127.0.0.1") << nonsense;
}

TEST(IpNetworks, Contain) {
  const auto inside = [](const char* network, unsigned bits, const char* address) {
    return contains({*parse_ip_address(network), static_cast<std::uint8_t>(bits)}, *parse_ip_address(address));
  };
  EXPECT_TRUE(inside("10.0.0.0", 8, "10.255.1.2"));
  EXPECT_FALSE(inside("10.0.0.0", 8, "11.0.0.0"));
  EXPECT_TRUE(inside("172.16.0.0", 12, "172.31.0.1"));
  EXPECT_FALSE(inside("172.16.0.0", 12, "172.32.0.1"));
  EXPECT_TRUE(inside("1.2.3.4", 32, "1.2.3.4"));
  EXPECT_FALSE(inside("1.2.3.4", 32, "1.2.3.5"));
  EXPECT_TRUE(inside("0.0.0.0", 0, "9.9.9.9"));
  EXPECT_FALSE(inside("0.0.0.0", 0, "::1")) << "families do not mix";
  EXPECT_TRUE(inside("2001:db8::", 33, "2001:db8:7fff::1"));
  EXPECT_FALSE(inside("2001:db8::", 33, "2001:db8:8000::1"));
  EXPECT_TRUE(inside("::1", 128, "::1"));
}

}  // namespace
}  // namespace sluice::net
