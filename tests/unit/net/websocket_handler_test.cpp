// A line server behind WebSocket frames: messages in and out, control frames, what hostile frames
// lead to, and the same answers however the stream is cut.
#include "net/websocket_handler.h"

#include <gtest/gtest.h>

#include "handler_support.h"
#include "websocket_frames.h"

namespace sluice::net {
namespace {

using namespace test;

struct Opened : Driven {
  explicit Opened(WebsocketOptions options = {}, std::string_view extra_header = "") {
    const auto inner = [this](const ConnectionInfo& info) {
      peer = info.peer_address;
      return std::make_unique<LineServer>();
    };
    ConnectionInfo info;
    info.peer_address = "127.0.0.1";
    handler = over_websocket(inner, std::move(options))(info);
    std::string request = upgrade_request;
    request.insert(request.size() - 2, extra_header);
    feed(request);
    EXPECT_TRUE(take().starts_with("HTTP/1.1 101 "));
  }
  std::vector<Frame> exchange(std::string_view bytes, std::size_t chunk_bytes = 8192) {
    feed(bytes, chunk_bytes);
    return frames_of(take());
  }
  std::string peer;
};

Frame told(std::string payload) { return {final_bit | text, std::move(payload)}; }
Frame closed(unsigned code) { return {final_bit | close_frame, close_payload(code)}; }
using Frames = std::vector<Frame>;

TEST(WebsocketHandler, TextAndBinaryMessagesAreLines) {
  Opened socket;
  EXPECT_EQ(socket.exchange(message("hello")), Frames{told("hello")});
  EXPECT_EQ(socket.exchange(message("binary", binary)), Frames{told("binary")});
  EXPECT_EQ(socket.exchange(message("")), Frames{told("")});
  EXPECT_EQ(socket.exchange(message("two")), (Frames{told("one"), told("two")}));
  EXPECT_FALSE(socket.finished);
}

TEST(WebsocketHandler, NewlinesInAMessageDoNotCutIt) {
  Opened socket;
  EXPECT_EQ(socket.exchange(message("\n{\n}\n")), Frames{told("\r{\r}\r")});
}

TEST(WebsocketHandler, LargeMessagesBothWays) {
  Opened socket;
  for (const std::size_t size : {125u, 126u, 65535u, 65536u, 300'000u}) {
    EXPECT_EQ(socket.exchange(message(std::string(size, 'a'))), Frames{told(std::string(size, 'a'))}) << size;
  }
}

TEST(WebsocketHandler, FragmentsWithAPingBetween) {
  Opened socket;
  const Frames answer = socket.exchange(frame(text, "he") + frame(continuation, "l") + frame(final_bit | ping, "p") +
                                        frame(final_bit | continuation, "lo"));
  EXPECT_EQ(answer, (Frames{{final_bit | pong, "p"}, told("hello")}));
}

TEST(WebsocketHandler, AnyCutOfTheStreamGivesTheSame) {
  const std::string stream = message("hello") + frame(text, "a") + message("x", ping) +
                             frame(final_bit | continuation, "b") + message(std::string(70'000, 'z')) + message("two");
  Opened whole;
  Frames expected = whole.exchange(stream, stream.size());
  ASSERT_EQ(expected.size(), 6u);
  std::erase(expected, Frame{final_bit | pong, "x"});  // comes as soon as it can
  ASSERT_EQ(expected.size(), 5u);
  for (const std::size_t chunk : {1u, 2u, 3u, 7u, 4096u}) {
    Opened cut;
    Frames frames = cut.exchange(stream, chunk);
    std::erase(frames, Frame{final_bit | pong, "x"});
    EXPECT_EQ(frames, expected) << chunk;
  }
}

TEST(WebsocketHandler, FramesBehindTheRequestAreTaken) {
  Driven driven;
  driven.handler = over_websocket([](const ConnectionInfo&) { return std::make_unique<LineServer>(); }, {})({});
  driven.feed(upgrade_request + message("early"));
  EXPECT_EQ(frames_of(std::string_view(driven.out).substr(driven.out.find("\r\n\r\n") + 4)), Frames{told("early")});
}

/// What a tick makes the handler send.
Frames tick(Opened& socket, std::uint64_t now_ms) {
  if (!socket.handler->tick(now_ms)) return {};
  socket.step_all();
  return frames_of(socket.take());
}

TEST(WebsocketHandler, ASilentClientIsPingedAndOneThatIsGoneClosed) {
  Opened socket({.ping_after_ms = 100, .pong_timeout_ms = 50, .forwarded_by = {}});
  EXPECT_EQ(tick(socket, 1000), Frames{});
  EXPECT_EQ(tick(socket, 1099), Frames{});
  EXPECT_EQ(tick(socket, 1100), (Frames{{final_bit | ping, ""}}));
  EXPECT_EQ(tick(socket, 1149), Frames{}) << "one ping is enough";
  EXPECT_EQ(socket.exchange(frame(final_bit | pong, "")), Frames{});
  EXPECT_EQ(tick(socket, 1150), Frames{});
  EXPECT_EQ(tick(socket, 1249), Frames{});
  EXPECT_EQ(tick(socket, 1250), (Frames{{final_bit | ping, ""}}));
  EXPECT_EQ(socket.exchange(message("hello")), Frames{told("hello")}) << "any word is a sign of life";
  EXPECT_EQ(tick(socket, 1300), Frames{});
  EXPECT_EQ(tick(socket, 1400), (Frames{{final_bit | ping, ""}}));
  EXPECT_EQ(tick(socket, 1450), Frames{closed(1011)});
  EXPECT_TRUE(socket.finished);
  EXPECT_FALSE(socket.handler->tick(9999));
}

TEST(WebsocketHandler, PongsAreNoRequests) {
  Opened socket({.ping_after_ms = 100, .pong_timeout_ms = 50, .idle_timeout_ms = 250, .forwarded_by = {}});
  EXPECT_EQ(tick(socket, 1000), Frames{});
  for (const std::uint64_t now : {1100u, 1201u}) {
    EXPECT_EQ(tick(socket, now), (Frames{{final_bit | ping, ""}}));
    EXPECT_EQ(socket.exchange(frame(final_bit | pong, "")), Frames{});
    EXPECT_EQ(tick(socket, now + 1), Frames{});
  }
  EXPECT_EQ(tick(socket, 1250), Frames{closed(1001)});
  EXPECT_TRUE(socket.finished);
}

TEST(WebsocketHandler, CloseIsAnswered) {
  Opened socket;
  EXPECT_EQ(socket.exchange(message(close_payload(1000), close_frame)), Frames{closed(1000)});
  EXPECT_TRUE(socket.finished);
  for (const char* without_code : {"", "x"}) {
    Opened other;
    EXPECT_EQ(other.exchange(message(without_code, close_frame)), (Frames{{final_bit | close_frame, ""}}));
    EXPECT_TRUE(other.finished);
  }
}

TEST(WebsocketHandler, TheInnerHandlerCanClose) {
  Opened socket;
  EXPECT_EQ(socket.exchange(message("bye")), (Frames{told("bye"), closed(1000)}));
  EXPECT_TRUE(socket.finished);
}

TEST(WebsocketHandler, HostileFramesCloseTheConnection) {
  const std::pair<std::string, unsigned> cases[] = {
      {frame(final_bit | text, "not masked", false), 1002},
      {frame(final_bit | 3, "reserved opcode"), 1002},
      {frame(final_bit | 0x40 | text, "reserved bit"), 1002},
      {frame(final_bit | continuation, "nothing to continue"), 1002},
      {frame(text, "a") + frame(text, "b"), 1002},
      {frame(ping, "ping in pieces"), 1002},
      {frame(final_bit | ping, std::string(126, 'p')), 1002},
      {message(close_payload(999), close_frame), 1002},
      {message("\xff\xfe"), 1007},
      {frame(text, "\xe2\x82") + frame(final_bit | continuation, "A"), 1007},
      {std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10) + "maskdata", 1002},
      {std::string("\x81\xff\x00\x00\x00\x00\x7f\xff\xff\xff", 10) + "maskdata", 1009},
  };
  for (const auto& [bytes, code] : cases) {
    Opened socket;
    EXPECT_EQ(socket.exchange(bytes), Frames{closed(code)}) << bytes;
    EXPECT_TRUE(socket.finished) << bytes;
    socket.handler->receive(message("after"));  // what a loop has read already does no harm
  }
}

TEST(WebsocketHandler, MessagesAreBounded) {
  WebsocketOptions options;
  options.message_bytes_max = 1000;
  Opened socket(options);
  const std::string most(1000, 'm');
  EXPECT_EQ(socket.exchange(message(most)), Frames{told(most)});
  EXPECT_EQ(socket.exchange(frame(text, most) + frame(final_bit | continuation, "")), Frames{told(most)});
  EXPECT_EQ(socket.exchange(frame(text, most) + frame(final_bit | continuation, "m")), Frames{closed(1009)});
  EXPECT_EQ(Opened(options).exchange(message(most + "m")), Frames{closed(1009)});
}

TEST(WebsocketHandler, FragmentsAreBounded) {
  WebsocketOptions options;
  options.message_fragments_max = 3;
  const std::string three = frame(text, "") + frame(continuation, "");
  Opened socket(options);
  EXPECT_EQ(socket.exchange(three + frame(final_bit | continuation, "x")), Frames{told("x")});
  EXPECT_EQ(socket.exchange(three + frame(continuation, "") + frame(final_bit | continuation, "x")),
            Frames{closed(1008)});
  EXPECT_TRUE(socket.finished);
}

TEST(WebsocketHandler, NewsAreToldOnceTheSocketIsOpen) {
  Driven driven;
  driven.handler = over_websocket([](const ConnectionInfo&) { return std::make_unique<LineServer>(); }, {})({});
  EXPECT_FALSE(driven.handler->notify(Event()));
  driven.feed(upgrade_request);
  driven.take();
  EXPECT_TRUE(driven.handler->notify(Event()));
  driven.step_all();
  EXPECT_EQ(frames_of(driven.take()), Frames{told("news")});
}

TEST(WebsocketHandler, TheClientBehindAListedProxy) {
  WebsocketOptions options;
  options.forwarded_by.trusted = {{*parse_ip_address("127.0.0.1"), 32}};
  EXPECT_EQ(Opened(options, "X-Forwarded-For: 9.9.9.9\r\n").peer, "9.9.9.9");
  EXPECT_EQ(Opened({}, "X-Forwarded-For: 9.9.9.9\r\n").peer, "127.0.0.1");
}

TEST(WebsocketHandler, RefusalsEndTheConnection) {
  Driven driven;
  driven.handler = over_websocket([](const ConnectionInfo&) { return nullptr; }, {})({});
  driven.feed(upgrade_request);
  EXPECT_TRUE(driven.take().starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(driven.finished);
  driven.handler = over_websocket([](const ConnectionInfo&) { return std::make_unique<LineServer>(); }, {})({});
  driven.finished = false;
  driven.feed("{}\n");
  EXPECT_TRUE(driven.take().starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(driven.finished);
}

}  // namespace
}  // namespace sluice::net
