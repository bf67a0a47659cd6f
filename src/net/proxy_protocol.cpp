#include "net/proxy_protocol.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace sluice::net {
namespace {

constexpr std::string_view text_mark = "PROXY ";
constexpr std::size_t text_bytes_max = 107;
constexpr std::string_view binary_mark{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t binary_head_bytes = 16;

constexpr ProxyHeader malformed{ProxyOutcome::malformed, 0, std::nullopt};

bool begins_alike(std::string_view bytes, std::string_view mark) {
  return bytes.substr(0, mark.size()) == mark.substr(0, bytes.size());
}

std::string_view next_word(std::string_view& line) {
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, blank);
  line.remove_prefix(std::min(blank + 1, line.size()));
  return word;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, errc] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (errc != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

ProxyHeader read_text(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, text_bytes_max).find("\r\n");
  if (end == std::string_view::npos) return bytes.size() < text_bytes_max ? ProxyHeader() : malformed;
  ProxyHeader header{ProxyOutcome::complete, end + 2, std::nullopt};
  std::string_view line = bytes.substr(text_mark.size(), end - text_mark.size());
  const std::string_view family = next_word(line);
  if (family == "UNKNOWN") return header;  // the rest of such a line is not to be looked at
  if (family != "TCP4" && family != "TCP6") return malformed;
  const std::string_view words[] = {next_word(line), next_word(line), next_word(line), next_word(line)};
  const auto client = parse_ip_address(words[0]);
  const auto server = parse_ip_address(words[1]);
  const auto client_port = parse_port(words[2]);
  const bool alike = client && server && (words[0].find(':') != std::string_view::npos) == (family == "TCP6");
  if (!alike || !client_port || !parse_port(words[3]) || !line.empty()) return malformed;
  header.client = {*client, *client_port};
  return header;
}

ProxyHeader read_binary(std::string_view bytes) {
  if (bytes.size() < binary_head_bytes) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
  const unsigned command = byte(12);
  const unsigned family = byte(13);
  const std::size_t extras = byte(14) << 8 | byte(15);
  if ((command != 0x20 && command != 0x21) || extras > proxy_extras_bytes_max) return malformed;
  if (bytes.size() - binary_head_bytes < extras) return {};
  ProxyHeader header{ProxyOutcome::complete, binary_head_bytes + extras, std::nullopt};
  const std::size_t address_bytes = family == 0x11 ? 4 : family == 0x21 ? 16 : 0;  // TCP over IPv4, over IPv6
  if (command == 0x20 || address_bytes == 0) return header;
  if (extras < 2 * address_bytes + 4) return malformed;
  const std::size_t port_at = binary_head_bytes + 2 * address_bytes;
  std::byte address[16];
  std::memcpy(address, bytes.data() + binary_head_bytes, address_bytes);
  header.client = {ip_address_from(address, address_bytes),
                   static_cast<std::uint16_t>(byte(port_at) << 8 | byte(port_at + 1))};
  return header;
}

class ProxyHandler final : public ConnectionHandler {
 public:
  ProxyHandler(std::shared_ptr<const HandlerFactory> inner, ConnectionInfo info)
      : make_inner_(std::move(inner)), info_(std::move(info)) {}

  void receive(std::string_view bytes) override {
    if (inner_) return inner_->receive(bytes);
    if (refused_) return;
    input_.append(bytes);
    const ProxyHeader header = read_proxy_header(input_);
    if (header.outcome == ProxyOutcome::incomplete) return;
    if (header.outcome == ProxyOutcome::complete) {
      if (header.client) {
        info_.peer_address = to_text(header.client->address);
        info_.peer_port = header.client->port;
      }
      inner_ = (*make_inner_)(info_);
    }
    refused_ = !inner_;
    const std::string input = std::exchange(input_, {});
    if (inner_ && input.size() > header.consumed) inner_->receive(std::string_view(input).substr(header.consumed));
  }

  HandlerStep step(std::string& out) override {
    if (inner_) return inner_->step(out);
    return refused_ ? HandlerStep::finished : HandlerStep::idle;
  }

  bool notify(const Event& event) override { return inner_ && inner_->notify(event); }

  std::uint64_t resume_at_ms() const override { return inner_ ? inner_->resume_at_ms() : 0; }
  bool tick(std::uint64_t now_ms) override { return inner_ && inner_->tick(now_ms); }

  bool established() const override { return inner_ != nullptr && inner_->established(); }

 private:
  std::shared_ptr<const HandlerFactory> make_inner_;
  ConnectionInfo info_;
  std::unique_ptr<ConnectionHandler> inner_;  // from the end of the header on
  std::string input_;                         // until then
  bool refused_ = false;
};

}  // namespace

ProxyHeader read_proxy_header(std::string_view bytes) {
  if (begins_alike(bytes, text_mark)) return bytes.size() < text_mark.size() ? ProxyHeader() : read_text(bytes);
  if (begins_alike(bytes, binary_mark)) return read_binary(bytes);
  return malformed;
}

HandlerFactory behind_proxies(HandlerFactory inner, std::vector<IpNetwork> proxies) {
  if (proxies.empty()) return inner;
  return [shared = std::make_shared<const HandlerFactory>(std::move(inner)),
          proxies = std::move(proxies)](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
    if (!any_contains(proxies, info.peer_address)) return (*shared)(info);
    return std::make_unique<ProxyHandler>(shared, info);
  };
}

}  // namespace sluice::net
