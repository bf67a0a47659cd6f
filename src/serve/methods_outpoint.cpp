// blockchain.outpoint.*: what became of one output.
#include "base/hex.h"
#include "classify/scripthash.h"
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/outpoint_argument.h"
#include "serve/outpoint_status.h"
#include "serve/python_text.h"

namespace sluice::serve {
namespace {

/// The script that the client says the output has; it may leave that out.
Coerced<std::optional<ScriptHash>> to_hint(const Call& call) {
  const JsonValue& hint = call.argument[2];
  if (!hint || hint.is(JsonKind::null)) return std::optional<ScriptHash>();
  const auto script = hint.is(JsonKind::string) ? from_hex(hint.text()) : std::nullopt;
  if (!script) return bad_request(python_str(hint) + " should be a hex string");
  return std::optional(classify::script_hash(*script, call.options().network->coin, call.options().parity));
}

/// Appends the status.
Outcome answer_status(Call& call, const Outpoint& outpoint, OutpointStatus& status) {
  call.cost += 1.0;
  auto found = outpoint_status(call.context, outpoint);
  if (!found) return call.failed(found.error());
  status = std::move(found).value();
  call.cost += status.cost;
  if (status.is_spender_unknown) {
    return bad_request("the output " + outpoint.txid.display() + ":" + std::to_string(outpoint.index) +
                       " is spent, but its script has too many transactions to find by which");
  }
  call.reply += status.json;
  return std::nullopt;
}

}  // namespace

Outcome outpoint_get_status(Call& call) {
  const auto outpoint = outpoint_argument(call);
  if (!outpoint.ok()) return outpoint.fault();
  const auto hint = to_hint(call);
  if (!hint.ok()) return hint.fault();
  OutpointStatus status;
  return answer_status(call, outpoint.value(), status);
}

Outcome outpoint_subscribe(Call& call) {
  const auto outpoint = outpoint_argument(call);
  if (!outpoint.ok()) return outpoint.fault();
  const auto hint = to_hint(call);
  if (!hint.ok()) return hint.fault();
  if (!call.session.outpoints.contains(outpoint.value())) {
    if (Outcome fault = take_one_more_subscription(call)) return fault;
  }
  OutpointStatus status;
  if (Outcome fault = answer_status(call, outpoint.value(), status)) return fault;
  OutpointSubscription& subscription = call.session.outpoints[outpoint.value()];
  subscription.told = std::move(status.json);
  subscription.scripthash = status.scripthash ? status.scripthash : hint.value();
  return std::nullopt;
}

Outcome outpoint_unsubscribe(Call& call) {
  const auto outpoint = outpoint_argument(call);
  if (!outpoint.ok()) return outpoint.fault();
  call.cost += 0.1;
  call.reply += call.session.outpoints.erase(outpoint.value()) != 0 ? "true" : "false";
  return std::nullopt;
}

}  // namespace sluice::serve
