// Notifications from a publisher of the test: heard, counted, refused, and heard again after it was away.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <zmq.hpp>

#include "node/zmq_listener.h"
#include "padded.h"

namespace sluice::node {
namespace {

using namespace std::chrono_literals;
using test::Padded;

const std::string shown = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

std::string hash_body() {
  std::string body;
  for (char c = 0; c < 32; ++c) body += c;
  return body;
}

std::string count_frame(std::uint32_t count) {
  std::string frame(4, '\0');
  store_le(reinterpret_cast<std::byte*>(frame.data()), count);
  return frame;
}

// ------------------------------------------------------------------------------------------ one message

std::optional<ZmqMessage> read(ZmqReader& reader, const std::vector<std::string>& parts) {
  std::vector<Bytes> frames;
  for (const std::string& part : parts) frames.push_back(std::as_bytes(std::span(part)));
  return reader.read(frames);
}

TEST(ZmqReader, hashes_are_in_display_order) {
  ZmqReader blocks(ZmqTopic::hashblock);
  EXPECT_EQ(read(blocks, {"hashblock", hash_body(), count_frame(7)})->block.display(), shown);
  ZmqReader hashes(ZmqTopic::hashtx);
  EXPECT_EQ(read(hashes, {"hashtx", hash_body(), count_frame(7)})->txid.display(), shown);
  ZmqReader raw(ZmqTopic::rawtx);
  const std::vector<std::string> parts{"rawtx", "abc", count_frame(7)};
  EXPECT_EQ(read(raw, parts)->raw.size(), 3u);
}

TEST(ZmqReader, gaps_are_counted) {
  ZmqReader reader(ZmqTopic::hashtx);
  std::vector<std::uint32_t> missed;
  for (const std::uint32_t count : {5u, 6u, 9u, 10u, 0u, 1u, 0xffffffffu, 0u})
    missed.push_back(read(reader, {"hashtx", hash_body(), count_frame(count)})->missed);
  EXPECT_EQ(missed, (std::vector<std::uint32_t>{0, 0, 2, 0, 0, 0, 0xfffffffdu, 0}));
  EXPECT_EQ(reader.counters().messages, 8u);
  EXPECT_EQ(reader.counters().gaps, 3u);
  EXPECT_EQ(reader.counters().missed, 2u + 0xfffffffdu);
}

TEST(ZmqReader, other_forms_are_refused_and_change_no_count) {
  ZmqReader hashes(ZmqTopic::hashtx);
  const std::string hash = hash_body();
  for (const std::vector<std::string>& parts :
       std::vector<std::vector<std::string>>{{},
                                             {"hashtx"},
                                             {"hashtx", hash},
                                             {"hashtx", hash, count_frame(1), ""},
                                             {"hashtxx", hash, count_frame(1)},
                                             {"hashblock", hash, count_frame(1)},
                                             {"", hash, count_frame(1)},
                                             {"hashtx", hash.substr(1), count_frame(1)},
                                             {"hashtx", hash + "x", count_frame(1)},
                                             {"hashtx", hash, "123"},
                                             {"hashtx", hash, "12345"}})
    EXPECT_FALSE(read(hashes, parts));
  EXPECT_EQ(hashes.counters().refused, 11u);
  EXPECT_EQ(hashes.counters().messages + hashes.counters().gaps, 0u);
  ZmqReader raw(ZmqTopic::rawtx);
  EXPECT_FALSE(read(raw, {"rawtx", "", count_frame(1)}));
  EXPECT_FALSE(read(raw, {"rawtx", std::string(body_bytes_max(ZmqTopic::rawtx) + 1, 'x'), count_frame(1)}));
}

// ------------------------------------------------------------------------------------ getzmqnotifications

TEST(ZmqSources, the_first_address_of_each_topic_seen_from_here) {
  const Padded padded(
      R"([{"type":"pubhashblock","address":"tcp://0.0.0.0:28332","hwm":1000},{"type":"pubhashds","address":"?"},)"
      R"({"type":"pubrawtx","address":"tcp:\/\/127.0.0.1:28333"},{"type":"pubrawtx","address":"tcp://127.0.0.1:1"},)"
      R"({"address":"ipc:///run/node","type":"pubhashtx"}])");
  const auto sources = read_zmq_sources(padded.text(), "node.example");
  ASSERT_TRUE(sources.ok()) << sources.error().message;
  EXPECT_EQ(sources.value(), (std::vector<ZmqSource>{{ZmqTopic::hashblock, "tcp://node.example:28332"},
                                                     {ZmqTopic::rawtx, "tcp://127.0.0.1:28333"},
                                                     {ZmqTopic::hashtx, "ipc:///run/node"}}));
  const Padded any(R"([{"type":"pubhashtx","address":"tcp://*:1"},{"type":"pubrawtx","address":"tcp://[::]:2"}])");
  EXPECT_EQ(read_zmq_sources(any.text(), "::1").value(),
            (std::vector<ZmqSource>{{ZmqTopic::hashtx, "tcp://[::1]:1"}, {ZmqTopic::rawtx, "tcp://[::1]:2"}}));
  EXPECT_TRUE(read_zmq_sources(Padded("[]").text(), "h").value().empty());
}

TEST(ZmqSources, refused) {
  for (const std::string_view text :
       {"{}", "5", "[5]", R"([{"type":"pubhashtx"}])", R"([{"type":"pubhashtx","address":"inproc://x"}])",
        R"([{"type":"pubhashtx","address":"tcp://a b"}])", R"([{"type":"pubhashtx","address":5}])"}) {
    const Padded padded(text);
    const auto sources = read_zmq_sources(padded.text(), "h");
    ASSERT_FALSE(sources.ok()) << text;
    EXPECT_EQ(sources.error().kind, ErrorKind::corrupt);
  }
}

// ------------------------------------------------------------------------------------------ the listener

/// Publishes on 127.0.0.1 and knows when it is subscribed to.
class Publisher {
 public:
  explicit Publisher(const std::string& address = "tcp://127.0.0.1:*") : socket_(context_, zmq::socket_type::xpub) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 60'000);
    // The port of a publisher that just ended may still be held.
    for (int tries = 0;; ++tries) {
      try {
        socket_.bind(address);
        break;
      } catch (const zmq::error_t&) {
        if (tries > 1000) throw;
        std::this_thread::sleep_for(10ms);
      }
    }
  }

  [[nodiscard]] std::string address() const { return socket_.get(zmq::sockopt::last_endpoint); }
  [[nodiscard]] bool until_subscribed() {
    zmq::message_t message;
    return socket_.recv(message).has_value() && message.size() > 1 && *message.data<char>() == 1;
  }
  void send(const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      socket_.send(zmq::buffer(parts[i]), i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

/// What the listener told, as words.
class Heard {
 public:
  ZmqHandlers handlers() {
    return {
        .message =
            [this](const ZmqMessage& message) {
              std::string word = std::string(name_of(message.topic));
              if (message.topic == ZmqTopic::rawtx) word += " " + std::to_string(message.raw.size());
              if (message.missed > 0) word += " after " + std::to_string(message.missed);
              add(word);
            },
        .link = [this](ZmqTopic topic, bool is_up) { add(std::string(name_of(topic)) + (is_up ? " up" : " down")); }};
  }
  /// The next word.
  std::string next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 60s, [this] { return at_ < words_.size(); })) return "nothing came";
    return words_[at_++];
  }

 private:
  void add(std::string word) {
    const std::lock_guard lock(mutex_);
    words_.push_back(std::move(word));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

TEST(ZmqListener, hears_its_topics_only) {
  Publisher publisher;
  Heard heard;
  const auto listener = ZmqListener::start({{ZmqTopic::hashblock, publisher.address()}}, heard.handlers());
  ASSERT_TRUE(listener.ok()) << listener.error().message;
  ASSERT_TRUE(publisher.until_subscribed());
  EXPECT_EQ(heard.next(), "hashblock up");
  publisher.send({"hashtx", hash_body(), count_frame(0)});
  publisher.send({"hashblock", hash_body(), count_frame(0)});
  publisher.send({"hashblock", hash_body(), count_frame(2)});
  EXPECT_EQ(heard.next(), "hashblock");
  EXPECT_EQ(heard.next(), "hashblock after 1");
  const auto counters = listener.value()->counters();
  EXPECT_EQ(counters[0].messages, 2u);
  EXPECT_EQ(counters[0].missed, 1u);
  EXPECT_EQ(counters[0].connects, 1u);
  EXPECT_EQ(counters[1].messages + counters[1].connects, 0u);
}

TEST(ZmqListener, hears_all_topics_at_one_address) {
  Publisher publisher;
  Heard heard;
  const auto listener = ZmqListener::start(all_topics_at(publisher.address()), heard.handlers());
  ASSERT_TRUE(listener.ok()) << listener.error().message;
  std::set<std::string> words;
  for (std::size_t i = 0; i < zmq_topic_count; ++i) {
    ASSERT_TRUE(publisher.until_subscribed());
    words.insert(heard.next());
  }
  EXPECT_EQ(words, (std::set<std::string>{"hashblock up", "hashtx up", "rawtx up"}));
  for (const char* topic : {"rawtx", "hashblock", "hashtx"}) {
    publisher.send({topic, hash_body(), count_frame(9)});
    EXPECT_TRUE(heard.next().starts_with(topic));
  }
}

TEST(ZmqListener, hostile_frames_are_counted_and_do_not_stop_it) {
  Publisher publisher;
  Heard heard;
  const auto listener = ZmqListener::start({{ZmqTopic::rawtx, publisher.address()}}, heard.handlers());
  ASSERT_TRUE(listener.ok()) << listener.error().message;
  ASSERT_TRUE(publisher.until_subscribed());
  EXPECT_EQ(heard.next(), "rawtx up");
  publisher.send({"rawtx"});
  publisher.send({"rawtxrawtx", "abc", count_frame(0)});
  publisher.send({"rawtx", "abc", count_frame(0), "d", "e", "f", "g", "h"});
  publisher.send({"rawtx", "abc", "12345"});
  publisher.send({"rawtx", "abc", count_frame(5)});
  EXPECT_EQ(heard.next(), "rawtx 3");
  EXPECT_EQ(listener.value()->counters()[2].refused, 4u);
  // Beyond the bound the connection ends and is made anew.
  publisher.send({"rawtx", std::string(body_bytes_max(ZmqTopic::rawtx) + 1, 'x'), count_frame(6)});
  EXPECT_EQ(heard.next(), "rawtx down");
  EXPECT_EQ(heard.next(), "rawtx up");
  publisher.send({"rawtx", std::string(body_bytes_max(ZmqTopic::rawtx), 'x'), count_frame(7)});
  EXPECT_EQ(heard.next(), "rawtx 4194304 after 1");
}

TEST(ZmqListener, a_publisher_that_was_away_is_heard_again) {
  auto publisher = std::make_unique<Publisher>();
  const std::string address = publisher->address();
  Heard heard;
  const auto listener = ZmqListener::start({{ZmqTopic::hashtx, address}}, heard.handlers());
  ASSERT_TRUE(listener.ok()) << listener.error().message;
  EXPECT_EQ(heard.next(), "hashtx up");
  publisher.reset();
  EXPECT_EQ(heard.next(), "hashtx down");
  publisher = std::make_unique<Publisher>(address);
  EXPECT_EQ(heard.next(), "hashtx up");
  ASSERT_TRUE(publisher->until_subscribed());
  publisher->send({"hashtx", hash_body(), count_frame(0)});
  EXPECT_EQ(heard.next(), "hashtx");
  EXPECT_EQ(listener.value()->counters()[1].connects, 2u);
}

TEST(ZmqListener, stops_while_nobody_is_there) {
  const auto listener = ZmqListener::start({{ZmqTopic::hashblock, "tcp://127.0.0.1:1"}}, {});
  EXPECT_TRUE(listener.ok());
  EXPECT_TRUE(ZmqListener::start({}, {}).ok());
}

TEST(ZmqListener, an_address_that_cannot_be_one_is_named) {
  const auto listener =
      ZmqListener::start({{ZmqTopic::hashblock, "tcp://127.0.0.1:1"}, {ZmqTopic::hashtx, "tcp://127.0.0.1"}}, {});
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.error().kind, ErrorKind::config);
  EXPECT_NE(listener.error().message.find("cannot listen to hashtx at tcp://127.0.0.1: "), std::string::npos)
      << listener.error().message;
}

}  // namespace
}  // namespace sluice::node
