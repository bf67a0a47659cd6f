// Sessions of one address: the last that fits, the first that does not, and places that are given back.
#include "net/address_limit.h"

#include <gtest/gtest.h>

#include "handler_support.h"

namespace sluice::net {
namespace {

HandlerFactory limited(unsigned sessions_max) {
  AddressLimit limit{sessions_max, {{*parse_ip_address("10.0.0.0"), 8}}};
  return limited_by_address(
      [](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
        if (info.peer_port == 666) return nullptr;
        return std::make_unique<test::LineServer>();
      },
      limit);
}

std::unique_ptr<ConnectionHandler> connect(const HandlerFactory& factory, std::string address, std::uint16_t port = 1) {
  ConnectionInfo info;
  info.peer_address = std::move(address);
  info.peer_port = port;
  return factory(info);
}

TEST(AddressLimit, HoldsForEachAddress) {
  const HandlerFactory factory = limited(2);
  auto first = connect(factory, "9.9.9.9");
  const auto second = connect(factory, "9.9.9.9");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(connect(factory, "9.9.9.9"));
  EXPECT_FALSE(connect(factory, "9.9.9.9")) << "a refusal takes no place";
  EXPECT_TRUE(connect(factory, "9.9.9.8"));
  first.reset();
  EXPECT_TRUE(connect(factory, "9.9.9.9"));
}

TEST(AddressLimit, OneCustomersIpv6NetworkIsOneAddress) {
  const HandlerFactory factory = limited(1);
  const auto held = connect(factory, "2001:db8::1");
  EXPECT_FALSE(connect(factory, "2001:db8::ffff:2"));
  EXPECT_TRUE(connect(factory, "2001:db8:0:1::1"));
}

TEST(AddressLimit, ProxiesAreExemptAndZeroIsNoLimit) {
  const HandlerFactory factory = limited(1);
  const HandlerFactory unlimited = limited(0);
  std::vector<std::unique_ptr<ConnectionHandler>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(connect(factory, "10.1.2.3"));
    held.push_back(connect(unlimited, "9.9.9.9"));
  }
  for (const auto& handler : held) EXPECT_TRUE(handler);
}

TEST(AddressLimit, ASessionThatWasNotMadeTakesNoPlace) {
  const HandlerFactory factory = limited(1);
  EXPECT_FALSE(connect(factory, "9.9.9.9", 666));
  EXPECT_TRUE(connect(factory, "9.9.9.9"));
}

TEST(AddressLimit, TheHandlerWorksAsBefore) {
  test::Driven driven;
  driven.handler = connect(limited(1), "9.9.9.9");
  driven.feed("hello\n");
  EXPECT_TRUE(driven.handler->notify(Event()));
  driven.step_all();
  EXPECT_EQ(driven.take(), "hello\nnews\n");
  EXPECT_TRUE(driven.handler->established());
}

}  // namespace
}  // namespace sluice::net
