#include "devnet_node/control.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/hex.h"
#include "devnet_node/json.h"

namespace sluice::devnet_node {
namespace {

constexpr std::uint64_t count_max = 1'000'000;
constexpr std::uint64_t ms_max = 600'000;
constexpr std::size_t script_bytes_max = 10'000;

struct Refusal {
  std::string text;
};

constexpr std::array<std::string_view, 7> fault_names = {"none",    "http_500", "http_503", "truncated",
                                                         "garbage", "no_http",  "closed"};

FaultKind fault_kind(std::string_view name) {
  const auto found = std::find(fault_names.begin(), fault_names.end(), name);
  if (found == fault_names.end()) throw Refusal{fmt::format("fault: kind \"{}\" is unknown", name)};
  return static_cast<FaultKind>(found - fault_names.begin());
}

/// The members of a command. Each is read by name; what was never asked for is a mistake of the sender.
class Members {
 public:
  explicit Members(std::string_view body) {
    if (parser_.parse(body.data(), body.size()).get(object_) != simdjson::SUCCESS)
      throw Refusal{"the body is no JSON object"};
    command_ = text("command", "");
  }

  [[nodiscard]] const std::string& command() const noexcept { return command_; }

  [[nodiscard]] std::uint32_t number(std::string_view name, std::uint64_t missing, std::uint64_t most = count_max) {
    read_.insert(std::string(name));
    simdjson::dom::element value;
    if (object_[name].get(value) != simdjson::SUCCESS) return static_cast<std::uint32_t>(missing);
    std::uint64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS || number > most)
      throw Refusal{fmt::format("{}: {} must be a whole number from 0 to {}", command_, name, most)};
    return static_cast<std::uint32_t>(number);
  }

  [[nodiscard]] std::string text(std::string_view name, std::string_view missing) {
    read_.insert(std::string(name));
    simdjson::dom::element value;
    if (object_[name].get(value) != simdjson::SUCCESS) return std::string(missing);
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) throw Refusal{fmt::format("{}: {} must be a text", command_, name)};
    return std::string(text);
  }

  /// To be called when all have been read, before anything is done.
  void finish() const {
    for (const auto [key, value] : object_) {
      if (!read_.contains(key)) throw Refusal{fmt::format("{}: member \"{}\" is unknown", command_, key)};
    }
  }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::object object_;
  std::set<std::string, std::less<>> read_;
  std::string command_;
};

NodeChange done(Result<NodeChange> change) {
  if (!change) throw Refusal{change.error().message};
  return change.value();
}

NodeChange mine(Node& node, Members& members) {
  MineRequest request;
  request.blocks = members.number("blocks", 1);
  request.transactions = members.number("transactions", 0);
  request.mempool_percent = members.number("mempool_percent", 100, 100);
  request.conflicts = members.number("conflicts", 0);
  members.finish();
  return done(node.mine(request));
}

NodeChange reorg(Node& node, Members& members) {
  ReorgRequest request;
  request.depth = members.number("depth", 1);
  request.blocks = members.number("blocks", std::uint64_t{request.depth} + 1);
  request.transactions = members.number("transactions", 0);
  request.mempool_percent = members.number("mempool_percent", 50, 100);
  members.finish();
  return done(node.reorg(request));
}

NodeChange churn(Node& node, Members& members) {
  ChurnRequest request;
  request.add = members.number("add", 0);
  request.evict = members.number("evict", 0);
  request.replace = members.number("replace", 0);
  request.leaves = members.number("leaves", 0, 1) == 1;
  members.finish();
  return done(node.churn(request));
}

Txid pay(Node& node, Members& members) {
  const auto script = from_hex(members.text("script", ""));
  const std::uint32_t value = members.number("value", 100'000, 0xffff'ffff);
  members.finish();
  if (!script || script->size() > script_bytes_max) throw Refusal{"pay: script must be hex, of at most 10,000 bytes"};
  Result<Txid> paid = node.pay(*script, value);
  if (!paid) throw Refusal{paid.error().message};
  return paid.value();
}

void append_state(Json& target, const Node& node, const Rpc& rpc, const RpcSwitches& switches, const Faults& faults) {
  const ChainState& chain = node.chain();
  target.key("height").number(chain.height()).key("tip").hash(chain.tip().hash);
  target.key("blocks").number(chain.block_count()).key("unspent").number(chain.coin_count());
  target.key("mempool").number(node.mempool().size()).key("mempool_bytes").number(node.mempool().bytes());
  target.key("warm_up").text(switches.warm_up).key("chain_name").text(switches.chain_name);
  target.key("pruned_below").number(switches.pruned_below).key("latency_ms").number(faults.latency_ms);
  target.key("fault").text(fault_names[static_cast<std::size_t>(faults.requests > 0 ? faults.kind : FaultKind::none)]);
  target.key("fault_requests").number(faults.requests).key("calls").open('{');
  for (const auto& [method, count] : rpc.calls()) target.key(method).number(count);
  target.close('}');
}

}  // namespace

ControlReply Control::answer(std::string_view body) {
  try {
    Members members(body);
    const std::string& command = members.command();
    NodeChange change;
    std::optional<Txid> paid;
    if (command == "pay") {
      paid = pay(node_, members);
      change.added = 1;
    } else if (command == "mine") {
      change = mine(node_, members);
    } else if (command == "reorg") {
      change = reorg(node_, members);
    } else if (command == "churn") {
      change = churn(node_, members);
    } else if (command == "restart") {
      const std::uint32_t down_ms = members.number("down_ms", 0, ms_max);
      const std::uint32_t warm_up_ms = members.number("warm_up_ms", 0, ms_max);
      members.finish();
      host_.restart(down_ms, warm_up_ms);
    } else if (command == "warm_up") {
      const std::uint32_t ms = members.number("ms", 1000, ms_max);
      members.finish();
      host_.warm_up(ms);
    } else if (command == "latency") {
      const std::uint32_t ms = members.number("ms", 0, ms_max);
      members.finish();
      faults_.latency_ms = ms;
    } else if (command == "fault") {
      const FaultKind kind = fault_kind(members.text("kind", "http_503"));
      const std::uint32_t requests = members.number("requests", 1);
      members.finish();
      faults_.kind = kind;
      faults_.requests = requests;
    } else if (command == "chain_name") {
      std::string name = members.text("name", "");
      members.finish();
      switches_.chain_name = std::move(name);
    } else if (command == "prune") {
      const std::uint32_t below = members.number("below", 0);
      members.finish();
      switches_.pruned_below = below;
    } else if (command == "state") {
      members.finish();
    } else {
      throw Refusal{fmt::format("command \"{}\" is unknown", command)};
    }
    Json reply;
    reply.open('{').key("connected").number(change.connected).key("disconnected").number(change.disconnected);
    reply.key("added").number(change.added).key("removed").number(change.removed);
    if (paid) reply.key("txid").hash(*paid);
    append_state(reply, node_, rpc_, switches_, faults_);
    return {200, std::move(reply.close('}')).str() + "\n"};
  } catch (const Refusal& refusal) {
    Json reply;
    return {400, std::move(reply.open('{').key("error").text(refusal.text).close('}')).str() + "\n"};
  }
}

}  // namespace sluice::devnet_node
