// What a connection holds, seen inside a loop that moves no bytes.
#include <gtest/gtest.h>

#include "counting_loop.h"
#include "handler_support.h"

namespace sluice::net {
namespace {

TEST(IdleConnection, KeepsNoLargeBuffer) {
  ServerCounters counters;
  test::CountingLoop loop(
      0, LoopOptions{}, [](const ConnectionInfo&) { return std::make_unique<test::LineServer>(); }, counters);
  loop.accept_one();
  loop.receive_all("big 500000\n");
  loop.receive_all("x\n");
  const Connection& connection = *loop.connections().front();
  EXPECT_EQ(loop.sends, 2);
  EXPECT_LE(connection.sending.capacity() + connection.pending.capacity(), 2u * 4096);
}

}  // namespace
}  // namespace sluice::net
