#include "devnet_node/zmq_publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <zmq.hpp>

namespace sluice::devnet_node {
namespace {

enum Topic : std::size_t { hash_block, hash_tx, raw_block, raw_tx, topic_count };
constexpr std::array<std::string_view, topic_count> topic_names = {"hashblock", "hashtx", "rawblock", "rawtx"};

template <typename Hash>
std::array<std::byte, 32> display_bytes(const Hash& hash) {
  std::array<std::byte, 32> reversed;
  std::reverse_copy(hash.bytes.begin(), hash.bytes.end(), reversed.begin());
  return reversed;
}

}  // namespace

struct ZmqPublisher::Socket {
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::pub};
  std::string address;
  std::uint16_t port = 0;
  std::array<std::uint32_t, topic_count> sequence{};

  void send(Topic topic, Bytes body) {
    std::array<std::byte, 4> number;
    store_le(number.data(), sequence[topic]++);
    // A publisher never waits: what a slow subscriber cannot take is dropped, as a node does.
    const auto part = [&](const void* data, std::size_t size, zmq::send_flags flags) {
      (void)socket.send(zmq::const_buffer(data, size), flags | zmq::send_flags::dontwait);
    };
    part(topic_names[topic].data(), topic_names[topic].size(), zmq::send_flags::sndmore);
    part(body.data(), body.size(), zmq::send_flags::sndmore);
    part(number.data(), number.size(), zmq::send_flags::none);
  }
};

ZmqPublisher::ZmqPublisher(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
ZmqPublisher::~ZmqPublisher() = default;

Result<std::unique_ptr<ZmqPublisher>> ZmqPublisher::open(std::uint16_t port) {
  try {
    auto socket = std::make_unique<Socket>();
    socket->socket.set(zmq::sockopt::linger, 0);
    socket->socket.bind(port == 0 ? "tcp://127.0.0.1:*" : fmt::format("tcp://127.0.0.1:{}", port));
    socket->address = socket->socket.get(zmq::sockopt::last_endpoint);
    const std::string_view digits = std::string_view(socket->address).substr(socket->address.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), socket->port);
    return std::unique_ptr<ZmqPublisher>(new ZmqPublisher(std::move(socket)));
  } catch (const zmq::error_t& error) {
    return Error{ErrorKind::io, fmt::format("zmq: 127.0.0.1:{}: {}", port, error.what())};
  }
}

std::uint16_t ZmqPublisher::port() const noexcept { return socket_->port; }

std::vector<RpcSwitches::ZmqAddress> ZmqPublisher::addresses() const {
  std::vector<RpcSwitches::ZmqAddress> addresses;
  for (const std::string_view name : topic_names) addresses.push_back({std::string(name), socket_->address});
  return addresses;
}

void ZmqPublisher::publish(const Transaction& tx) {
  socket_->send(hash_tx, display_bytes(tx.txid));
  socket_->send(raw_tx, tx.raw);
}

void ZmqPublisher::publish(const Block& tip) {
  socket_->send(hash_block, display_bytes(tip.hash));
  socket_->send(raw_block, tip.raw);
}

}  // namespace sluice::devnet_node
