#include "node/node_watch.h"

#include "observe/log.h"

namespace sluice::node {

AttemptObserver NodeWatch::observer() {
  return [this](Attempted attempted, std::string_view url, std::string_view detail) {
    const std::lock_guard lock(mutex_);
    if (state_.on_attempt(attempted, url, detail)) tell_locked();
  };
}

void NodeWatch::on_chain(const ChainInfo& info, const Status& check) {
  if (!check.ok() && check.error().kind != ErrorKind::unsupported) return;
  const std::string_view fault = check.ok() ? std::string_view() : std::string_view(check.error().message);
  const std::lock_guard lock(mutex_);
  if (state_.on_chain(info, fault)) tell_locked();
}

NodeSnapshot NodeWatch::snapshot() const {
  const std::lock_guard lock(mutex_);
  return state_.snapshot();
}

void NodeWatch::tell_locked() {
  const NodeCondition condition = state_.snapshot().condition;
  const bool is_good = condition == NodeCondition::reachable || condition == NodeCondition::syncing ||
                       condition == NodeCondition::pruned;
  observe::log(is_good ? observe::Level::info : observe::Level::warning, "node", state_.line());
  if (listener_) listener_(state_.snapshot());
}

}  // namespace sluice::node
