#include "net/tcp_server.h"

#include <unistd.h>

#include <cstdlib>
#include <future>
#include <thread>

#include "net/listen_socket.h"

namespace sluice::net {

struct TcpServer::Thread {
  std::unique_ptr<EventLoop> loop;
  std::thread thread;
};

Result<IoBackend> io_backend_from_environment() {
  const char* value = std::getenv("SLUICE_IO");
  const std::string_view text = value == nullptr ? "" : value;
  if (text.empty()) return IoBackend::automatic;
  if (text == "io_uring") return IoBackend::io_uring;
  if (text == "threads") return IoBackend::epoll;
  return Error{ErrorKind::config, "SLUICE_IO is '" + std::string(text) + "'; allowed are io_uring and threads"};
}

TcpServer::TcpServer() = default;

TcpServer::~TcpServer() { stop(); }

Status TcpServer::add_loop(const TcpServerOptions& options, const HandlerFactory& factory, bool uring) {
  std::vector<int> listeners;
  const auto close_all = [&] {
    for (const int fd : listeners) ::close(fd);
  };
  const bool first = threads_.empty();
  if (first) {
    ports_.assign(options.listen.size(), 0);
    not_opened_.clear();
  }
  for (std::size_t i = 0; i < options.listen.size(); ++i) {
    if (!first && ports_[i] == 0) continue;
    auto socket = open_listener(options.listen[i].host, first ? options.listen[i].port : ports_[i], first);
    if (socket) {
      listeners.push_back(socket.value().fd);
      ports_[i] = socket.value().port;
    } else if (first) {
      not_opened_.push_back(std::move(socket).error());
    } else {
      close_all();
      return std::move(socket).error();
    }
  }
  if (listeners.empty()) return not_opened_.front();
  auto thread = std::make_unique<Thread>();
  const auto index = static_cast<unsigned>(threads_.size());
  thread->loop = (uring ? make_uring_loop : make_epoll_loop)(index, options.loop, factory, counters_);
  // The loop owns the sockets from here on, whether it opens or not. It is opened on its own thread:
  // io_uring interrupts the system calls of the thread that made a ring.
  std::promise<Status> opened;
  thread->thread = std::thread([loop = thread->loop.get(), &opened, sockets = std::move(listeners)]() mutable {
    Status status = loop->open(std::move(sockets));
    const bool usable = status.ok();
    opened.set_value(std::move(status));
    if (usable) loop->run();
  });
  Status status = opened.get_future().get();
  if (!status) {
    thread->thread.join();
    return status;
  }
  threads_.push_back(std::move(thread));
  return {};
}

Status TcpServer::open_loops(const TcpServerOptions& options, const HandlerFactory& factory) {
  bool uring = options.backend != IoBackend::epoll;
  for (unsigned i = 0; i < options.loops; ++i) {
    Status added = add_loop(options, factory, uring);
    const bool refused = !added && uring && added.error().kind == ErrorKind::unsupported;
    if (refused && options.backend == IoBackend::automatic) {
      backend_note_ = added.error().message;
      stop();  // all loops work the same way
      threads_.clear();
      uring = false;
      i = 0;
      added = add_loop(options, factory, false);
    }
    if (!added) return added;
  }
  backend_ = uring ? "io_uring" : "epoll";
  return {};
}

Result<std::unique_ptr<TcpServer>> TcpServer::start(const TcpServerOptions& options, HandlerFactory factory) {
  if (options.listen.empty()) return Error{ErrorKind::config, "no address to listen on"};
  if (options.loops == 0) return Error{ErrorKind::config, "a server needs at least one thread"};
  std::unique_ptr<TcpServer> server(new TcpServer);
  if (const Status opened = server->open_loops(options, factory); !opened) {
    server->stop();
    return opened.error();
  }
  return server;
}

void TcpServer::post(const std::shared_ptr<const Event>& event) {
  for (auto& thread : threads_) thread->loop->post(event);
}

void TcpServer::stop() {
  for (auto& thread : threads_) thread->loop->stop();
  for (auto& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
}

}  // namespace sluice::net
