// What a connection does with its bytes. The loop owns the socket and the buffers; the handler
// owns the meaning.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::net {

/// Milliseconds of a clock that never goes back.
[[nodiscard]] std::uint64_t steady_now_ms() noexcept;

enum class HandlerStep : std::uint8_t {
  idle,        ///< nothing more to do until bytes arrive
  progressed,  ///< one unit of work done; there may be more
  yielded,     ///< part of a long one done: the other connections of the loop come first
  waiting,     ///< no step until notify() says so or resume_at_ms(); nothing is received meanwhile
  finished,    ///< send what is in `out`, then close
};

/// Something that happened outside of the connections, such as a new block. What it is, only the
/// handlers and whoever posts it know; it is shared by all threads and never changes.
class Event {
 public:
  virtual ~Event() = default;
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  /// Takes received bytes; keeps what it needs.
  virtual void receive(std::string_view bytes) = 0;
  /// Does one unit of work, appending to `out`. Called only while there is room for output.
  [[nodiscard]] virtual HandlerStep step(std::string& out) = 0;
  /// Marks what the peer is to be told of `event`; true: the next step has something to write. Called
  /// once for each event and connection, in order, also while there is no room for output, perhaps
  /// many times before the next step: the marks must not grow with the number of events. Called for
  /// every connection in one go, so it must be quick.
  [[nodiscard]] virtual bool notify(const Event& /*event*/) { return false; }
  /// After waiting: when it is to be stepped without any event, by steady_now_ms(); 0: not at all.
  [[nodiscard]] virtual std::uint64_t resume_at_ms() const { return 0; }
  /// Called about once a second with steady_now_ms(); true: the next step has something to write.
  [[nodiscard]] virtual bool tick(std::uint64_t /*now_ms*/) { return false; }
  /// False while the peer has yet to say what it must say first. Once true, it stays so.
  [[nodiscard]] virtual bool established() const { return true; }
};

/// What is spoken on a listening address below the lines.
enum class Transport : std::uint8_t { tcp, ssl, ws, wss };
[[nodiscard]] std::string_view name_of(Transport transport) noexcept;

struct ConnectionInfo {
  unsigned loop_index = 0;   ///< the thread that will call the handler; handlers of one loop never run at once
  std::string peer_address;  ///< numeric
  std::uint16_t peer_port = 0;
  Transport transport = Transport::tcp;  ///< of the address that was connected to
};

/// Called on the loop's thread; nullptr refuses the connection.
using HandlerFactory = std::function<std::unique_ptr<ConnectionHandler>(const ConnectionInfo&)>;

}  // namespace sluice::net
