// The calls that clients wait for: one attempt each, errors of the node handed on.
#include <chrono>
#include <utility>

#include "node/checked_answer.h"
#include "node/node_calls.h"

namespace sluice::node {
namespace {

using namespace std::chrono_literals;

constexpr CallPolicy once{.retry = Retry::never};
/// A large transaction may take the node a while to check.
constexpr CallPolicy once_with_patience{.retry = Retry::never, .timeout = 60s};

Result<Passed> passed(Result<RpcReply>&& reply) {
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  if (outcome.error) return Passed(*outcome.error);
  return Passed(std::string(outcome.json));
}

/// The parameters of a call whose only one is a list of texts.
std::string list_parameter(std::span<const std::string> texts) {
  RpcParams list;
  for (const std::string& text : texts) list.text(text);
  return RpcParams().json(list.array()).array();
}

constexpr std::string_view no_estimate = "-1";

/// A fee rate; below zero the node has no estimate.
std::string fee_of(std::string_view json) {
  const std::string_view number = number_text(json);
  return std::string(number.empty() || number.front() == '-' ? no_estimate : number);
}

}  // namespace

Result<Broadcast> NodeCalls::broadcast(std::string_view raw_hex) {
  constexpr std::string_view method = "sendrawtransaction";
  auto reply = client_.call({std::string(method), RpcParams().text(raw_hex).array()}, once_with_patience);
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  if (outcome.error) return Broadcast(*outcome.error);
  const auto text = plain_string(outcome.json);
  const auto txid = text ? Txid::from_display(*text) : std::nullopt;
  if (!txid) return misfit(method, "is no txid");
  return Broadcast(*txid);
}

Result<Passed> NodeCalls::broadcast_package(std::span<const std::string> raw_hex) {
  return passed(client_.call({"submitpackage", list_parameter(raw_hex)}, once_with_patience));
}

Result<Passed> NodeCalls::test_accept(std::span<const std::string> raw_hex) {
  return passed(client_.call({"testmempoolaccept", list_parameter(raw_hex)}, once_with_patience));
}

Result<Passed> NodeCalls::verbose_transaction(const Txid& txid) {
  return passed(client_.call({"getrawtransaction", RpcParams().text(txid.display()).flag(true).array()}, once));
}

Result<NetworkInfo> NodeCalls::network_info() {
  constexpr std::string_view method = "getnetworkinfo";
  auto reply = client_.call({std::string(method)}, once);
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  if (outcome.error) return refused(method, *outcome.error);
  NetworkInfo info;
  const bool is_object = visit_members(outcome.json, [&](std::string_view key, std::string_view value) {
    if (key == "version") {
      info.version = unsigned_integer(value).value_or(0);
    } else if (key == "subversion") {
      info.subversion = resolved_string(value).value_or("");
    } else if (key == "relayfee") {
      info.relay_fee = number_text(value);
    }
    return true;
  });
  if (!is_object || info.relay_fee.empty()) return misfit(method, "lacks relayfee");
  return info;
}

Result<MempoolInfo> NodeCalls::mempool_info() {
  constexpr std::string_view method = "getmempoolinfo";
  auto reply = client_.call({std::string(method)}, once);
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  if (outcome.error) return refused(method, *outcome.error);
  MempoolInfo info;
  bool has_size = false;
  const bool is_object = visit_members(outcome.json, [&](std::string_view key, std::string_view value) {
    if (key == "size") {
      has_size = unsigned_integer(value).has_value();
      info.count = unsigned_integer(value).value_or(0);
    } else if (key == "bytes") {
      info.bytes = unsigned_integer(value).value_or(0);
    } else if (key == "mempoolminfee") {
      info.mempool_min_fee = number_text(value);
    } else if (key == "minrelaytxfee") {
      info.min_relay_fee = number_text(value);
    } else if (key == "incrementalrelayfee") {
      info.incremental_relay_fee = number_text(value);
    } else if (key == "unbroadcastcount") {
      info.unbroadcast_count = number_text(value);
    } else if (key == "fullrbf" && (value == "true" || value == "false")) {
      info.full_rbf = value;
    }
    return true;
  });
  if (!is_object || !has_size) return misfit(method, "lacks size");
  return info;
}

Result<Passed> NodeCalls::estimate_fee(std::uint32_t blocks, std::string_view mode) {
  // Radiant and Bitcoin Cash nodes have one estimate and take no argument.
  const bool is_smart = network_.coin == chain::Coin::bitcoin;
  const std::string method = is_smart ? "estimatesmartfee" : "estimatefee";
  RpcParams params;
  if (is_smart) params.number(blocks);
  if (is_smart && !mode.empty()) params.text(mode);
  auto reply = client_.call({method, params.array()}, once);
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  // Bitcoin Core with estimates switched off; bcoin for targets beyond what it counts.
  if (is_smart && outcome.error && outcome.error->code == code_internal) return Passed(std::string(no_estimate));
  if (outcome.error) return Passed(*outcome.error);
  if (!is_smart) {
    if (number_text(outcome.json).empty()) return misfit(method, "is no number");
    return Passed(fee_of(outcome.json));
  }
  std::string fee(no_estimate);
  const bool is_object = visit_members(outcome.json, [&](std::string_view key, std::string_view value) {
    if (key == "feerate" || key == "fee") fee = fee_of(value);  // the second is bcoin's
    return true;
  });
  if (!is_object) return misfit(method, "is no object");
  return Passed(std::move(fee));
}

}  // namespace sluice::node
