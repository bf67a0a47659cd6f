// Which addresses pay together.
#include "net/cost_places.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(CostPlaces, SubnetsAndAddresses) {
  const CostGroups groups;
  EXPECT_EQ(cost_places(groups, "203.0.113.77").address, "203.0.113.77");
  EXPECT_EQ(cost_places(groups, "203.0.113.77").subnet, "203.0.113.0/24");
  EXPECT_EQ(cost_places(groups, "::ffff:203.0.113.77").subnet, "203.0.113.0/24");
  EXPECT_EQ(cost_places(groups, "2001:db8:1:2:3:4:5:6").address, "2001:db8:1:2::");
  EXPECT_EQ(cost_places(groups, "2001:db8:1:2:3:4:5:6").subnet, "2001:db8:1::/48");
}

TEST(CostPlaces, OtherPrefixes) {
  CostGroups groups;
  groups.ipv4_bits = 19;
  groups.ipv6_bits = 0;
  EXPECT_EQ(cost_places(groups, "203.0.113.77").subnet, "203.0.96.0/19");
  EXPECT_EQ(cost_places(groups, "2001:db8::1").subnet, "::/0");
}

TEST(CostPlaces, PrivateAndExemptAddressesPayForNobody) {
  CostGroups groups;
  groups.exempt = {{*parse_ip_address("203.0.113.0"), 24}};
  for (const char* address : {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.7.7", "169.254.1.1", "::1", "fd00::1",
                              "fe80::1", "203.0.113.9", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(cost_places(groups, address).subnet, "") << address;
    EXPECT_EQ(cost_places(groups, address).address, "") << address;
  }
  EXPECT_NE(cost_places(groups, "172.32.0.1").subnet, "");
  EXPECT_EQ(cost_places(groups, "somebody.onion").subnet, "unknown_addr");
}

}  // namespace
}  // namespace sluice::net
