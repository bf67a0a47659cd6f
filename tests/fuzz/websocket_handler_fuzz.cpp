// Any bytes as a WebSocket client. First byte: how the stream is cut; even: the bytes follow a good
// request, odd: they are all there is.
//
// Whatever comes, what is sent is a request's answer and then whole frames, a close frame being the
// last; the messages that the inner handler gets are bounded, and the same however the stream is cut.
#include "net/websocket_handler.h"

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "echo_handler.h"
#include "websocket_frames.h"

namespace sluice::net {
namespace {

constexpr std::size_t message_bytes_max = 2000;

struct Outcome {
  std::string lines;  ///< that the inner handler answered
  bool finished = false;
};

Outcome run(std::string_view stream, std::size_t chunk_bytes) {
  std::string lines;
  WebsocketOptions options;
  options.message_bytes_max = message_bytes_max;
  options.message_fragments_max = 20;
  test::Driven driven;
  driven.handler = over_websocket(fuzz::echo_factory(lines), options)({});
  driven.feed(stream, chunk_bytes);
  const std::size_t end = driven.out.find("\r\n\r\n");
  if (!driven.out.starts_with("HTTP/1.1 101 ")) {
    SLUICE_CHECK(lines.empty() && driven.finished == !driven.out.empty());
    return {lines, driven.finished};
  }
  const std::string_view framed = std::string_view(driven.out).substr(end + 4);
  std::size_t framed_bytes = 0;
  bool closed = false;
  for (const test::Frame& frame : test::frames_of(framed)) {
    SLUICE_CHECK(!closed);
    closed = frame.first_byte == (test::final_bit | test::close_frame);
    framed_bytes += frame.payload.size() + (frame.payload.size() < 126 ? 2 : 4);
  }
  SLUICE_CHECK(framed_bytes == framed.size());
  SLUICE_CHECK(closed == driven.finished);
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t newline = lines.find('\n', begin);
    SLUICE_CHECK(newline - begin <= message_bytes_max);
    begin = newline + 1;
  }
  return {lines, driven.finished};
}

}  // namespace
}  // namespace sluice::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::net;
  if (size == 0) return 0;
  std::string stream = data[0] % 2 == 0 ? test::upgrade_request : std::string();
  stream.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = run(stream, stream.size() + 1);
  const Outcome cut = run(stream, data[0] / 2 + std::size_t{1});
  // A close overtakes what came with it and is not answered yet. Whether a close frame with a reason that is not UTF-8
  // is taken before its last byte depends on the cut (wslay looks at each piece from its third byte on).
  const bool one_finished = whole.finished || cut.finished;
  SLUICE_CHECK(one_finished ? cut.lines.starts_with(whole.lines) : cut.lines == whole.lines);
  return 0;
}
