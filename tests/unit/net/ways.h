// The ways of moving bytes that every test of the server runs over. One that cannot run fails.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "net/tcp_server.h"

namespace sluice::net::test {

struct Way {
  IoBackend backend;
  bool multishot;
  const char* name;
};

inline auto every_way() {
  return ::testing::Values(Way{IoBackend::io_uring, true, "io_uring"}, Way{IoBackend::io_uring, false, "io_uring_poll"},
                           Way{IoBackend::epoll, true, "epoll"});
}

inline std::string name_of_way(const ::testing::TestParamInfo<Way>& way) { return way.param.name; }

template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  for (const auto until = std::chrono::steady_clock::now() + limit; std::chrono::steady_clock::now() < until;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return condition();
}

/// Descriptors for two ends of this many connections.
inline void allow_connections(rlim_t count) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, std::max<rlim_t>(files.rlim_cur, 2 * count + 200));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  ASSERT_GE(files.rlim_cur, 2 * count + 200);
}

}  // namespace sluice::net::test
