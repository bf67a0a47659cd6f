// Names of peers in the operator's form, and which hosts may be listed: what strangers send must never lead into a
// private network.
#include "peers/peer_name.h"

#include <gtest/gtest.h>

#include "peers/peer_host.h"

namespace sluice::peers {
namespace {

constexpr Ports mainnet_ports{50001, 50002};

TEST(PeerName, IsReadAndWritten) {
  for (const char* text : {"example.org v1.4.2 s50012 t50010", "example.org v1.4 s t", "1.2.3.4 v1.4 t1",
                           "2600::1 v1.6 p1000 s65535", "abcdefghij.onion v1.4 t"}) {
    const auto name = parse_real_name(text, mainnet_ports);
    ASSERT_TRUE(name.ok()) << text;
    EXPECT_EQ(real_name(name.value(), mainnet_ports), text);
  }
  const auto name = parse_real_name("  EXAMPLE.org.   t s7 x99 v p-1", mainnet_ports);
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name.value(), (PeerName{"example.org", {50001, 7}, "1.4", std::nullopt}));
}

TEST(PeerName, WhatCannotBeOneIsRefused) {
  for (const char* text :
       {"", "   ", "example.org", "example.org v1.4", "exa mple.org", "example.org t0", "example.org t65536",
        "example.org s99999999999", "example.org t-1", "example.org t5x", "-.org t", "1.2.3 t", "[::1] t",
        "example.org.. t", "ex\tample s\n", "a/b t", "a:5 t", "example.org t0x10"}) {
    EXPECT_FALSE(parse_real_name(text, mainnet_ports).ok()) << text;
  }
  EXPECT_FALSE(parse_real_name(std::string(300, 'a') + " t", mainnet_ports).ok());
  EXPECT_FALSE(parse_real_name("example.org t" + std::string(2000, ' '), mainnet_ports).ok());
  EXPECT_EQ(parse_real_name("example.org s0", mainnet_ports).error().message, "peer example.org: a port is 1 to 65535");
}

TEST(PeerName, ListsHaveCommas) {
  const auto names = parse_real_names(" , a.org t1 ,, b.org s2,", mainnet_ports);
  ASSERT_TRUE(names.ok());
  ASSERT_EQ(names.value().size(), 2u);
  EXPECT_EQ(names.value()[1].host, "b.org");
  EXPECT_FALSE(parse_real_names("a.org t1, b.org", mainnet_ports).ok());
}

TEST(PeerHost, OnlyTheOpenInternetIsPublic) {
  for (const char* host : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2600::1", "2a01:4f8::1",
                           "example.org", "a.b.c.example", "abcdefghij.onion", "2001:4860::8888"}) {
    EXPECT_TRUE(is_public_host(host)) << host;
  }
  for (const char* host : {"0.0.0.0",
                           "10.1.2.3",
                           "127.0.0.1",
                           "127.255.0.1",
                           "100.64.0.1",
                           "100.127.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "192.0.2.1",
                           "198.18.0.1",
                           "198.51.100.7",
                           "203.0.113.9",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:10.0.0.1",
                           "::ffff:8.8.8.8",
                           "64:ff9b::a00:1",
                           "2002:a00:1::",
                           "2001:0:1::",
                           "2001:db8::1",
                           "fc00::1",
                           "fe80::1",
                           "ff02::1",
                           "localhost",
                           "intranet",
                           "a.localhost",
                           "printer.local",
                           "db.internal",
                           "nas.home.arpa",
                           "router.lan",
                           "x.invalid",
                           "0x7f000001",
                           "a.0x7f000001",
                           "127.1"}) {
    EXPECT_FALSE(is_public_host(host)) << host;
  }
}

TEST(PeerHost, BucketsAreNetworks) {
  EXPECT_EQ(bucket_of("a.org", "8.8.1.2"), bucket_of("b.net", "8.8.200.1"));
  EXPECT_NE(bucket_of("a.org", "8.8.1.2"), bucket_of("a.org", "8.9.1.2"));
  EXPECT_EQ(bucket_of("a.org", "2600:1:2::1"), bucket_of("b.org", "2600:1:9::1"));
  EXPECT_NE(bucket_of("a.org", "2600:1:2::1"), bucket_of("a.org", "2600:2:2::1"));
  EXPECT_EQ(bucket_of("a.x.org", ""), bucket_of("b.x.org", ""));
  EXPECT_EQ(bucket_of("a.onion", ""), "onion");
  EXPECT_EQ(domain_of("example.org"), "example.org");
  EXPECT_EQ(domain_of("a.b.example.org"), "example.org");
  EXPECT_EQ(domain_of("8.8.1.1"), domain_of("8.8.7.7"));
  EXPECT_EQ(domain_of("single"), "single");
}

}  // namespace
}  // namespace sluice::peers
