// A loop that moves no bytes.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "net/event_loop.h"

namespace sluice::net::test {

/// Takes everything that is sent at once, and counts what it is asked to do.
class CountingLoop final : public EventLoop {
 public:
  using EventLoop::EventLoop;
  Status open(std::vector<Listener>) override { return {}; }
  void run() override {}
  void accept_one() {
    int pair[2] = {-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    peers_.push_back(pair[1]);
    on_accepted(pair[0], Transport::tcp);
  }
  void tell(const std::shared_ptr<const Event>& event) {
    post(event);
    on_woken();
    while (!queue_empty()) run_queue();
  }
  void receive_all(std::string_view bytes) {
    for (Connection* connection : adopted_) on_received(*connection, bytes);
  }
  ~CountingLoop() override {
    for (const int fd : peers_) ::close(fd);
  }

  const std::vector<Connection*>& connections() const { return adopted_; }

  int sends = 0;
  int receive_changes = 0;

 protected:
  void start_send(Connection& connection) override {
    ++sends;
    on_sent(connection, connection.sending.size());
  }
  void set_receiving(Connection& connection, bool wanted) override {
    receive_changes += connection.receiving == wanted ? 0 : 1;
    connection.receiving = wanted;
  }
  void release(Connection&) override {}
  void adopt(Connection& connection) override { adopted_.push_back(&connection); }

 private:
  std::vector<Connection*> adopted_;
  std::vector<int> peers_;
};

}  // namespace sluice::net::test
