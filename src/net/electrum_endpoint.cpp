#include "net/electrum_endpoint.h"

namespace sluice::net {

class ElectrumEndpoint::Handler final : public ConnectionHandler {
 public:
  Handler(const ElectrumEndpoint& endpoint, serve::JsonDocument& document)
      : endpoint_(endpoint), document_(document), session_(endpoint.limits_) {}

  void receive(std::string_view bytes) override { session_.receive(bytes); }

  HandlerStep step(std::string& out) override {
    switch (session_.step(endpoint_.context_, document_, out)) {
      case session::SessionStep::idle: return HandlerStep::idle;
      case session::SessionStep::answering: return HandlerStep::yielded;
      case session::SessionStep::answered: return HandlerStep::progressed;
      case session::SessionStep::finished: return HandlerStep::finished;
    }
    return HandlerStep::finished;
  }

 private:
  const ElectrumEndpoint& endpoint_;
  serve::JsonDocument& document_;  // of this handler's loop
  session::Session session_;
};

ElectrumEndpoint::ElectrumEndpoint(serve::ServerContext context, const session::SessionLimits& limits, unsigned loops)
    : context_(std::move(context)), limits_(limits) {
  for (unsigned i = 0; i < loops; ++i) documents_.push_back(std::make_unique<serve::JsonDocument>());
}

HandlerFactory ElectrumEndpoint::factory() {
  return [this](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
    return std::make_unique<Handler>(*this, *documents_.at(info.loop_index));
  };
}

}  // namespace sluice::net
