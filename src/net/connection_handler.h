// What a connection does with its bytes. The loop owns the socket and the buffers; the handler
// owns the meaning.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::net {

enum class HandlerStep : std::uint8_t {
  idle,        ///< nothing more to do until bytes arrive
  progressed,  ///< one unit of work done; there may be more
  yielded,     ///< part of a long one done: the other connections of the loop come first
  finished,    ///< send what is in `out`, then close
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  /// Takes received bytes; keeps what it needs.
  virtual void receive(std::string_view bytes) = 0;
  /// Does one unit of work, appending to `out`. Called only while there is room for output.
  [[nodiscard]] virtual HandlerStep step(std::string& out) = 0;
};

struct ConnectionInfo {
  unsigned loop_index = 0;   ///< the thread that will call the handler; handlers of one loop never run at once
  std::string peer_address;  ///< numeric
  std::uint16_t peer_port = 0;
};

/// Called on the loop's thread; nullptr refuses the connection.
using HandlerFactory = std::function<std::unique_ptr<ConnectionHandler>(const ConnectionInfo&)>;

}  // namespace sluice::net
