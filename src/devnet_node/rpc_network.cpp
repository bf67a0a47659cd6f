// Methods about the node itself and its fees.
#include "devnet_node/rpc_methods.h"

namespace sluice::devnet_node {
namespace {

struct NodeVersion {
  std::uint64_t number;
  std::string_view subversion;
  std::uint64_t protocol;
};

NodeVersion version_of(chain::Coin coin) {
  switch (coin) {
    case chain::Coin::bitcoin: return {250000, "/Satoshi:25.0.0/", 70016};
    case chain::Coin::bitcoin_cash: return {27000000, "/Bitcoin Cash Node:27.0.0(EB32.0)/", 70016};
    default: return {2000000, "/Radiant Core:2.0.0(EB256.0)/", 70016};
  }
}

void get_network_info(const RpcContext& context, const RpcArguments&, Json& result) {
  const chain::Coin coin = context.node.chain().network().coin;
  const NodeVersion version = version_of(coin);
  result.open('{').key("version").number(version.number).key("subversion").text(version.subversion);
  result.key("protocolversion").number(version.protocol).key("localservices").text("0000000000000425");
  result.key("localrelay").boolean(true).key("timeoffset").number(0).key("networkactive").boolean(true);
  result.key("connections").number(0).key("networks").open('[').close(']').key("relayfee").amount(relay_fee);
  if (coin == chain::Coin::bitcoin) result.key("incrementalfee").amount(relay_fee);
  else result.key("excessutxocharge").amount(0);
  result.key("localaddresses").open('[').close(']').key("warnings").text("").close('}');
}

void estimate_fee(const RpcContext&, const RpcArguments&, Json& result) { result.amount(relay_fee); }

void estimate_smart_fee(const RpcContext&, const RpcArguments& arguments, Json& result) {
  const std::int64_t blocks = arguments.integer(0);
  if (blocks < 1 || blocks > 1008)
    throw RpcFault{RpcCode::invalid_parameter, "Invalid conf_target, must be between 1 and 1008"};
  // As a node answers that has seen too few blocks, which a regtest always has.
  result.open('{').key("errors").open('[').text("Insufficient data or no feerate found").close(']');
  result.key("blocks").number(static_cast<std::uint64_t>(blocks)).close('}');
}

void uptime(const RpcContext& context, const RpcArguments&, Json& result) {
  result.number(static_cast<std::uint64_t>(context.node.now() - context.switches.started));
}

void get_zmq_notifications(const RpcContext& context, const RpcArguments&, Json& result) {
  result.open('[');
  for (const auto& [topic, address] : context.switches.zmq) {
    result.open('{').key("type").text("pub" + topic).key("address").text(address);
    result.key("hwm").number(1000).close('}');
  }
  result.close(']');
}

void get_connection_count(const RpcContext&, const RpcArguments&, Json& result) { result.number(0); }

void get_peer_info(const RpcContext&, const RpcArguments&, Json& result) { result.open('[').close(']'); }

}  // namespace

std::span<const RpcMethod> network_methods() {
  using chain::Coin;
  static const std::vector<RpcMethod> methods = {
      {"getnetworkinfo", {}, 0, get_network_info},
      {"estimatefee", {}, 0, estimate_fee, {}, Coin::bitcoin},
      {"estimatesmartfee", {"conf_target", "estimate_mode"}, 1, estimate_smart_fee, Coin::bitcoin, {}},
      {"uptime", {}, 0, uptime},
      {"getzmqnotifications", {}, 0, get_zmq_notifications},
      {"getconnectioncount", {}, 0, get_connection_count},
      {"getpeerinfo", {}, 0, get_peer_info},
  };
  return methods;
}

}  // namespace sluice::devnet_node
