#include "node/node_state.h"

#include <array>

namespace sluice::node {
namespace {

NodeCondition condition_of(Attempted attempted) noexcept {
  switch (attempted) {
    case Attempted::answered: return NodeCondition::reachable;
    case Attempted::unreachable: return NodeCondition::unreachable;
    case Attempted::slow: return NodeCondition::slow;
    case Attempted::refused: return NodeCondition::refusing;
    case Attempted::warming_up: return NodeCondition::warming_up;
    case Attempted::bad_answer: return NodeCondition::confused;
  }
  return NodeCondition::unknown;
}

/// What follows for the server and what to do.
std::string_view consequence_of(NodeCondition condition) noexcept {
  static constexpr std::string_view waits = "answers go on from the index; it is asked again";
  switch (condition) {
    case NodeCondition::unknown:
    case NodeCondition::reachable: return "";
    case NodeCondition::unreachable:
    case NodeCondition::warming_up:
    case NodeCondition::slow:
    case NodeCondition::confused: return waits;
    case NodeCondition::refusing: return "check DAEMON_URL, DAEMON_COOKIE and the node's rpcallowip";
    case NodeCondition::wrong_chain: return "nothing is taken from it";
    case NodeCondition::syncing: return "the index follows as it comes";
    case NodeCondition::pruned: return "blocks that it deleted cannot be indexed";
  }
  return "";
}

}  // namespace

std::string_view name_of(NodeCondition condition) noexcept {
  static constexpr std::array<std::string_view, 10> names{"unknown",  "reachable", "unreachable", "warming_up",
                                                          "refusing", "slow",      "confused",    "wrong_chain",
                                                          "syncing",  "pruned"};
  return names[static_cast<std::size_t>(condition)];
}

bool NodeState::on_attempt(Attempted attempted, std::string_view url, std::string_view detail) {
  if (snapshot_.url != url) {
    // Another node: what the one before said of its chain is not its own.
    snapshot_.url = url;
    snapshot_.chain.reset();
    of_chain_ = NodeCondition::reachable;
    chain_detail_.clear();
  }
  slow_in_a_row_ = attempted == Attempted::slow ? slow_in_a_row_ + 1 : 0;
  if (attempted == Attempted::answered) return change_to(of_chain_, chain_detail_);
  if (attempted == Attempted::slow && slow_in_a_row_ < slow_attempts_min) return false;
  return change_to(condition_of(attempted), detail);
}

bool NodeState::on_chain(const ChainInfo& info, std::string_view fault) {
  snapshot_.chain = info;
  chain_detail_.clear();
  if (!fault.empty()) {
    of_chain_ = NodeCondition::wrong_chain;
    chain_detail_ = fault;
  } else if (info.is_initial_download) {
    of_chain_ = NodeCondition::syncing;
    chain_detail_ = "block " + std::to_string(info.blocks) + " of " + std::to_string(info.headers);
  } else if (info.is_pruned) {
    of_chain_ = NodeCondition::pruned;
    chain_detail_ = "blocks below " + std::to_string(info.prune_height) + " are gone";
  } else {
    of_chain_ = NodeCondition::reachable;
  }
  return change_to(of_chain_, chain_detail_);
}

bool NodeState::change_to(NodeCondition condition, std::string_view detail) {
  snapshot_.detail = detail;
  if (snapshot_.condition == condition) return false;
  snapshot_.condition = condition;
  ++snapshot_.changes;
  return true;
}

std::string NodeState::line() const {
  std::string text = "node " + snapshot_.url + " is " + std::string(name_of(snapshot_.condition));
  if (!snapshot_.detail.empty()) text += " (" + snapshot_.detail + ")";
  if (const std::string_view consequence = consequence_of(snapshot_.condition); !consequence.empty())
    (text += ": ") += consequence;
  return text;
}

}  // namespace sluice::node
