// Fees. The Radiant servers answer constants, which parity mirrors; offline there is no node to ask for better ones.
#include <algorithm>

#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/python_text.h"

namespace sluice::serve {
namespace {

/// Nodes estimate no further ahead.
constexpr std::uint64_t target_max = 1008;

/// The node's answer as it is, or `constant` where nobody is asked.
Outcome answer_of_node(Call& call, NodeQuestion question, std::string_view constant) {
  if (call.context.node == nullptr || call.options().parity) {
    call.reply += constant;
    return std::nullopt;
  }
  return append_node_answer(call, std::move(question));
}

}  // namespace

Outcome estimate_fee(Call& call) {
  call.cost += 2.0;
  const JsonValue& mode = call.argument[1];
  if (mode && !mode.is(JsonKind::null) && !mode.equals("CONSERVATIVE") && !mode.equals("ECONOMICAL"))
    return bad_request("unknown estimatefee mode: " + python_str(mode));
  NodeQuestion question;
  question.kind = NodeQuestion::Kind::estimate_fee;
  if (call.context.node != nullptr && !call.options().parity) {
    const auto blocks = to_natural(call.argument[0]);
    if (!blocks.ok()) return blocks.fault();
    question.blocks = static_cast<std::uint32_t>(std::min<std::uint64_t>(blocks.value().value, target_max));
    if (mode && !mode.is(JsonKind::null)) question.mode = mode.text();
  }
  return answer_of_node(call, std::move(question), "1e-05");
}

Outcome relay_fee(Call& call) {
  call.cost += 1.0;
  NodeQuestion question;
  question.kind = NodeQuestion::Kind::relay_fee;
  return answer_of_node(call, std::move(question), "1e-06");
}

Outcome mempool_info(Call& call) {
  call.cost += 1.0;
  NodeQuestion question;
  question.kind = NodeQuestion::Kind::mempool_info;
  return answer_of_node(call, std::move(question),
                        R"({"mempoolminfee":1e-05,"minrelaytxfee":1e-05,"incrementalrelayfee":1e-05})");
}

Outcome fee_histogram(Call& call) {
  call.cost += 1.0;
  call.reply += '[';
  // The Radiant servers have no histogram; their answer is always empty.
  if (call.mempool() != nullptr && !call.options().parity) {
    bool first = true;
    for (const FeeBin& bin : call.mempool()->fee_histogram()) {
      call.reply += first ? "[" : ",[";
      first = false;
      append_number(call.reply, bin.rate_tenths / 10);
      call.reply += '.';
      append_number(call.reply, bin.rate_tenths % 10);
      call.reply += ',';
      append_number(call.reply, bin.size);
      call.reply += ']';
    }
  }
  call.reply += ']';
  return std::nullopt;
}

}  // namespace sluice::serve
