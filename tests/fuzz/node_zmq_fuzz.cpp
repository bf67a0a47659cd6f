// Any bytes as notifications and as the answer to getzmqnotifications. First byte: which, and the topic.
//
// Notifications: the rest is cut into frames, each by a length byte in front; three frames are a message. What is taken
// has the form of its topic, and the counters add up. Sources: what is taken has an address that libzmq may be given.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "node/json_walk.h"
#include "node/zmq_message.h"

namespace sluice::node {
namespace {

void check_messages(ZmqTopic topic, Bytes bytes) {
  ZmqReader reader(topic);
  std::vector<Bytes> frames;
  std::uint64_t taken = 0, refused = 0, missed = 0;
  while (!bytes.empty()) {
    const std::size_t size = std::min(std::to_integer<std::size_t>(bytes[0]), bytes.size() - 1);
    frames.push_back(bytes.subspan(1, size));
    bytes = bytes.subspan(1 + size);
    if (frames.size() < 3 && !bytes.empty()) continue;
    const auto message = reader.read(frames);
    ++(message ? taken : refused);
    if (message) {
      SLUICE_CHECK(frames.size() == 3 && frames[1].size() <= body_bytes_max(topic));
      SLUICE_CHECK(message->raw.size() == (topic == ZmqTopic::rawtx ? frames[1].size() : 0));
      missed += message->missed;
    }
    frames.clear();
  }
  const ZmqCounters& counters = reader.counters();
  SLUICE_CHECK(counters.messages == taken && counters.refused == refused && counters.missed == missed);
}

void check_sources(std::string_view text) {
  std::vector<char> padded(text.begin(), text.end());
  padded.insert(padded.end(), json_padding_bytes, '\0');
  const auto sources = read_zmq_sources({padded.data(), text.size()}, "::1");
  if (!sources) return;
  SLUICE_CHECK(sources.value().size() <= zmq_topic_count);
  for (const ZmqSource& source : sources.value()) {
    SLUICE_CHECK(source.address.starts_with("tcp://") || source.address.starts_with("ipc://"));
    SLUICE_CHECK(source.address.size() < 400 && source.address.find('\0') == std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::node

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::node;
  if (size == 0) return 0;
  if (data[0] % 4 == 3) check_sources({reinterpret_cast<const char*>(data) + 1, size - 1});
  else check_messages(static_cast<ZmqTopic>(data[0] % 4), {reinterpret_cast<const std::byte*>(data) + 1, size - 1});
  return 0;
}
