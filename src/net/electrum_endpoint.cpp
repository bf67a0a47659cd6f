#include "net/electrum_endpoint.h"

#include <fmt/format.h>

#include "observe/log.h"

namespace sluice::net {
namespace {

constexpr std::string_view area = "session";

/// Tells the log of each request of a session before it is counted as others are.
class LoggedRequests final : public serve::RequestObserver {
 public:
  explicit LoggedRequests(session::RequestFigures& figures) : figures_(figures) {}
  void speak_of(std::string name) { name_ = std::move(name); }

  std::uint64_t now() noexcept override { return figures_.now(); }
  void on_answered(const serve::Method& method, std::uint64_t begin) noexcept override {
    observe::log_info(area, fmt::format("{}: {}", name_, method.name));
    figures_.on_answered(method, begin);
  }
  void on_fault(serve::FaultCode code) noexcept override {
    observe::log_info(area, fmt::format("{}: answered with error {}", name_, static_cast<int>(code)));
    figures_.on_fault(code);
  }

 private:
  session::RequestFigures& figures_;
  std::string name_;
};

}  // namespace

/// Without the snapshot itself: an event may wait, and must not keep a view of the chain.
class ElectrumEndpoint::Changed final : public Event {
 public:
  explicit Changed(serve::Changes what) : changes(std::move(what)) {}
  const serve::Changes changes;
};

class ElectrumEndpoint::NodeAnswered final : public Event {};

/// What the sessions of one thread share.
struct ElectrumEndpoint::Loop {
  Loop(serve::ServerContext shared, unsigned loop_index) : index(loop_index), context(std::move(shared)) {}

  struct Traffic {
    session::OwnSum receive_bytes;
    session::OwnSum receive_lines;
    session::OwnSum send_bytes;
    session::OwnSum send_lines;
    session::OwnSum notifications;
  };

  const unsigned index;
  serve::JsonDocument document;
  serve::ServerContext context;
  std::vector<Handler*> handlers;
  session::RequestFigures requests{context.methods};
  LoggedRequests logged{requests};
  std::array<Traffic, transport_count> traffic;
  session::OwnSum subscriptions;
  session::OwnSum transactions_sent;
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
  Handler(const session::SessionLimits& limits, const SessionNaming& naming, Loop& loop, const ConnectionInfo& info,
          std::unique_ptr<session::CostMember> member)
      : naming_(naming),
        loop_(loop),
        session_(limits, info.peer_address, std::move(member)),
        id_(naming.registry->next_id()),
        begin_(SessionRegistry::Clock::now()),
        slot_(static_cast<std::uint32_t>(loop.handlers.size())),
        port_(info.peer_port),
        transport_(info.transport),
        is_logged_(naming.registry->logs_new()) {
    loop_.handlers.push_back(this);
  }
  ~Handler() override {
    loop_.subscriptions.take(session_.subscriptions());
    loop_.handlers[slot_] = loop_.handlers.back();
    loop_.handlers[slot_]->slot_ = slot_;
    loop_.handlers.pop_back();
  }
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;

  void receive(std::string_view bytes) override {
    session_.receive(bytes);
    loop_.traffic[static_cast<std::size_t>(transport_)].receive_bytes.add(bytes.size());
  }

  HandlerStep step(std::string& out) override {
    if (is_ended_) return HandlerStep::finished;
    const auto snapshot = loop_.current();
    if (snapshot) {
      loop_.context.view = snapshot->view.get();
      loop_.context.mempool = snapshot->mempool.get();
      loop_.context.swaps = snapshot->swaps.get();
    }
    switch (counted_step(out)) {
      case session::SessionStep::idle: return HandlerStep::idle;
      case session::SessionStep::waiting: return HandlerStep::waiting;
      case session::SessionStep::answering: return HandlerStep::yielded;
      case session::SessionStep::answered: return HandlerStep::progressed;
      case session::SessionStep::finished: return HandlerStep::finished;
    }
    return HandlerStep::finished;
  }

  bool notify(const Event& event) override {
    if (const auto* changed = dynamic_cast<const Changed*>(&event)) return session_.notify(changed->changes);
    if (const auto* asked = dynamic_cast<const SessionRoster::Asked*>(&event)) {
      asked->add(loop_.index, row());
    } else if (const auto* order = dynamic_cast<const SessionOrder*>(&event); order && order->means(id_)) {
      if (order->deed() == serve::SessionDeed::disconnect) is_ended_ = true;
      else is_logged_ = order->deed() == serve::SessionDeed::log;
    }
    return is_ended_ || session_.wants_step();
  }

  [[nodiscard]] serve::SessionRow row() const {
    const auto seconds = [](SessionRegistry::Clock::duration time) {
      return static_cast<std::uint64_t>(time / std::chrono::seconds(1));
    };
    serve::SessionRow row;
    row.id = id_;
    row.transport = naming_.transport.empty() ? name_of(transport_) : naming_.transport;
    row.is_closing = is_ended_;
    row.is_logged = is_logged_;
    row.address = session_.state().client_address;
    row.port = port_;
    row.connected_s = seconds(SessionRegistry::Clock::now() - begin_);
    row.begin_s = seconds(begin_ - naming_.registry->begin());
    session_.describe(row);
    return row;
  }

  std::uint64_t resume_at_ms() const override { return session_.resume_at_ms(); }

 private:
  session::SessionStep counted_step(std::string& out) {
    const session::TrafficCounters before = session_.traffic();
    const std::size_t subscriptions = session_.subscriptions();
    const std::uint64_t transactions_sent = session_.state().counters.transactions_sent;
    loop_.context.observer = &loop_.requests;
    if (is_logged_) {
      loop_.logged.speak_of(name_for_log());
      loop_.context.observer = &loop_.logged;
    }
    const session::SessionStep step = session_.step(loop_.context, loop_.document, out, steady_now_ms());
    const session::TrafficCounters& now = session_.traffic();
    Loop::Traffic& traffic = loop_.traffic[static_cast<std::size_t>(transport_)];
    traffic.receive_lines.add(now.receive_lines - before.receive_lines);
    traffic.send_bytes.add(now.send_bytes - before.send_bytes);
    traffic.send_lines.add(now.send_lines - before.send_lines);
    traffic.notifications.add(now.notifications - before.notifications);
    loop_.subscriptions.add(session_.subscriptions() - subscriptions);  // modulo 2^64: also when there are fewer
    loop_.transactions_sent.add(session_.state().counters.transactions_sent - transactions_sent);
    return step;
  }

  [[nodiscard]] std::string name_for_log() const {
    if (naming_.addresses_hidden) return fmt::format("session {} {}", id_, serve::hidden_peer);
    return fmt::format("session {} {}", id_, row().peer());
  }

  const SessionNaming& naming_;
  Loop& loop_;
  session::Session session_;
  const std::uint64_t id_;
  const SessionRegistry::Clock::time_point begin_;
  std::uint32_t slot_;  ///< in the loop's handlers
  const std::uint16_t port_;
  const Transport transport_;
  bool is_logged_;
  bool is_ended_ = false;  ///< by the operator
};

ElectrumEndpoint::ElectrumEndpoint(serve::ServerContext context, const session::SessionLimits& limits, unsigned loops,
                                   SessionNaming naming, CostGroups groups)
    : limits_(limits),
      naming_(std::move(naming)),
      groups_(std::move(groups)),
      costs_(limits.cost.hard, groups_.address) {
  for (unsigned i = 0; i < loops; ++i) loops_.push_back(std::make_unique<Loop>(context, i));
}

ElectrumEndpoint::~ElectrumEndpoint() = default;

std::shared_ptr<const Event> ElectrumEndpoint::node_answered() { return std::make_shared<NodeAnswered>(); }

HandlerFactory ElectrumEndpoint::factory() {
  return [this](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
    auto member = costs_.open(cost_places(groups_, info.peer_address), serve::CostTable::connection, steady_now_ms());
    return std::make_unique<Handler>(limits_, naming_, *loops_.at(info.loop_index), info, std::move(member));
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

std::vector<serve::SessionRow> ElectrumEndpoint::rows_of_loop(unsigned loop_index) const {
  std::vector<serve::SessionRow> rows;
  for (const Handler* handler : loops_.at(loop_index)->handlers) rows.push_back(handler->row());
  return rows;
}

EndpointFigures ElectrumEndpoint::figures() const {
  EndpointFigures figures;
  for (const auto& loop : loops_) {
    loop->requests.add_to(figures.requests);
    for (std::size_t i = 0; i < transport_count; ++i) {
      const Loop::Traffic& from = loop->traffic[i];
      session::TrafficCounters& to = figures.traffic[i];
      to.receive_bytes += from.receive_bytes.get();
      to.receive_lines += from.receive_lines.get();
      to.send_bytes += from.send_bytes.get();
      to.send_lines += from.send_lines.get();
      to.notifications += from.notifications.get();
    }
    figures.subscriptions += loop->subscriptions.get();
    figures.transactions_sent += loop->transactions_sent.get();
  }
  return figures;
}

}  // namespace sluice::net
