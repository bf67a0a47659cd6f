// A line to a peer over TCP or TLS, through Tor if it must be; by libcurl, which is seen in peer_connection.cpp only.
//
// Certificates are not checked, because Electrum servers sign their own. One deadline is for all of it, and so is the
// number of bytes; names are looked up within the deadline too. What is connected to is the address that was checked,
// whatever the name resolves to the next time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "peers/verification.h"
#include "serve/json_document.h"

namespace sluice::peers {

struct TorProxy {
  std::string host;
  std::vector<std::uint16_t> ports;  ///< tried in this order
};

/// Ends what waits for peers, at once and for ever.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void stop() noexcept;
  /// relaxed: the descriptor is what wakes.
  [[nodiscard]] bool is_stopped() const noexcept { return is_stopped_.load(std::memory_order_relaxed); }
  /// Readable once stopped.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  std::atomic<bool> is_stopped_{false};
  int descriptor_;
};

struct ConnectOptions {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  const TorProxy* proxy = nullptr;  ///< null: directly
  bool may_be_private = false;      ///< or an address that is not public is refused
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{40'000};  ///< for everything
  std::size_t line_bytes_max = 256 << 10;
  std::size_t bytes_max = 1 << 20;  ///< of all lines
};

class PeerConnection final : public PeerLine {
 public:
  /// Errors: io, with the place and why.
  static Result<std::unique_ptr<PeerConnection>> open(const ConnectOptions& options, const StopSignal& stop);
  ~PeerConnection() override;

  Result<serve::JsonValue> ask(std::string_view method, std::string_view params) override;

  /// Numeric, of the other end; empty behind a proxy.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

 private:
  struct Transfer;
  explicit PeerConnection(std::unique_ptr<Transfer> transfer);

  Status send(std::string_view bytes);
  /// Into line_, without its end. Errors: io, limit.
  Status receive_line();
  Status wait(short events);

  std::unique_ptr<Transfer> transfer_;
  std::string address_;
  std::string received_;
  std::string line_;
  std::size_t bytes_ = 0;
  std::uint64_t next_id_ = 0;
  serve::JsonDocument document_;
};

}  // namespace sluice::peers
