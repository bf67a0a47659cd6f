// Any bytes as a node's answer. First byte: single or batch, and how many entries are awaited.
//
// An answer that is taken is JSON to an independent judge; each outcome is JSON too, lies in the answer's own text,
// and reads alike when the answer is read again.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "node/json_walk.h"
#include "node/rpc_message.h"
#include "strict_json.h"

namespace sluice::node {
namespace {

void check_answer(std::uint8_t selector, std::string_view text) {
  const RequestForm form = selector % 2 == 0 ? RequestForm::single : RequestForm::batch;
  const std::size_t count = form == RequestForm::single ? 1 : 1 + selector / 2 % 4;
  RpcReply reply;
  const AnswerErrc errc = read_answer({text.begin(), text.end()}, form, 7, count, reply);
  SLUICE_CHECK(reply.outcomes().size() == (errc == AnswerErrc::ok ? count : 0));
  if (errc != AnswerErrc::ok) return;
  SLUICE_CHECK(serve::test::StrictJson(text).valid());
  RpcReply again;
  SLUICE_CHECK(read_answer({text.begin(), text.end()}, form, 7, count, again) == AnswerErrc::ok);
  for (std::size_t i = 0; i < count; ++i) {
    const RpcOutcome& outcome = reply.outcomes()[i];
    SLUICE_CHECK(serve::test::StrictJson(outcome.json).valid());
    SLUICE_CHECK(text.find(outcome.json) != std::string_view::npos);
    SLUICE_CHECK(outcome.json == again.outcomes()[i].json && outcome.error == again.outcomes()[i].error);
  }
}

}  // namespace
}  // namespace sluice::node

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  sluice::node::check_answer(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
