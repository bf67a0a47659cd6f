// The loop over io_uring: multishot accept, multishot receive into a ring of provided buffers, one
// send in flight per connection. Where the kernel lacks the buffer ring or multishot receive, a
// connection is polled for readability and then read with recv().
//
// Every operation carries a pointer with its kind in the low bits. A connection counts its
// operations and is freed only when none is in flight.
#include <liburing.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "net/event_loop.h"

namespace sluice::net {
namespace {

constexpr unsigned submission_entries = 256;
constexpr unsigned completion_entries = 4096;
constexpr unsigned buffer_count = 64;  // a power of two, as the kernel wants
constexpr unsigned buffer_bytes = 8 * 1024;
constexpr std::uint16_t buffer_group = 0;

enum class Kind : std::uintptr_t { none, receive, poll_receive, send, accept, wake, tick };
constexpr std::uintptr_t kind_mask = 7;
static_assert(alignof(Connection) > kind_mask - 1 && alignof(Connection) >= 8);

std::uint64_t tagged(const void* pointer, Kind kind) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer) | static_cast<std::uintptr_t>(kind);
}

/// Listening sockets need an address of their own with free low bits.
struct alignas(8) ArmedListener {
  Listener listener;
  bool armed = false;
};

class UringLoop final : public EventLoop {
 public:
  using EventLoop::EventLoop;
  ~UringLoop() override {
    for (const ArmedListener& armed : listeners_) ::close(armed.listener.fd);
    close_ring();
    if (buffers_ != nullptr) ::munmap(buffers_, buffer_ring_bytes());
  }

  Status open(std::vector<Listener> listeners) override {
    for (const Listener& listener : listeners) listeners_.push_back({listener, false});
    io_uring_params params{};
    params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    params.cq_entries = completion_entries;
    const int opened = io_uring_queue_init_params(submission_entries, &ring_, &params);
    if (opened < 0) return Error{ErrorKind::unsupported, std::string("io_uring is refused: ") + std::strerror(-opened)};
    ring_open_ = true;
    if (wake_fd() < 0) return Error{ErrorKind::io, std::string("eventfd: ") + std::strerror(errno)};
    storage_ = std::make_unique_for_overwrite<char[]>(std::size_t{buffer_count} * buffer_bytes);
    multishot_ = options_.multishot && register_buffers();
    return {};
  }

  void run() override {
    arm_wake();
    arm_tick();
    arm_accepts();
    while (!finished()) {
      const int waited = queue_empty() ? submit_and_wait() : io_uring_submit(&ring_);
      if (waited < 0 && waited != -EINTR && waited != -EBUSY && waited != -EAGAIN && waited != -ETIME) break;
      io_uring_cqe* completion = nullptr;
      while (io_uring_peek_cqe(&ring_, &completion) == 0) {
        const io_uring_cqe copy = *completion;
        io_uring_cqe_seen(&ring_, completion);
        handle(copy);
      }
      run_queue();
      free_released();
    }
    close_ring();  // here, not in the destructor: closing interrupts the thread that made the ring
  }

 protected:
  void adopt(Connection&) override {}

  void set_receiving(Connection& connection, bool wanted) override {
    if (connection.receiving == wanted || connection.dead) return;
    connection.receiving = wanted;
    if (wanted) arm_receive(connection);
    else cancel(tagged(&connection, multishot_ ? Kind::receive : Kind::poll_receive));
  }

  void start_send(Connection& connection) override {
    io_uring_sqe* entry = next_entry();
    io_uring_prep_send(entry, connection.fd, connection.sending.data() + connection.sent,
                       connection.sending.size() - connection.sent, MSG_NOSIGNAL);
    io_uring_sqe_set_data64(entry, tagged(&connection, Kind::send));
    ++connection.operations;
  }

  void release(Connection& connection) override {
    if (connection.operations == 0) released_.push_back(&connection);
  }

 private:
  static constexpr std::size_t buffer_ring_bytes() noexcept { return buffer_count * sizeof(io_uring_buf); }

  /// The 2.3 library has no helper that sets up a buffer ring, so the memory is taken here.
  bool register_buffers() {
    void* memory = ::mmap(nullptr, buffer_ring_bytes(), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (memory == MAP_FAILED) return false;
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
    registration.ring_entries = buffer_count;
    registration.bgid = buffer_group;
    if (io_uring_register_buf_ring(&ring_, &registration, 0) != 0) {
      ::munmap(memory, buffer_ring_bytes());
      return false;
    }
    buffers_ = static_cast<io_uring_buf_ring*>(memory);
    io_uring_buf_ring_init(buffers_);
    for (unsigned i = 0; i < buffer_count; ++i) add_buffer(static_cast<std::uint16_t>(i), static_cast<int>(i));
    io_uring_buf_ring_advance(buffers_, static_cast<int>(buffer_count));
    return true;
  }

  char* buffer(std::uint16_t id) noexcept { return storage_.get() + std::size_t{id} * buffer_bytes; }

  void add_buffer(std::uint16_t id, int offset) noexcept {
    io_uring_buf_ring_add(buffers_, buffer(id), buffer_bytes, id, io_uring_buf_ring_mask(buffer_count), offset);
  }

  void close_ring() {
    if (ring_open_) io_uring_queue_exit(&ring_);
    ring_open_ = false;
  }

  io_uring_sqe* next_entry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    while (entry == nullptr) {  // the submission ring is full: hand it over, then there is room
      const int submitted = io_uring_submit(&ring_);
      SLUICE_CHECK(submitted >= 0 || submitted == -EINTR || submitted == -EBUSY || submitted == -EAGAIN);
      entry = io_uring_get_sqe(&ring_);
    }
    return entry;
  }

  void arm_receive(Connection& connection) {
    // One receive at a time: while a cancelled one has not reported yet, its report arms again.
    if (connection.dead || connection.receive_in_flight) return;
    io_uring_sqe* entry = next_entry();
    if (multishot_) {
      io_uring_prep_recv_multishot(entry, connection.fd, nullptr, 0, 0);
      entry->flags |= IOSQE_BUFFER_SELECT;
      entry->buf_group = buffer_group;
      io_uring_sqe_set_data64(entry, tagged(&connection, Kind::receive));
    } else {
      io_uring_prep_poll_add(entry, connection.fd, POLLIN);
      io_uring_sqe_set_data64(entry, tagged(&connection, Kind::poll_receive));
    }
    connection.receive_in_flight = true;
    ++connection.operations;
  }

  void cancel(std::uint64_t data) {
    io_uring_sqe* entry = next_entry();
    io_uring_prep_cancel64(entry, data, 0);
    io_uring_sqe_set_data64(entry, tagged(nullptr, Kind::none));
  }

  int submit_and_wait() {
    const auto wait_ms = ms_until_resume();
    if (!wait_ms) return io_uring_submit_and_wait(&ring_, 1);
    __kernel_timespec until{};
    until.tv_sec = static_cast<long long>(*wait_ms / 1000);
    until.tv_nsec = static_cast<long long>(*wait_ms % 1000) * 1'000'000;
    io_uring_cqe* first = nullptr;  // taken by the caller
    return io_uring_submit_and_wait_timeout(&ring_, &first, 1, &until, nullptr);
  }

  void arm_wake() {
    io_uring_sqe* entry = next_entry();
    io_uring_prep_poll_add(entry, wake_fd(), POLLIN);
    io_uring_sqe_set_data64(entry, tagged(nullptr, Kind::wake));
  }

  void arm_tick() {
    const std::uint64_t ms = tick_ms();
    tick_.tv_sec = static_cast<long long>(ms / 1000);
    tick_.tv_nsec = static_cast<long long>(ms % 1000) * 1'000'000;
    io_uring_sqe* entry = next_entry();
    io_uring_prep_timeout(entry, &tick_, 0, 0);
    io_uring_sqe_set_data64(entry, tagged(nullptr, Kind::tick));
  }

  void arm_accepts() {
    if (stopping()) return;
    for (ArmedListener& armed : listeners_) {
      if (armed.armed) continue;
      io_uring_sqe* entry = next_entry();
      io_uring_prep_multishot_accept(entry, armed.listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
      io_uring_sqe_set_data64(entry, tagged(&armed, Kind::accept));
      armed.armed = true;
    }
  }

  void handle(const io_uring_cqe& completion) {
    auto* pointer = reinterpret_cast<void*>(static_cast<std::uintptr_t>(completion.user_data) & ~kind_mask);
    switch (static_cast<Kind>(completion.user_data & kind_mask)) {
      case Kind::receive: return received(*static_cast<Connection*>(pointer), completion);
      case Kind::poll_receive: return readable(*static_cast<Connection*>(pointer), completion.res);
      case Kind::send: return sent(*static_cast<Connection*>(pointer), completion.res);
      case Kind::accept: return accepted(*static_cast<ArmedListener*>(pointer), completion);
      case Kind::wake:
        on_woken();
        if (stop_wanted()) stop_all();
        return arm_wake();
      case Kind::tick:
        on_tick();
        arm_accepts();  // in case one ended for want of descriptors
        return arm_tick();
      case Kind::none: return;
    }
  }

  void accepted(ArmedListener& armed, const io_uring_cqe& completion) {
    if ((completion.flags & IORING_CQE_F_MORE) == 0) armed.armed = false;
    if (completion.res >= 0) {
      on_accepted(completion.res, armed.listener.transport);
      arm_accepts();
    }
    // After an error accepting goes on at the next tick, so that a lack of descriptors cannot spin.
  }

  void received(Connection& connection, const io_uring_cqe& completion) {
    const bool ended = (completion.flags & IORING_CQE_F_MORE) == 0;
    const int result = completion.res;
    if (ended) receive_done(connection);
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
      const auto id = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
      if (result > 0 && !connection.dead) on_received(connection, {buffer(id), static_cast<std::size_t>(result)});
      add_buffer(id, 0);
      io_uring_buf_ring_advance(buffers_, 1);
    }
    if (connection.dead) return;
    if (result == 0) on_peer_done(connection);
    else if (result == -EINVAL && ended)
      multishot_ = false;  // a kernel with buffer rings but without multishot receive
    else if (result < 0 && result != -ENOBUFS && result != -ECANCELED && result != -EINTR) on_broken(connection);
    if (ended && !connection.dead && connection.receiving) arm_receive(connection);
  }

  void readable(Connection& connection, int result) {
    receive_done(connection);
    if (connection.dead) return;
    if (result != -ECANCELED && connection.receiving) {
      const ssize_t size = ::recv(connection.fd, storage_.get(), buffer_bytes, MSG_DONTWAIT);
      if (size > 0) on_received(connection, {storage_.get(), static_cast<std::size_t>(size)});
      else if (size == 0) on_peer_done(connection);
      else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) on_broken(connection);
    }
    if (!connection.dead && connection.receiving) arm_receive(connection);
  }

  void sent(Connection& connection, int result) {
    const bool done = result > 0 || result == -EINTR || result == -EAGAIN;
    operation_done(connection);
    if (connection.dead) return;
    if (!done) return on_broken(connection);
    on_sent(connection, result > 0 ? static_cast<std::size_t>(result) : 0);
  }

  void operation_done(Connection& connection) {
    SLUICE_CHECK(connection.operations > 0);
    if (--connection.operations == 0 && connection.dead && !connection.queued) released_.push_back(&connection);
  }

  void receive_done(Connection& connection) {
    connection.receive_in_flight = false;
    operation_done(connection);
  }

  void stop_all() {
    if (stopping()) return;
    for (ArmedListener& armed : listeners_) {
      if (armed.armed) cancel(tagged(&armed, Kind::accept));
      ::shutdown(armed.listener.fd, SHUT_RDWR);
    }
    on_stop();
  }

  void free_released() {
    for (Connection* connection : released_) forget_connection(*connection);
    released_.clear();
  }

  io_uring ring_{};
  bool ring_open_ = false;
  bool multishot_ = false;
  std::vector<ArmedListener> listeners_;
  std::unique_ptr<char[]> storage_;
  io_uring_buf_ring* buffers_ = nullptr;
  __kernel_timespec tick_{};
  std::vector<Connection*> released_;
};

}  // namespace

std::unique_ptr<EventLoop> make_uring_loop(unsigned index, const LoopOptions& options, HandlerFactory factory,
                                           ServerCounters& counters) {
  return std::make_unique<UringLoop>(index, options, std::move(factory), counters);
}

}  // namespace sluice::net
