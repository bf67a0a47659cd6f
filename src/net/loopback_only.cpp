#include "net/loopback_only.h"

#include <array>
#include <cstddef>

#include "net/address.h"

namespace sluice::net {
namespace {

class Refusal final : public ConnectionHandler {
 public:
  explicit Refusal(std::string line) : line_(std::move(line)) {}
  void receive(std::string_view bytes) override { is_asked_ |= !bytes.empty(); }
  HandlerStep step(std::string& out) override {
    if (!is_asked_) return HandlerStep::idle;
    out += line_ + "\n";
    return HandlerStep::finished;
  }

 private:
  std::string line_;
  bool is_asked_ = false;
};

std::vector<IpNetwork> loopback_networks() {
  constexpr std::array<std::byte, 4> v4{std::byte{127}};
  std::array<std::byte, 16> v6{};
  v6.back() = std::byte{1};
  return {{ip_address_from(v4.data(), v4.size()), 8}, {ip_address_from(v6.data(), v6.size()), 128}};
}

}  // namespace

HandlerFactory loopback_only(HandlerFactory inner, std::string refusal) {
  return [inner = std::move(inner), refusal = std::move(refusal),
          networks = loopback_networks()](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
    if (any_contains(networks, info.peer_address)) return inner(info);
    return std::make_unique<Refusal>(refusal);
  };
}

}  // namespace sluice::net
