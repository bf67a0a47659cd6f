// A TCP server: listening sockets, one event loop per thread, a handler per connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/event_loop.h"

namespace sluice::net {

struct ListenAddress {
  std::string host;        ///< numeric IPv4 or IPv6, or a name; "" or "*": every address
  std::uint16_t port = 0;  ///< 0: the system picks one
};

enum class IoBackend : std::uint8_t { automatic, io_uring, epoll };

/// What SLUICE_IO says: `io_uring`, `threads` (epoll here), or nothing. Errors: config.
[[nodiscard]] Result<IoBackend> io_backend_from_environment();

struct TcpServerOptions {
  std::vector<ListenAddress> listen;
  unsigned loops = 1;  ///< threads; each listens on every address (SO_REUSEPORT)
  IoBackend backend = IoBackend::automatic;
  LoopOptions loop;
};

class TcpServer {
 public:
  /// Binds, starts the threads and returns; connections are taken from then on. Addresses that cannot
  /// be had are left out as long as one can.
  /// Errors: config (bad address), io (in use, not allowed), unsupported (io_uring forced but refused).
  [[nodiscard]] static Result<std::unique_ptr<TcpServer>> start(const TcpServerOptions& options,
                                                                HandlerFactory factory);
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  /// Takes no more connections, sends what was answered, closes, and waits for the threads.
  void stop();

  /// From any thread: the handler of every connection is notified, each on its loop's thread (see
  /// ConnectionHandler::notify). Does not wait for that; after stop() nobody is told any more.
  void post(const std::shared_ptr<const Event>& event);

  /// The port of the first address, resp. of each; 0 where it could not be listened on.
  [[nodiscard]] std::uint16_t port() const { return ports_.at(0); }
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const noexcept { return ports_; }
  /// Why addresses are not listened on although others are. For one line each in the log.
  [[nodiscard]] const std::vector<Error>& not_opened() const noexcept { return not_opened_; }
  /// "io_uring" or "epoll".
  [[nodiscard]] std::string_view backend() const noexcept { return backend_; }
  /// Why io_uring is not used although nobody forbade it; "" otherwise. For one line in the log.
  [[nodiscard]] const std::string& backend_note() const noexcept { return backend_note_; }
  [[nodiscard]] const ServerCounters& counters() const noexcept { return counters_; }

 private:
  struct Thread;
  TcpServer();
  [[nodiscard]] Status open_loops(const TcpServerOptions& options, const HandlerFactory& factory);
  [[nodiscard]] Status add_loop(const TcpServerOptions& options, const HandlerFactory& factory, bool uring);

  ServerCounters counters_;
  std::vector<std::uint16_t> ports_;
  std::vector<Error> not_opened_;
  std::string_view backend_;
  std::string backend_note_;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace sluice::net
