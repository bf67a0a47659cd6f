#include "node/zmq_message.h"

#include <algorithm>
#include <array>

#include "node/checked_answer.h"

namespace sluice::node {
namespace {

constexpr std::size_t hash_bytes = 32;
constexpr std::size_t count_bytes = 4;
constexpr std::size_t raw_bytes_max = std::size_t{4} << 20;
constexpr std::size_t address_bytes_max = 300;
constexpr std::array<std::string_view, zmq_topic_count> names{"hashblock", "hashtx", "rawtx"};

template <typename Hash>
Hash from_display_order(Bytes bytes) noexcept {
  Hash hash = Hash::from_bytes(bytes.data());
  std::reverse(hash.bytes.begin(), hash.bytes.end());
  return hash;
}

/// "pubhashblock" -> hashblock
std::optional<ZmqTopic> topic_of(std::string_view type) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (type.starts_with("pub") && type.substr(3) == names[i]) return static_cast<ZmqTopic>(i);
  }
  return std::nullopt;
}

std::string with_host(std::string_view address, std::string_view host) {
  for (const std::string_view any : {"tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:"}) {
    if (!address.starts_with(any)) continue;
    const bool is_ipv6 = host.find(':') != std::string_view::npos;
    return "tcp://" + (is_ipv6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" +
           std::string(address.substr(any.size()));
  }
  return std::string(address);
}

bool is_address(std::string_view address) noexcept {
  const bool has_scheme = address.starts_with("tcp://") || address.starts_with("ipc://");
  return has_scheme && address.size() <= address_bytes_max &&
         std::all_of(address.begin(), address.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

std::string_view name_of(ZmqTopic topic) noexcept { return names[static_cast<std::size_t>(topic)]; }

std::size_t body_bytes_max(ZmqTopic topic) noexcept { return topic == ZmqTopic::rawtx ? raw_bytes_max : hash_bytes; }

std::optional<ZmqMessage> ZmqReader::read(std::span<const Bytes> frames) noexcept {
  const std::string_view name = name_of(topic_);
  const bool is_raw = topic_ == ZmqTopic::rawtx;
  const bool is_message =
      frames.size() == 3 &&
      std::equal(frames[0].begin(), frames[0].end(), std::as_bytes(std::span(name)).begin(),
                 std::as_bytes(std::span(name)).end()) &&
      frames[2].size() == count_bytes &&
      (is_raw ? !frames[1].empty() && frames[1].size() <= raw_bytes_max : frames[1].size() == hash_bytes);
  if (!is_message) {
    ++counters_.refused;
    return std::nullopt;
  }
  ++counters_.messages;
  ZmqMessage message;
  message.topic = topic_;
  if (topic_ == ZmqTopic::hashblock) message.block = from_display_order<BlockHash>(frames[1]);
  if (topic_ == ZmqTopic::hashtx) message.txid = from_display_order<Txid>(frames[1]);
  if (is_raw) message.raw = frames[1];
  const auto count = load_le<std::uint32_t>(frames[2].data());
  if (count_next_ && count != *count_next_) {
    ++counters_.gaps;
    if (count > *count_next_) message.missed = count - *count_next_;
    counters_.missed += message.missed;
  }
  count_next_ = count + 1;
  return message;
}

std::vector<ZmqSource> all_topics_at(std::string_view address) {
  std::vector<ZmqSource> sources;
  for (std::size_t i = 0; i < zmq_topic_count; ++i) sources.push_back({static_cast<ZmqTopic>(i), std::string(address)});
  return sources;
}

Result<std::vector<ZmqSource>> read_zmq_sources(std::string_view json, std::string_view node_host) {
  constexpr std::string_view method = "getzmqnotifications";
  std::vector<ZmqSource> sources;
  std::string bad;
  const bool is_array =
      json.starts_with('[') && visit_elements(json, [&](std::string_view element) {
        std::optional<ZmqTopic> topic;
        std::string address;
        const bool is_object = visit_members(element, [&](std::string_view key, std::string_view value) {
          if (key == "type") topic = topic_of(resolved_string(value).value_or(""));
          if (key == "address") address = resolved_string(value).value_or("");
          return true;
        });
        if (!is_object) return false;
        if (!topic) return true;
        if (!is_address(address)) {
          bad = name_of(*topic);
          return false;
        }
        const bool is_known =
            std::any_of(sources.begin(), sources.end(), [&](const ZmqSource& s) { return s.topic == *topic; });
        if (!is_known) sources.push_back({*topic, with_host(address, node_host)});
        return true;
      });
  if (!bad.empty()) return misfit(method, "has no tcp:// or ipc:// address for " + bad);
  if (!is_array) return misfit(method, "is not a list of objects");
  return sources;
}

}  // namespace sluice::node
