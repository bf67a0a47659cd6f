// The loop over epoll, for systems that refuse io_uring. Level triggered: interest follows what the
// connection wants, and sends go straight to the socket until it is full.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/event_loop.h"

namespace sluice::net {
namespace {

constexpr std::size_t receive_bytes = 16 * 1024;
constexpr int events_max = 256;

class EpollLoop final : public EventLoop {
 public:
  using EventLoop::EventLoop;
  ~EpollLoop() override {
    for (const Listener& listener : listeners_) ::close(listener.fd);
    if (epoll_fd_ >= 0) ::close(epoll_fd_);
  }

  Status open(std::vector<Listener> listeners) override {
    listeners_ = std::move(listeners);
    for (const Listener& listener : listeners_)
      ::fcntl(listener.fd, F_SETFL, ::fcntl(listener.fd, F_GETFL) | O_NONBLOCK);
    epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd_ < 0 || wake_fd() < 0) return Error{ErrorKind::io, std::string("epoll: ") + std::strerror(errno)};
    buffer_ = std::make_unique_for_overwrite<char[]>(receive_bytes);
    watch_listeners(true);
    return watch(wake_fd(), EPOLLIN, &wake_mark_, EPOLL_CTL_ADD)
               ? Status()
               : Error{ErrorKind::io, "epoll: cannot watch the wake event"};
  }

  void run() override {
    epoll_event events[events_max];
    std::uint64_t tick_at = now_ms() + tick_ms();
    while (!finished()) {
      const std::uint64_t now = now_ms();
      const std::uint64_t until_tick_ms = tick_at - std::min(tick_at, now);
      const std::uint64_t idle_ms = std::min(until_tick_ms, ms_until_resume().value_or(until_tick_ms));
      const int wait_ms = queue_empty() ? static_cast<int>(idle_ms) : 0;
      const int count = ::epoll_wait(epoll_fd_, events, events_max, wait_ms);
      for (int i = 0; i < count; ++i) handle(events[i]);
      // Not before: a later event of this round may be of a listening socket.
      if (stop_wanted() && !stopping()) stop_all();
      run_queue();
      free_released();
      if (now_ms() >= tick_at) {
        on_tick();
        free_released();
        watch_listeners(true);  // in case accepting was suspended
        tick_at = now_ms() + tick_ms();
      }
    }
  }

 protected:
  void adopt(Connection& connection) override {
    if (!watch(connection.fd, 0, &connection, EPOLL_CTL_ADD)) on_broken(connection);
  }

  void set_receiving(Connection& connection, bool wanted) override {
    if (connection.receiving == wanted) return;
    connection.receiving = wanted;
    update(connection);
  }

  void start_send(Connection& connection) override {
    while (true) {
      const auto* from = connection.sending.data() + connection.sent;
      const ssize_t sent =
          ::send(connection.fd, from, connection.sending.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        on_sent(connection, static_cast<std::size_t>(sent));
        return;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return on_broken(connection);
      // operations counts nothing else here: 1 means that writability is watched.
      waiting_to_send(connection, true);
      return;
    }
  }

  void release(Connection& connection) override { released_.push_back(&connection); }

 private:
  void handle(const epoll_event& event) {
    if (event.data.ptr == &wake_mark_) {
      on_woken();
      return;
    }
    for (const Listener& listener : listeners_) {
      if (event.data.ptr == &listener) return accept_all(listener);
    }
    Connection& connection = *static_cast<Connection*>(event.data.ptr);
    if (connection.dead) return;
    if ((event.events & EPOLLOUT) != 0) {
      waiting_to_send(connection, false);
      start_send(connection);
    }
    if (connection.dead) return;
    if ((event.events & EPOLLIN) != 0 && connection.receiving) receive(connection);
    else if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) on_broken(connection);
  }

  void stop_all() {
    watch_listeners(false);
    for (const Listener& listener : listeners_) ::close(listener.fd);
    listeners_.clear();
    on_stop();
  }

  void receive(Connection& connection) {
    const ssize_t size = ::recv(connection.fd, buffer_.get(), receive_bytes, MSG_DONTWAIT);
    if (size > 0) on_received(connection, {buffer_.get(), static_cast<std::size_t>(size)});
    else if (size == 0) on_peer_done(connection);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) on_broken(connection);
  }

  void accept_all(const Listener& listener) {
    while (true) {
      const int fd = ::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        on_accepted(fd, listener.transport);
        continue;
      }
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // Out of descriptors: level triggering would spin, so wait for the next tick.
      if (errno != EAGAIN && errno != EWOULDBLOCK) watch_listeners(false);
      return;
    }
  }

  void watch_listeners(bool wanted) {
    if (wanted == listening_) return;
    listening_ = wanted;
    for (Listener& listener : listeners_)
      (void)watch(listener.fd, EPOLLIN, &listener, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
  }

  void waiting_to_send(Connection& connection, bool waiting) {
    if ((connection.operations != 0) == waiting) return;
    connection.operations = waiting ? 1 : 0;
    update(connection);
  }

  void update(Connection& connection) {
    const std::uint32_t events = (connection.receiving ? static_cast<std::uint32_t>(EPOLLIN) : 0u) |
                                 (connection.operations != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
    (void)watch(connection.fd, events, &connection, EPOLL_CTL_MOD);
  }

  bool watch(int fd, std::uint32_t events, void* mark, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = mark;
    return ::epoll_ctl(epoll_fd_, operation, fd, &event) == 0;
  }

  /// Frees dead connections when no event of this round can refer to them any more.
  void free_released() {
    for (Connection* connection : released_) {
      connection->operations = 0;
      forget_connection(*connection);
    }
    released_.clear();
  }

  int epoll_fd_ = -1;
  int wake_mark_ = 0;
  bool listening_ = false;
  std::vector<Listener> listeners_;
  std::unique_ptr<char[]> buffer_;
  std::vector<Connection*> released_;
};

}  // namespace

std::unique_ptr<EventLoop> make_epoll_loop(unsigned index, const LoopOptions& options, HandlerFactory factory,
                                           ServerCounters& counters) {
  return std::make_unique<EpollLoop>(index, options, std::move(factory), counters);
}

}  // namespace sluice::net
