// The grammars of SERVICES, REPORT_SERVICES, DAEMON_URL, HTTP_SERVICE, TRUSTED_PROXIES and of what `call` takes.
#include "config/endpoints.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sluice::config {
namespace {

std::string shown(const std::vector<Service>& services) {
  std::string out;
  for (const Service& service : services) out += (out.empty() ? "" : " ") + show(service);
  return out;
}

TEST(Services, accepted_forms) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"", ""},
      {",,", ""},
      {"tcp://0.0.0.0:50010,ssl://0.0.0.0:50012,wss://0.0.0.0:50011,rpc://127.0.0.1:8000",
       "tcp://0.0.0.0:50010 ssl://0.0.0.0:50012 wss://0.0.0.0:50011 rpc://127.0.0.1:8000"},
      {"tcp://:50010", "tcp://:50010"},
      {"rpc", "rpc://localhost:8000"},
      {"rpc://", "rpc://localhost:8000"},
      {"rpc://:9000", "rpc://localhost:9000"},
      {"rpc://[::1]:9000", "rpc://[::1]:9000"},
      {"TCP://Example.ORG:1", "tcp://example.org:1"},
      {"ws://[2001:db8::1]:65535", "ws://[2001:db8::1]:65535"},
      {"tcp://a:1,,tcp://a:2", "tcp://a:1 tcp://a:2"},
      {"tcp://my_host-1.local:1", "tcp://my_host-1.local:1"},
  };
  for (const auto& [text, expected] : cases) {
    const auto services = parse_services(text);
    ASSERT_TRUE(services.ok()) << text << ": " << services.error().message;
    EXPECT_EQ(shown(services.value()), expected) << text;
  }
}

TEST(Services, refused_forms) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"ftp://a:1", "unknown protocol"},
      {"http://a:1", "unknown protocol"},
      {"tcp", "expected PROTOCOL"},
      {"a:1", "expected PROTOCOL"},
      {"tcp://a", "missing port"},
      {"tcp://", "missing port"},
      {"tcp://a:0", "port"},
      {"tcp://a:65536", "port"},
      {"tcp://a:", "port"},
      {"tcp://a:x", "port"},
      {"tcp://a:+1", "port"},
      {"tcp://::1:80", "port"},
      {"tcp://[::1", "port"},
      {"tcp://[1.2.3.4]:1", "port"},
      {"tcp://a b:1", "host"},
      {"tcp://-a:1", "host"},
      {"tcp://a..b:1", "host"},
      {"tcp://1.2.3.256:1", "host"},
      {" tcp://a:1", "unknown protocol"},
      {"tcp://abc.onion:1", "onion"},
      {"rpc://0.0.0.0:8000", "localhost only"},
      {"rpc://10.0.0.1:8000", "localhost only"},
      {"tcp://a:1,ssl://a:1", "has multiple services"},
      {"tcp://a:1,ssl://A:1", "has multiple services"},
      {"tcp://a:1\n", "port"}};
  for (const auto& [text, part] : cases) {
    const auto services = parse_services(text);
    ASSERT_FALSE(services.ok()) << text;
    EXPECT_NE(services.error().message.find(part), std::string::npos) << text << ": " << services.error().message;
  }
}

TEST(ReportServices, only_what_others_can_reach) {
  EXPECT_EQ(shown(parse_report_services("ssl://electrum.example.org:50002,tcp://abcdefghij.onion:1").value()),
            "ssl://electrum.example.org:50002 tcp://abcdefghij.onion:1");
  for (const auto text : {"rpc", "rpc://localhost:8000", "tcp://localhost:1", "tcp://:1", "tcp://0.0.0.0:1",
                          "tcp://[::]:1", "tcp://224.0.0.1:1", "tcp://[ff02::1]:1"}) {
    EXPECT_FALSE(parse_report_services(text).ok()) << text;
  }
  for (const auto host :
       {"10.1.2.3", "172.31.0.1", "192.168.1.1", "127.0.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1"})
    EXPECT_TRUE(is_private_address(host)) << host;
  for (const auto host : {"8.8.8.8", "172.32.0.1", "2001:db8::1", "example.org"})
    EXPECT_FALSE(is_private_address(host)) << host;
}

TEST(DaemonUrls, accepted_forms) {
  struct Case {
    std::string_view text;
    DaemonUrl url;
  };
  const std::vector<Case> cases{
      {"http://user:pass@localhost:7332/", {false, "user", "pass", "localhost", 7332}},
      {" user:pass@host ", {false, "user", "pass", "host", 0}},
      {"https://u:p@[::1]:8332//", {true, "u", "p", "::1", 8332}},
      {"u:p@ss:word@1.2.3.4:1", {false, "u", "p@ss:word", "1.2.3.4", 1}},
      {"u:p%40ss%2g@h:1", {false, "u", "p@ss%2g", "h", 1}},
      {"u:a/b@h", {false, "u", "a/b", "h", 0}},
      {":p@h", {false, "", "p", "h", 0}},
      {"http://localhost:7332/", {false, "", "", "localhost", 7332}},
      {"[::1]", {false, "", "", "::1", 0}},
  };
  for (const Case& c : cases) {
    const auto urls = parse_daemon_urls(c.text);
    ASSERT_TRUE(urls.ok()) << c.text << ": " << urls.error().message;
    ASSERT_EQ(urls.value().size(), 1u);
    EXPECT_EQ(urls.value()[0], c.url) << c.text;
    EXPECT_EQ(urls.value()[0].has_credentials(), c.text.find('@') != std::string_view::npos) << c.text;
  }
  const auto two = parse_daemon_urls("u:p@a:1,http://u:p@b:2/");
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two.value()[1].host, "b");
  EXPECT_EQ(two.value()[0].logged(), "a:1/");
}

TEST(DaemonUrls, refused_forms_never_show_a_password) {
  for (const auto text : {"", "@host", "secret@host", "http://secret@host:1/", "u:secret", "u:pa,secret:x", "u:secret@",
                          "u:secret@host:0", "u:secret@host:70000", "u:secret@ho st", "u:secret@host/path",
                          "u:secret@host,", "u:secret@[::1"}) {
    const auto urls = parse_daemon_urls(text);
    ASSERT_FALSE(urls.ok()) << text;
    EXPECT_NE(urls.error().message.find("invalid daemon URL"), std::string::npos);
    EXPECT_EQ(urls.error().message.find("secret"), std::string::npos) << urls.error().message;
  }
}

TEST(Address, host_and_port_or_off) {
  EXPECT_FALSE(parse_address("").value().has_value());
  EXPECT_EQ(parse_address("127.0.0.1:8080").value(), (HostPort{"127.0.0.1", 8080}));
  EXPECT_EQ(parse_address(":8080").value(), (HostPort{"", 8080}));
  for (const auto text : {"8080", "127.0.0.1", "http://a:1", "a:0"}) EXPECT_FALSE(parse_address(text).ok()) << text;
}

TEST(AddressRanges, networks_lose_their_host_bits) {
  const auto ranges = parse_address_ranges("10.1.2.3/8, 192.168.1.1\t2001:db8:ffff::1/33,,::1/0");
  ASSERT_TRUE(ranges.ok()) << ranges.error().message;
  std::string text;
  for (const AddressRange& range : ranges.value()) text += show(range) + " ";
  EXPECT_EQ(text, "10.0.0.0/8 192.168.1.1/32 2001:db8:8000::/33 ::/0 ");
  for (const auto bad : {"10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "host", "10.0.0.0/8/8"})
    EXPECT_FALSE(parse_address_ranges(bad).ok()) << bad;
}

TEST(Endpoints, forms_of_call) {
  struct Case {
    std::string_view text;
    Endpoint endpoint;
  };
  const std::vector<Case> cases{{"127.0.0.1:50010", {Protocol::tcp, "127.0.0.1", 50010, "/"}},
                                {"ssl://Host:1", {Protocol::ssl, "host", 1, "/"}},
                                {"wss://[::1]:2/electrum", {Protocol::wss, "::1", 2, "/electrum"}},
                                {"http://h:3/rpc?x=1", {Protocol::http, "h", 3, "/rpc?x=1"}},
                                {"tcp://h:3/", {Protocol::tcp, "h", 3, "/"}},
                                {"rpc://localhost", {Protocol::rpc, "localhost", 8000, "/"}}};
  for (const Case& c : cases) {
    const auto endpoint = parse_endpoint(c.text);
    ASSERT_TRUE(endpoint.ok()) << c.text << ": " << endpoint.error().message;
    EXPECT_EQ(endpoint.value(), c.endpoint) << c.text;
  }
  for (const auto text : {"", "host", "ftp://h:1", "tcp://h:1/path", "http://h:1/a b", "http://h:1/a\r\nX: y", "h:0",
                          "://h:1", ":1", "h:1:2"}) {
    EXPECT_FALSE(parse_endpoint(text).ok()) << text;
  }
}

}  // namespace
}  // namespace sluice::config
