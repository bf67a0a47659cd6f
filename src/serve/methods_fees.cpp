// Fees. The Radiant servers answer constants; offline there is no node to ask for better ones.
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/python_text.h"

namespace sluice::serve {

Outcome estimate_fee(Call& call) {
  call.cost += 2.0;
  const JsonValue& mode = call.argument[1];
  if (mode && !mode.is(JsonKind::null) && !mode.equals("CONSERVATIVE") && !mode.equals("ECONOMICAL"))
    return bad_request("unknown estimatefee mode: " + python_str(mode));
  call.reply += "1e-05";
  return std::nullopt;
}

Outcome relay_fee(Call& call) {
  call.cost += 1.0;
  call.reply += "1e-06";
  return std::nullopt;
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
