#include "net/address_limit.h"

#include <mutex>
#include <unordered_map>

#include "base/check.h"

namespace sluice::net {
namespace {

/// Sessions by address. Holds an entry only for addresses with a session.
class Sessions {
 public:
  [[nodiscard]] bool enter(const std::string& address, unsigned most) {
    const std::lock_guard lock(mutex_);
    const auto place = count_.try_emplace(address, 0).first;
    if (place->second >= most) return false;
    ++place->second;
    return true;
  }
  void leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto place = count_.find(address);
    SLUICE_CHECK(place != count_.end());
    if (--place->second == 0) count_.erase(place);
  }

 private:
  std::mutex mutex_;  // held for one look-up
  std::unordered_map<std::string, unsigned> count_;
};

struct Shared {
  HandlerFactory inner;
  AddressLimit limit;
  Sessions sessions;
};

class Counted final : public ConnectionHandler {
 public:
  Counted(std::shared_ptr<Shared> shared, std::string address)
      : shared_(std::move(shared)), address_(std::move(address)) {}
  ~Counted() override { shared_->sessions.leave(address_); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  [[nodiscard]] bool open(const ConnectionInfo& info) {
    inner_ = shared_->inner(info);
    return inner_ != nullptr;
  }
  void receive(std::string_view bytes) override { inner_->receive(bytes); }
  HandlerStep step(std::string& out) override { return inner_->step(out); }
  bool notify(const Event& event) override { return inner_->notify(event); }
  std::uint64_t resume_at_ms() const override { return inner_->resume_at_ms(); }
  bool tick(std::uint64_t now_ms) override { return inner_->tick(now_ms); }
  bool established() const override { return inner_->established(); }

 private:
  std::shared_ptr<Shared> shared_;
  std::string address_;
  std::unique_ptr<ConnectionHandler> inner_;
};

}  // namespace

HandlerFactory limited_by_address(HandlerFactory inner, AddressLimit limit) {
  if (limit.sessions_max == 0) return inner;
  auto shared = std::make_shared<Shared>();
  shared->inner = std::move(inner);
  shared->limit = std::move(limit);
  return [shared](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
    auto address = parse_ip_address(info.peer_address);
    // A peer that left before it could be asked for its address has none.
    if (!address || any_contains(shared->limit.exempt, info.peer_address)) return shared->inner(info);
    std::string customer = customer_of(*address);
    if (!shared->sessions.enter(customer, shared->limit.sessions_max)) return nullptr;
    auto handler = std::make_unique<Counted>(shared, std::move(customer));
    if (!handler->open(info)) return nullptr;
    return handler;
  };
}

}  // namespace sluice::net
