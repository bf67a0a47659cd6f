#include "node/zmq_listener.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include "observe/log.h"

namespace sluice::node {
namespace {

using Clock = std::chrono::steady_clock;

// The handshake's own messages must pass, too.
constexpr std::size_t frame_bytes_least = 1024;
constexpr int hash_messages_max = 100'000;  // waiting to be read, 32 bytes each
constexpr int raw_messages_max = 100;       // of at most 4 MiB each
constexpr int reconnect_first_ms = 250;
constexpr auto reopen_after = std::chrono::milliseconds{reconnect_first_ms};
constexpr int reconnect_last_ms = 4000;
constexpr int drained_at_once_max = 1000;  // messages of one topic before the others have their turn
// A connection that died without a word is noticed after 60 + 3 * 10 s.
constexpr int keepalive_idle_s = 60;
constexpr int keepalive_interval_s = 10;
constexpr int keepalive_probes = 3;

Bytes bytes_of_message(const zmq::message_t& message) noexcept {
  return {static_cast<const std::byte*>(message.data()), message.size()};
}

constexpr int link_events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                            ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

/// A topic's socket, and the pair that tells of its connection.
struct Sockets {
  zmq::socket_t messages;
  zmq::socket_t link;

  /// The number makes the pair's name a new one: that of closed sockets may still be held.
  Sockets(zmq::context_t& context, const ZmqSource& source, std::uint64_t number)
      : messages(context, zmq::socket_type::sub), link(context, zmq::socket_type::pair) {
    const std::string pair = "inproc://link-" + std::string(name_of(source.topic)) + "-" + std::to_string(number);
    if (zmq_socket_monitor(messages.handle(), pair.c_str(), link_events) != 0) throw zmq::error_t();
    link.connect(pair);
    const std::size_t frame_bytes_max = std::max(body_bytes_max(source.topic), frame_bytes_least);
    messages.set(zmq::sockopt::linger, 0);
    messages.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(frame_bytes_max));
    messages.set(zmq::sockopt::rcvhwm, source.topic == ZmqTopic::rawtx ? raw_messages_max : hash_messages_max);
    messages.set(zmq::sockopt::reconnect_ivl, reconnect_first_ms);
    messages.set(zmq::sockopt::reconnect_ivl_max, reconnect_last_ms);
    messages.set(zmq::sockopt::tcp_keepalive, 1);
    messages.set(zmq::sockopt::tcp_keepalive_idle, keepalive_idle_s);
    messages.set(zmq::sockopt::tcp_keepalive_intvl, keepalive_interval_s);
    messages.set(zmq::sockopt::tcp_keepalive_cnt, keepalive_probes);
    messages.set(zmq::sockopt::ipv6, true);
    messages.set(zmq::sockopt::subscribe, name_of(source.topic));
    messages.connect(source.address);
  }
};

/// Sockets are made anew when their connection ends: libzmq gives up for good on a peer that sent too large a message
/// or spoke something else, and the others come back just as well.
struct Subscription {
  ZmqSource source;
  ZmqReader reader;
  bool is_up = false;
  std::optional<Sockets> sockets;  // none for a moment after the connection ended
  Clock::time_point reopen_at{};
  std::uint64_t opened = 0;

  explicit Subscription(ZmqSource wanted) : source(std::move(wanted)), reader(source.topic) {}
  void open(zmq::context_t& context) { sockets.emplace(context, source, ++opened); }
  void close() {
    sockets.reset();
    reopen_at = Clock::now() + reopen_after;
  }
};

}  // namespace

struct ZmqListener::Impl {
  zmq::context_t context;
  zmq::socket_t end{context, zmq::socket_type::pair};  // nothing comes; there is always a socket to wait at
  ZmqHandlers handlers;
  std::vector<Subscription> subscriptions;
  mutable std::mutex mutex;  // held for moments: counters
  std::array<ZmqCounters, zmq_topic_count> counters;
  std::thread thread;

  void run();
  void step();
  void reopen();
  void read_messages(Subscription& subscription);
  void read_link(Subscription& subscription);
  void publish_counters(const Subscription& subscription);
};

/// Ends when the context is shut down: every call on a socket then fails with ETERM.
void ZmqListener::Impl::run() {
  try {
    while (true) step();
  } catch (const zmq::error_t& error) {
    if (error.num() != ETERM)
      observe::log_error("node", std::string("ZMQ notifications ended; the node is polled: ") + error.what());
  }
  subscriptions.clear();
  end.close();
}

void ZmqListener::Impl::step() {
  reopen();
  std::vector<zmq_pollitem_t> items{{end.handle(), 0, ZMQ_POLLIN, 0}};
  std::vector<Subscription*> open;
  for (Subscription& subscription : subscriptions) {
    if (!subscription.sockets) continue;
    open.push_back(&subscription);
    items.push_back({subscription.sockets->messages.handle(), 0, ZMQ_POLLIN, 0});
    items.push_back({subscription.sockets->link.handle(), 0, ZMQ_POLLIN, 0});
  }
  const long timeout_ms = open.size() == subscriptions.size() ? -1 : reconnect_first_ms;
  const int ready = zmq_poll(items.data(), static_cast<int>(items.size()), timeout_ms);
  if (ready < 0 && zmq_errno() != EINTR) throw zmq::error_t();
  if (ready <= 0) return;
  for (std::size_t i = 0; i < open.size(); ++i) {
    const bool has_message = (items[2 * i + 1].revents & ZMQ_POLLIN) != 0;
    const bool has_link = (items[2 * i + 2].revents & ZMQ_POLLIN) != 0;
    // The link may close the sockets: what came before is read first.
    if (has_message) read_messages(*open[i]);
    if (has_link) read_link(*open[i]);
  }
}

void ZmqListener::Impl::reopen() {
  for (Subscription& subscription : subscriptions) {
    if (subscription.sockets || Clock::now() < subscription.reopen_at) continue;
    try {
      subscription.open(context);
    } catch (const zmq::error_t& error) {
      if (error.num() == ETERM) throw;
      subscription.close();
    }
  }
}

void ZmqListener::Impl::read_messages(Subscription& subscription) {
  std::array<zmq::message_t, 4> parts;  // a message has three; of a longer one the rest is let go
  for (int i = 0; i < drained_at_once_max; ++i) {
    std::array<Bytes, 4> frames;
    std::size_t count = 0;
    bool has_more = true;
    while (has_more) {
      zmq::message_t& part = parts[std::min(count, parts.size() - 1)];
      if (!subscription.sockets->messages.recv(part, zmq::recv_flags::dontwait)) break;
      if (count < frames.size()) frames[count++] = bytes_of_message(part);
      has_more = part.more();
    }
    if (count == 0) break;
    const auto message = subscription.reader.read(std::span(frames).first(count));
    publish_counters(subscription);
    if (message && handlers.message) handlers.message(*message);
  }
}

/// Two frames: the event's number in 16 bits and a value, then the address.
void ZmqListener::Impl::read_link(Subscription& subscription) {
  zmq::message_t event;
  zmq::message_t address;
  while (subscription.sockets && subscription.sockets->link.recv(event, zmq::recv_flags::dontwait)) {
    (void)subscription.sockets->link.recv(address);
    if (event.size() < sizeof(std::uint16_t)) continue;
    const bool is_up = load_le<std::uint16_t>(bytes_of_message(event).data()) == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    const bool was_up = std::exchange(subscription.is_up, is_up);
    if (is_up) subscription.reader.on_connected();
    else subscription.close();
    publish_counters(subscription);
    if (handlers.link && was_up != is_up) handlers.link(subscription.source.topic, is_up);
  }
}

void ZmqListener::Impl::publish_counters(const Subscription& subscription) {
  const std::lock_guard lock(mutex);
  counters[static_cast<std::size_t>(subscription.source.topic)] = subscription.reader.counters();
}

Result<std::unique_ptr<ZmqListener>> ZmqListener::start(const std::vector<ZmqSource>& sources, ZmqHandlers handlers) {
  auto impl = std::make_unique<Impl>();
  impl->handlers = std::move(handlers);
  for (const ZmqSource& source : sources) {
    try {
      impl->subscriptions.emplace_back(source).open(impl->context);
    } catch (const zmq::error_t& error) {
      return Error{ErrorKind::config, "cannot listen to " + std::string(name_of(source.topic)) + " at " +
                                          source.address + ": " + error.what()};
    }
  }
  return std::unique_ptr<ZmqListener>(new ZmqListener(std::move(impl)));
}

ZmqListener::ZmqListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread = std::thread([this] { impl_->run(); });
}

ZmqListener::~ZmqListener() {
  impl_->context.shutdown();
  impl_->thread.join();
}

std::array<ZmqCounters, zmq_topic_count> ZmqListener::counters() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counters;
}

}  // namespace sluice::node
