// The node's ZMQ notifications, frame by frame. No I/O.
//
//   hashblock | 32 bytes, display order | 4 bytes, little endian: count of this topic's messages
//   hashtx    | 32 bytes, display order | "
//   rawtx     | the transaction         | "
//
// hashblock comes for the new tip only: not while the node downloads its chain, not for the blocks between, not for a
// pure rollback. hashtx and rawtx come when a transaction enters the mempool and again when its block is connected or
// disconnected. So a notification is a reason to look, never a record of what happened; a gap in the count is another.
// Source: the node's src/zmq/zmqpublishnotifier.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash256.h"

namespace sluice::node {

enum class ZmqTopic : std::uint8_t { hashblock, hashtx, rawtx };
inline constexpr std::size_t zmq_topic_count = 3;
[[nodiscard]] std::string_view name_of(ZmqTopic topic) noexcept;
/// The longest body taken. A larger transaction is found by the mempool's list of txids.
[[nodiscard]] std::size_t body_bytes_max(ZmqTopic topic) noexcept;

/// One message.
struct ZmqMessage {
  ZmqTopic topic = ZmqTopic::hashblock;
  BlockHash block;           ///< hashblock
  Txid txid;                 ///< hashtx
  Bytes raw;                 ///< rawtx; ends with the callback
  std::uint32_t missed = 0;  ///< messages lost just before this one
};

struct ZmqCounters {
  std::uint64_t messages = 0;
  std::uint64_t refused = 0;   ///< not of the form above
  std::uint64_t gaps = 0;      ///< times that the count jumped
  std::uint64_t missed = 0;    ///< messages in those gaps; a count that begins anew is a gap of none
  std::uint64_t connects = 0;  ///< of the socket
};

/// Messages of one topic from one address.
class ZmqReader {
 public:
  explicit ZmqReader(ZmqTopic topic) noexcept : topic_(topic) {}
  /// nullopt for what is refused, which is counted. The message ends with the frames.
  [[nodiscard]] std::optional<ZmqMessage> read(std::span<const Bytes> frames) noexcept;
  [[nodiscard]] const ZmqCounters& counters() const noexcept { return counters_; }
  void on_connected() noexcept { ++counters_.connects; }

 private:
  ZmqTopic topic_;
  std::optional<std::uint32_t> count_next_;
  ZmqCounters counters_;
};

/// Where a topic is published.
struct ZmqSource {
  ZmqTopic topic = ZmqTopic::hashblock;
  std::string address;  ///< tcp://host:port or ipc://path
  friend bool operator==(const ZmqSource&, const ZmqSource&) = default;
};

/// Every topic at one address, where the operator names it.
[[nodiscard]] std::vector<ZmqSource> all_topics_at(std::string_view address);

/// Reads the answer to getzmqnotifications: the first address of each topic. An address that means every interface of
/// the node's host (tcp://0.0.0.0:..., tcp://*:..., tcp://[::]:...) becomes one with node_host.
/// Bounds: json is followed by json_padding_bytes readable bytes.
/// Errors: corrupt. Topics that are not ours are passed over.
[[nodiscard]] Result<std::vector<ZmqSource>> read_zmq_sources(std::string_view json, std::string_view node_host);

}  // namespace sluice::node
