// Headers of proxies: both versions, every cut, everything that is wrong with them, and that only
// listed proxies are listened to.
#include "net/proxy_protocol.h"

#include <gtest/gtest.h>

#include "handler_support.h"

namespace sluice::net {
namespace {

std::string binary(unsigned command, unsigned family, std::string_view extras) {
  std::string bytes("\r\n\r\n\0\r\nQUIT\n", 12);
  for (const std::size_t byte : {std::size_t{command}, std::size_t{family}, extras.size() >> 8, extras.size() & 0xff})
    bytes += static_cast<char>(byte);
  return bytes.append(extras);
}

constexpr std::string_view v4_extras("\xc0\x00\x02\x01\xc0\x00\x02\x09\xdc\x04\x01\xbb", 12);
const std::string v6_extras = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x01" +
                              std::string(16, '\x11') + std::string("\xdc\x04\x01\xbb", 4);

/// "address port", "-" for none, or what is wrong.
std::string read(std::string_view bytes) {
  const ProxyHeader header = read_proxy_header(bytes);
  if (header.outcome == ProxyOutcome::incomplete) return "incomplete";
  if (header.outcome == ProxyOutcome::malformed) return "malformed";
  return header.client ? to_text(header.client->address) + " " + std::to_string(header.client->port) : "-";
}

TEST(ProxyProtocol, TextHeaders) {
  EXPECT_EQ(read("PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n{}"), "192.0.2.1 56324");
  EXPECT_EQ(read("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"), "2001:db8::1 0");
  EXPECT_EQ(read("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"), "192.0.2.1 1");
  EXPECT_EQ(read("PROXY UNKNOWN\r\n"), "-");
  EXPECT_EQ(read("PROXY UNKNOWN what ever\r\n"), "-");
  EXPECT_EQ(read_proxy_header("PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n{}").consumed, 42u);
}

TEST(ProxyProtocol, BinaryHeaders) {
  EXPECT_EQ(read(binary(0x21, 0x11, v4_extras) + "{}"), "192.0.2.1 56324");
  EXPECT_EQ(read(binary(0x21, 0x21, v6_extras)), "2001:db8::1 56324");
  EXPECT_EQ(read(binary(0x21, 0x11, std::string(v4_extras) + "\x04\x01\x00x")), "192.0.2.1 56324") << "additions";
  EXPECT_EQ(read(binary(0x20, 0x11, v4_extras)), "-") << "the proxy speaks for itself";
  EXPECT_EQ(read(binary(0x21, 0x00, "")), "-");
  EXPECT_EQ(read(binary(0x21, 0x12, v4_extras)), "-") << "UDP";
  EXPECT_EQ(read_proxy_header(binary(0x21, 0x11, v4_extras) + "{}").consumed, 28u);
}

TEST(ProxyProtocol, AnyCutIsIncomplete) {
  for (const std::string& whole :
       {std::string("PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n"), binary(0x21, 0x11, v4_extras)}) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      ASSERT_EQ(read(std::string_view(whole).substr(0, size)), "incomplete") << size;
  }
}

TEST(ProxyProtocol, MalformedHeaders) {
  for (const std::string& bytes : {std::string("{\"id\":1}\n"),
                                   std::string("PROXX"),
                                   std::string("proxy TCP4"),
                                   std::string("\r\n\r\n\1"),
                                   std::string("PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n"),
                                   std::string("PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n"),
                                   std::string("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n"),
                                   std::string("PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n"),
                                   std::string("PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n"),
                                   std::string("PROXY TCP4 1.1.1.1 1.1.1.1 1 x\r\n"),
                                   std::string("PROXY TCP4 1.1.1 1.1.1.1 1 1\r\n"),
                                   std::string("PROXY TCP4 1.1.1.1 x 1 1\r\n"),
                                   std::string("PROXY TCP4 ::1 ::1 1 1\r\n"),
                                   std::string("PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n"),
                                   std::string("PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n"),
                                   std::string("PROXY \r\n"),
                                   "PROXY UNKNOWN " + std::string(200, 'x'),
                                   "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n",
                                   binary(0x11, 0x11, v4_extras),
                                   binary(0x22, 0x11, v4_extras),
                                   binary(0x21, 0x11, v4_extras.substr(1)),
                                   binary(0x21, 0x21, v4_extras),
                                   binary(0x21, 0x11, std::string(proxy_extras_bytes_max + 1, 'x'))}) {
    EXPECT_EQ(read(bytes), "malformed") << bytes;
  }
}

struct ProxyHandlerTest : ::testing::Test {
  test::Driven from(std::string address) {
    ConnectionInfo info;
    info.peer_address = std::move(address);
    const auto inner = [this](const ConnectionInfo& told) -> std::unique_ptr<ConnectionHandler> {
      client = told.peer_address + " " + std::to_string(told.peer_port);
      if (told.peer_address == "6.6.6.6") return nullptr;
      return std::make_unique<test::LineServer>();
    };
    test::Driven driven;
    driven.handler = behind_proxies(inner, {{*parse_ip_address("10.0.0.0"), 8}})(info);
    return driven;
  }
  std::string client;
};

TEST_F(ProxyHandlerTest, AListedProxyNamesTheClient) {
  for (const std::size_t chunk : {1u, 1000u}) {
    test::Driven driven = from("10.1.2.3");
    EXPECT_FALSE(driven.handler->notify(Event()));
    driven.feed("PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\nhello\n", chunk);
    EXPECT_EQ(client, "192.0.2.1 56324");
    EXPECT_EQ(driven.take(), "hello\n");
    EXPECT_TRUE(driven.handler->notify(Event()));
    driven.step_all();
    EXPECT_EQ(driven.take(), "news\n");
  }
}

TEST_F(ProxyHandlerTest, AListedProxyWithoutAHeaderIsRefused) {
  test::Driven driven = from("10.1.2.3");
  driven.feed("hello\n");
  EXPECT_TRUE(driven.finished);
  EXPECT_EQ(driven.take(), "");
  driven.handler->receive("more");
  EXPECT_EQ(client, "") << "no session was made";
}

TEST_F(ProxyHandlerTest, OthersAreTakenAtTheirSocketsAddress) {
  test::Driven driven = from("11.1.2.3");
  driven.feed("PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n");
  EXPECT_EQ(client, "11.1.2.3 0");
  EXPECT_EQ(driven.take(), "PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n") << "it is a line like any other";
}

TEST_F(ProxyHandlerTest, AClientThatIsRefusedIsClosed) {
  test::Driven driven = from("10.1.2.3");
  driven.feed("PROXY TCP4 6.6.6.6 192.0.2.9 56324 443\r\nhello\n");
  EXPECT_TRUE(driven.finished);
}

}  // namespace
}  // namespace sluice::net
