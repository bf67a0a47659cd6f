#include "net/electrum_endpoint.h"

namespace sluice::net {

/// Without the snapshot itself: an event may wait, and must not keep a view of the chain.
class ElectrumEndpoint::Changed final : public Event {
 public:
  explicit Changed(serve::Changes what) : changes(std::move(what)) {}
  const serve::Changes changes;
};

class ElectrumEndpoint::NodeAnswered final : public Event {};

/// What the sessions of one thread share.
struct ElectrumEndpoint::Loop {
  explicit Loop(serve::ServerContext shared) : context(std::move(shared)) {}

  serve::JsonDocument document;
  serve::ServerContext context;
  std::mutex mutex;  // held for a copy of the pointer
  /// A copy for each loop, so that loops do not fight over its count.
  std::shared_ptr<const serve::Snapshot> snapshot;

  [[nodiscard]] std::shared_ptr<const serve::Snapshot> current() {
    const std::lock_guard lock(mutex);
    return snapshot;
  }
};

class ElectrumEndpoint::Handler final : public ConnectionHandler {
 public:
  Handler(const session::SessionLimits& limits, Loop& loop, std::unique_ptr<session::CostMember> member)
      : loop_(loop), session_(limits, std::move(member)) {}

  void receive(std::string_view bytes) override { session_.receive(bytes); }

  HandlerStep step(std::string& out) override {
    const auto snapshot = loop_.current();
    if (snapshot) {
      loop_.context.view = snapshot->view.get();
      loop_.context.mempool = snapshot->mempool.get();
    }
    switch (session_.step(loop_.context, loop_.document, out, steady_now_ms())) {
      case session::SessionStep::idle: return HandlerStep::idle;
      case session::SessionStep::waiting: return HandlerStep::waiting;
      case session::SessionStep::answering: return HandlerStep::yielded;
      case session::SessionStep::answered: return HandlerStep::progressed;
      case session::SessionStep::finished: return HandlerStep::finished;
    }
    return HandlerStep::finished;
  }

  bool notify(const Event& event) override {
    const auto* changed = dynamic_cast<const Changed*>(&event);
    if (changed == nullptr) return session_.wants_step();
    return session_.notify(changed->changes);
  }

  std::uint64_t resume_at_ms() const override { return session_.resume_at_ms(); }

 private:
  Loop& loop_;
  session::Session session_;
};

ElectrumEndpoint::ElectrumEndpoint(serve::ServerContext context, const session::SessionLimits& limits, unsigned loops,
                                   CostGroups groups)
    : limits_(limits), groups_(std::move(groups)), costs_(limits.cost.hard, groups_.address) {
  for (unsigned i = 0; i < loops; ++i) loops_.push_back(std::make_unique<Loop>(context));
}

ElectrumEndpoint::~ElectrumEndpoint() = default;

std::shared_ptr<const Event> ElectrumEndpoint::node_answered() { return std::make_shared<NodeAnswered>(); }

HandlerFactory ElectrumEndpoint::factory() {
  return [this](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
    auto member = costs_.open(cost_places(groups_, info.peer_address), serve::CostTable::connection, steady_now_ms());
    return std::make_unique<Handler>(limits_, *loops_.at(info.loop_index), std::move(member));
  };
}

std::shared_ptr<const Event> ElectrumEndpoint::publish(const serve::Snapshot& snapshot, serve::Changes changes) {
  for (const auto& loop : loops_) {
    auto next = std::make_shared<const serve::Snapshot>(snapshot);
    const std::lock_guard lock(loop->mutex);
    loop->snapshot.swap(next);
  }
  return std::make_shared<Changed>(std::move(changes));
}

}  // namespace sluice::net
