// The node's notifications: hashblock, hashtx, rawblock, rawtx. Each message is topic, body and the topic's own
// sequence number (u32 LE); hashes are in display order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "devnet_node/rpc.h"

namespace sluice::devnet_node {

class ZmqPublisher {
 public:
  /// Listens on a port of 127.0.0.1; 0: one of the system's choice.
  /// Errors: io, the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<ZmqPublisher>> open(std::uint16_t port);
  ZmqPublisher(const ZmqPublisher&) = delete;
  ZmqPublisher& operator=(const ZmqPublisher&) = delete;
  ~ZmqPublisher();

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// What getzmqnotifications lists.
  [[nodiscard]] std::vector<RpcSwitches::ZmqAddress> addresses() const;

  void publish(const Transaction& tx);
  void publish(const Block& tip);

 private:
  struct Socket;
  explicit ZmqPublisher(std::unique_ptr<Socket> socket);
  std::unique_ptr<Socket> socket_;
};

}  // namespace sluice::devnet_node
