// Who is banned: what a file may say, what it may not, and that the banned get no handler.
#include "net/ban_list.h"

#include <gtest/gtest.h>

#include <fstream>

#include "handler_support.h"
#include "support/temp_dir.h"

namespace sluice::net {
namespace {

bool holds(const NetworkSet& set, std::string_view address) { return set.contains(*parse_ip_address(address)); }

void write(const std::filesystem::path& path, std::string_view text) { std::ofstream(path) << text; }

TEST(BanList, AddressesAndNetworks) {
  const auto list = parse_ban_list(
      "# spammers\n\n 203.0.113.7 # "
      "one\r\n198.51.100.99/24\n2001:db8:1::/48\n::ffff:192.0.2.1\n203.0.113.7\n10.0.0.0/8");
  ASSERT_TRUE(list.ok()) << list.error().message;
  EXPECT_EQ(list.value().size(), 5u);
  for (const char* banned :
       {"203.0.113.7", "198.51.100.1", "2001:db8:1:ffff::1", "192.0.2.1", "10.255.0.1", "::ffff:203.0.113.7"})
    EXPECT_TRUE(holds(list.value(), banned)) << banned;
  for (const char* free : {"203.0.113.8", "198.51.101.1", "2001:db8:2::1", "192.0.2.2", "11.0.0.1"})
    EXPECT_FALSE(holds(list.value(), free)) << free;
}

TEST(BanList, EverybodyOfAKind) {
  const auto list = parse_ban_list("0.0.0.0/0\n");
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(holds(list.value(), "8.8.8.8"));
  EXPECT_FALSE(holds(list.value(), "2001:db8::1"));
}

TEST(BanList, WrongLinesAreNamed) {
  for (const char* wrong :
       {"1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/8x", "::/129", "example.org", "1.2.3.4 5.6.7.8"}) {
    const auto list = parse_ban_list(std::string("# first\n1.1.1.1\n") + wrong + "\n");
    ASSERT_FALSE(list.ok()) << wrong;
    EXPECT_NE(list.error().message.find("line 3"), std::string::npos) << list.error().message;
  }
}

TEST(BanList, WhatWasReadStaysWhenTheFileIsWrong) {
  const sluice::test::TempDir directory;
  const auto path = directory.path() / "bans";
  BanList list(path);
  const Status missing = list.load();
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find(path.string()), std::string::npos);
  write(path, "203.0.113.7\n");
  ASSERT_TRUE(list.load().ok());
  write(path, "nonsense\n");
  EXPECT_FALSE(list.load().ok());
  EXPECT_TRUE(list.contains("203.0.113.7"));
  write(path, "203.0.113.8\n");
  ASSERT_TRUE(list.load().ok());
  EXPECT_FALSE(list.contains("203.0.113.7"));
  EXPECT_TRUE(list.contains("203.0.113.8"));
  EXPECT_FALSE(list.contains("no address"));
}

TEST(BanList, TheBannedGetNoHandler) {
  const sluice::test::TempDir directory;
  const auto path = directory.path() / "bans";
  write(path, "203.0.113.0/24\n");
  const auto list = std::make_shared<BanList>(path);
  ASSERT_TRUE(list->load().ok());
  const auto factory =
      refused_to_banned([](const ConnectionInfo&) { return std::make_unique<test::LineServer>(); }, list);
  ConnectionInfo info;
  info.peer_address = "203.0.113.99";
  EXPECT_EQ(factory(info), nullptr);
  info.peer_address = "198.51.100.1";
  EXPECT_NE(factory(info), nullptr);
  EXPECT_EQ(list->refused(), 1u);
}

}  // namespace
}  // namespace sluice::net
