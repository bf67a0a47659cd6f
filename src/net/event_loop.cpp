#include "net/event_loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "base/text_buffer.h"

namespace sluice::net {
namespace {

constexpr std::size_t kept_capacity = 4096;  // an idle connection holds no more buffer than this

ConnectionInfo describe_peer(int fd, unsigned loop_index) {
  ConnectionInfo info;
  info.loop_index = loop_index;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return info;
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    info.peer_port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    info.peer_port = ntohs(v6.sin6_port);
  }
  info.peer_address = text;
  return info;
}

/// A socket that is closed with unread bytes is reset, and the peer loses answers that are under way.
void discard_unread(int fd) {
  constexpr std::size_t bytes_max = std::size_t{1} << 20;
  for (unsigned tries = 0; tries < 16 && ::recv(fd, nullptr, bytes_max, MSG_DONTWAIT | MSG_TRUNC) > 0; ++tries) {}
}

}  // namespace

EventLoop::EventLoop(unsigned index, const LoopOptions& options, HandlerFactory factory, ServerCounters& counters)
    : options_(options), index_(index), factory_(std::move(factory)), counters_(counters) {
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

EventLoop::~EventLoop() {
  for (const auto& connection : connections_) {
    ::close(connection->fd);
    counters_.sessions.fetch_sub(1, std::memory_order_relaxed);
  }
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void EventLoop::wake() noexcept {
  const std::uint64_t one = 1;
  // A full counter wakes the loop as well.
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void EventLoop::stop() noexcept {
  stop_wanted_.store(true, std::memory_order_release);
  wake();
}

void EventLoop::post(std::shared_ptr<const Event> event) {
  bool first = false;
  {
    const std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(event));
  }
  if (first) wake();
}

std::uint64_t steady_now_ms() noexcept {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

std::uint64_t EventLoop::tick_ms() const noexcept {
  const std::uint64_t shortest =
      std::min({options_.send_stall_timeout_ms, options_.idle_timeout_ms, options_.handshake_timeout_ms,
                stopping_ ? options_.drain_timeout_ms : options_.idle_timeout_ms});
  return std::clamp<std::uint64_t>(shortest / 4, 10, 1000);
}

void EventLoop::on_accepted(int fd, Transport transport) {
  const unsigned sessions = counters_.sessions.fetch_add(1, std::memory_order_relaxed);
  std::unique_ptr<ConnectionHandler> handler;
  if (!stopping_ && sessions < options_.sessions_max) {
    ConnectionInfo info = describe_peer(fd, index_);
    info.transport = transport;
    handler = factory_(info);
  }
  if (!handler) {
    counters_.sessions.fetch_sub(1, std::memory_order_relaxed);
    counters_.refused.fetch_add(1, std::memory_order_relaxed);
    ::close(fd);
    return;
  }
  counters_.accepted.fetch_add(1, std::memory_order_relaxed);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  auto connection = std::make_unique<Connection>();
  connection->fd = fd;
  connection->slot = static_cast<std::uint32_t>(connections_.size());
  connection->handler = std::move(handler);
  connection->accepted_at_ms = connection->received_at_ms = connection->progress_at_ms = now_ms();
  connections_.push_back(std::move(connection));
  Connection& added = *connections_.back();
  adopt(added);
  if (!added.dead) set_receiving(added, true);
}

void EventLoop::on_received(Connection& connection, std::string_view bytes) {
  if (connection.dead) return;
  connection.received_at_ms = now_ms();
  connection.handler->receive(bytes);
  pump(connection);
}

void EventLoop::on_peer_done(Connection& connection) {
  if (connection.dead) return;
  connection.peer_done = true;
  pump(connection);
}

void EventLoop::on_sent(Connection& connection, std::size_t bytes) {
  if (connection.dead) return;
  connection.sent += bytes;
  SLUICE_CHECK(connection.sent <= connection.sending.size());
  if (bytes > 0) connection.progress_at_ms = now_ms();
  if (connection.sent < connection.sending.size()) {
    start_send(connection);
    return;
  }
  connection.sent = 0;
  empty_buffer(connection.sending, kept_capacity);
  connection.sending_now = false;
  if (!connection.pumping) pump(connection);
}

void EventLoop::pump(Connection& connection) {
  connection.pumping = true;
  bool idle = false;
  bool waiting = false;
  unsigned steps = 0;
  while (!connection.finishing && connection.unsent() < options_.unsent_bytes_max && steps < options_.steps_per_turn) {
    const HandlerStep step = connection.handler->step(connection.pending);
    if (step == HandlerStep::idle) {
      idle = true;
      break;
    }
    waiting = step == HandlerStep::waiting;
    if (waiting || step == HandlerStep::yielded) break;
    connection.finishing = step == HandlerStep::finished;
    ++steps;
  }
  if (idle && connection.peer_done) connection.finishing = true;
  if (!connection.sending_now && !connection.pending.empty()) {
    connection.sending.swap(connection.pending);
    connection.sending_now = true;
    connection.progress_at_ms = now_ms();
    start_send(connection);
  }
  connection.pumping = false;
  if (connection.dead) return;
  resume_later(connection, waiting ? connection.handler->resume_at_ms() : 0);
  if (connection.finishing && connection.unsent() == 0) {
    discard_unread(connection.fd);
    drop(connection);
    return;
  }
  const bool has_room = connection.unsent() < options_.unsent_bytes_max;
  if (!idle && !waiting && !connection.finishing && has_room) enqueue(connection);
  // A connection with lines waiting is not read from: its input stays as small as its output.
  set_receiving(connection, idle && has_room && !connection.peer_done && !connection.finishing);
}

void EventLoop::enqueue(Connection& connection) {
  if (connection.queued) return;
  connection.queued = true;
  queue_.push_back(&connection);
}

void EventLoop::resume_later(Connection& connection, std::uint64_t at_ms) {
  if (connection.resume_at_ms == at_ms) return;
  if (connection.resume_at_ms != 0) waiting_.erase({connection.resume_at_ms, &connection});
  connection.resume_at_ms = at_ms;
  if (at_ms != 0) waiting_.emplace(at_ms, &connection);
}

void EventLoop::enqueue_due() {
  if (waiting_.empty()) return;
  const std::uint64_t now = now_ms();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Connection& connection = *waiting_.begin()->second;
    resume_later(connection, 0);
    enqueue(connection);
  }
}

std::optional<std::uint64_t> EventLoop::ms_until_resume() const {
  if (waiting_.empty()) return std::nullopt;
  const std::uint64_t due = waiting_.begin()->first;
  return due - std::min(due, now_ms());
}

void EventLoop::run_queue() {
  enqueue_due();
  std::vector<Connection*> turn;
  if (queue_.size() <= options_.turns_per_round) {
    turn.swap(queue_);
  } else {
    const auto until = queue_.begin() + options_.turns_per_round;
    turn.assign(queue_.begin(), until);
    queue_.erase(queue_.begin(), until);
  }
  for (Connection* connection : turn) connection->queued = false;
  for (Connection* connection : turn) {
    if (!connection->dead) pump(*connection);
    else if (!connection->queued) release(*connection);
  }
}

void EventLoop::drop(Connection& connection) {
  if (connection.dead) return;
  connection.dead = true;
  resume_later(connection, 0);
  connection.handler.reset();
  ::shutdown(connection.fd, SHUT_RDWR);
  if (!connection.queued) release(connection);  // else run_queue() still holds a pointer
}

void EventLoop::abort(Connection& connection) {
  // The peer gets a reset, and the kernel throws away what it would not take.
  const linger none{1, 0};
  ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  drop(connection);
}

void EventLoop::forget_connection(Connection& connection) {
  SLUICE_CHECK(connection.dead && !connection.queued && connection.operations == 0);
  const std::uint32_t slot = connection.slot;
  SLUICE_CHECK(slot < connections_.size() && connections_[slot].get() == &connection);
  ::close(connection.fd);
  counters_.sessions.fetch_sub(1, std::memory_order_relaxed);
  std::swap(connections_[slot], connections_.back());
  connections_[slot]->slot = slot;
  connections_.pop_back();
}

void EventLoop::on_tick() {
  const std::uint64_t now = now_ms();
  const bool drained_long_enough = stopping_ && now >= drain_until_ms_;
  for (std::size_t i = connections_.size(); i-- > 0;) {  // backwards: dropping moves the last one here
    Connection& connection = *connections_[i];
    if (connection.dead) continue;
    if (drained_long_enough) {
      abort(connection);
    } else if (connection.unsent() > 0 && now - connection.progress_at_ms >= options_.send_stall_timeout_ms) {
      counters_.stalled.fetch_add(1, std::memory_order_relaxed);
      abort(connection);
    } else if (connection.unsent() == 0 && !connection.queued &&
               now - connection.received_at_ms >= options_.idle_timeout_ms) {
      counters_.idled.fetch_add(1, std::memory_order_relaxed);
      drop(connection);
    } else if (!connection.established && !(connection.established = connection.handler->established()) &&
               now - connection.accepted_at_ms >= options_.handshake_timeout_ms) {
      counters_.idled.fetch_add(1, std::memory_order_relaxed);
      drop(connection);
    } else if (!connection.finishing && connection.handler->tick(now)) {
      enqueue(connection);
    }
  }
}

void EventLoop::on_woken() {
  std::uint64_t wakes = 0;
  // Before the events are taken: one that is posted after that wakes the loop again.
  [[maybe_unused]] const auto read = ::read(wake_fd_, &wakes, sizeof wakes);
  std::vector<std::shared_ptr<const Event>> events;
  {
    const std::lock_guard lock(posted_mutex_);
    events.swap(posted_);
  }
  if (events.empty()) return;
  for (const auto& connection : connections_) {
    if (connection->dead || connection->finishing) continue;
    bool has_output = false;
    for (const auto& event : events) has_output |= connection->handler->notify(*event);
    if (has_output) enqueue(*connection);
  }
}

void EventLoop::on_stop() {
  if (stopping_) return;
  stopping_ = true;
  drain_until_ms_ = now_ms() + options_.drain_timeout_ms;
  for (std::size_t i = connections_.size(); i-- > 0;) {
    Connection& connection = *connections_[i];
    if (connection.dead) continue;
    connection.peer_done = true;  // what was received is still answered, and no more is read
    pump(connection);
  }
}

}  // namespace sluice::net
