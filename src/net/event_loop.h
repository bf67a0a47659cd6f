// The rules of a connection, whatever way its bytes move: when to read, when to work, when to
// send, when to give up. uring_loop and epoll_loop move the bytes.
//
//   receive --> handler --> pending --> sending --> socket
//      ^                       |           |
//      '--- paused while pending + sending exceed unsent_bytes_max
//
// An event from outside is marked by all handlers in one pass; those that have something to write
// get a turn, and write when there is room.
//
// All of it runs on one thread; only post() and stop() may be called from others.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/connection_handler.h"

namespace sluice::net {

struct LoopOptions {
  std::size_t unsent_bytes_max = std::size_t{1} << 20;  ///< above: neither read nor work
  unsigned steps_per_turn = 64;                         ///< then other connections have their turn
  unsigned turns_per_round = 1024;                      ///< then sockets are looked at again
  std::uint64_t send_stall_timeout_ms = 20'000;         ///< no byte taken for so long: abort
  std::uint64_t idle_timeout_ms = 600'000;              ///< nothing received for so long: close
  std::uint64_t handshake_timeout_ms = 10'000;          ///< not established for so long: close, as the peers have it
  std::uint64_t drain_timeout_ms = 2'000;               ///< time to send what is left when stopping
  unsigned sessions_max = 1000;                         ///< of all loops together
  bool multishot = true;                                ///< io_uring: multishot receive if the kernel has it
};

/// Shared by the loops of a server.
struct ServerCounters {
  std::atomic<unsigned> sessions{0};  // relaxed everywhere: a count, it publishes nothing
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};  ///< over sessions_max
  std::atomic<std::uint64_t> stalled{0};  ///< aborted: did not read
  std::atomic<std::uint64_t> idled{0};    ///< closed: said nothing, or not what comes first
};

struct Connection {
  int fd = -1;
  std::uint32_t slot = 0;          ///< index in the loop's table
  std::uint32_t operations = 0;    ///< io_uring operations in flight
  bool receiving = false;          ///< bytes are wanted
  bool receive_in_flight = false;  ///< io_uring: a receive (or its cancellation) has not ended yet
  bool sending_now = false;        ///< a send is in flight, or waits for the socket
  bool peer_done = false;          ///< the peer will send no more
  bool finishing = false;          ///< close when everything is sent
  bool dead = false;
  bool queued = false;             ///< waits for its next turn
  bool pumping = false;            ///< inside pump(): a send that completes at once must not start it again
  bool established = false;        ///< the handler has said so
  std::uint64_t resume_at_ms = 0;  ///< waits until then at most; 0: for an event only
  std::uint64_t accepted_at_ms = 0;
  std::uint64_t received_at_ms = 0;
  std::uint64_t progress_at_ms = 0;  ///< last time the socket took bytes, or had none to take
  std::string sending;
  std::size_t sent = 0;
  std::string pending;
  std::unique_ptr<ConnectionHandler> handler;

  [[nodiscard]] std::size_t unsent() const noexcept { return sending.size() - sent + pending.size(); }
};

/// A listening socket of a loop; the loop closes it.
struct Listener {
  int fd = -1;
  Transport transport = Transport::tcp;
};

class EventLoop {
 public:
  EventLoop(unsigned index, const LoopOptions& options, HandlerFactory factory, ServerCounters& counters);
  virtual ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Prepares the mechanism. Errors: io if the system refuses it.
  [[nodiscard]] virtual Status open(std::vector<Listener> listeners) = 0;
  /// Until stop(); then drains and returns.
  virtual void run() = 0;
  /// From any thread, any number of times.
  void stop() noexcept;
  /// From any thread: every connection that is there when the loop sees it is notified. Does not wait
  /// for that. Events wait as pointers for at most one round of the loop, and wake it once.
  void post(std::shared_ptr<const Event> event);

 protected:
  // The mechanism.
  virtual void start_send(Connection& connection) = 0;  ///< sending[sent..] to the socket
  virtual void set_receiving(Connection& connection, bool wanted) = 0;
  virtual void release(
      Connection&
          connection) = 0;  ///< forget_connection() when nothing refers to it, not before this round of events ends

  // What the mechanism reports.
  void on_accepted(int fd, Transport transport);
  void on_received(Connection& connection, std::string_view bytes);
  void on_peer_done(Connection& connection);
  void on_sent(Connection& connection, std::size_t bytes);
  void on_broken(Connection& connection) { drop(connection); }
  void on_tick();
  void on_stop();
  void on_woken();  ///< wake_fd() became readable: hands out the events

  virtual void adopt(Connection& connection) = 0;  ///< a new connection is in the table
  void forget_connection(Connection& connection);  ///< closes the socket and frees it
  void run_queue();                                ///< next turns of busy connections, turns_per_round at most
  [[nodiscard]] bool queue_empty() const noexcept { return queue_.empty(); }
  /// How long nothing is due of those that wait for a time; nullopt: none does.
  [[nodiscard]] std::optional<std::uint64_t> ms_until_resume() const;
  [[nodiscard]] bool finished() const noexcept { return stopping_ && connections_.empty(); }
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  [[nodiscard]] std::uint64_t tick_ms() const noexcept;
  [[nodiscard]] bool stop_wanted() const noexcept { return stop_wanted_.load(std::memory_order_acquire); }
  [[nodiscard]] int wake_fd() const noexcept { return wake_fd_; }
  [[nodiscard]] static std::uint64_t now_ms() noexcept { return steady_now_ms(); }

  LoopOptions options_;

 private:
  void wake() noexcept;
  void enqueue(Connection& connection);
  void resume_later(Connection& connection, std::uint64_t at_ms);
  void enqueue_due();
  void pump(Connection& connection);
  void drop(Connection& connection);
  void abort(Connection& connection);

  unsigned index_;
  HandlerFactory factory_;
  ServerCounters& counters_;
  int wake_fd_ = -1;
  std::atomic<bool> stop_wanted_{false};  // release in stop(), acquire in stop_wanted()
  std::mutex posted_mutex_;               // held for one push or one swap
  std::vector<std::shared_ptr<const Event>> posted_;
  bool stopping_ = false;
  std::uint64_t drain_until_ms_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> queue_;
  std::set<std::pair<std::uint64_t, Connection*>> waiting_;  // by resume_at_ms
};

/// Refusal by the system is reported by open().
[[nodiscard]] std::unique_ptr<EventLoop> make_epoll_loop(unsigned index, const LoopOptions& options,
                                                         HandlerFactory factory, ServerCounters& counters);
[[nodiscard]] std::unique_ptr<EventLoop> make_uring_loop(unsigned index, const LoopOptions& options,
                                                         HandlerFactory factory, ServerCounters& counters);

}  // namespace sluice::net
