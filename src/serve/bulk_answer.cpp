#include "serve/bulk_answer.h"

#include "base/check.h"
#include "serve/envelope.h"

namespace sluice::serve {
namespace {

std::string text_of(const JsonValue& value) {
  std::string text;
  append_json_value(text, value);
  return text;
}

}  // namespace

BulkAnswer::BulkAnswer(const Method& each, const JsonValue& list, std::string_view id)
    : each_(&each), items_(text_of(list)), items_left_(list.size()), id_(id) {}

double BulkAnswer::answer_item(const JsonValue& item, SessionState& session, const ServerContext& context,
                               std::string& reply) {
  const std::size_t begin = reply.size();
  Call call{{}, session, context, reply, begin, 0, each_->by_address};
  Outcome fault;
  if (item.is(JsonKind::array) || item.is(JsonKind::object)) fault = bind_arguments(*each_, item, call);
  else call.argument[0] = item;
  if (!fault) fault = each_->run(call);
  session.cost += call.cost;
  if (!fault) return call.cost;
  session.charge_error();
  reply.resize(begin);
  reply += "{\"error\":";
  append_fault(reply, *fault);
  reply += '}';
  return call.cost;
}

bool BulkAnswer::step(const BatchPace& pace, SessionState& session, const ServerContext& context,
                      JsonDocument& document, std::string& reply) {
  if (session.refusal) return end_with(*session.refusal, session, reply);
  if (reply.empty()) {
    open_result(reply, session.dialect);
    reply += '[';
  }
  const std::size_t limit = context.options->max_send;
  double work = 0;
  for (std::uint32_t items = 0; items_left_ > 0; ++items, --items_left_) {
    if (items > 0 && (items >= pace.items_max || work >= pace.work_max)) {
      document.release_large();
      return false;
    }
    SLUICE_CHECK(document.parse(items_.next()) == JsonErrc::ok);
    if (reply.back() != '[') reply += ',';
    work += answer_item(document.root(), session, context, reply);
    if (limit != 0 && reply.size() > limit) break;
  }
  document.release_large();
  reply += ']';
  close_result(reply, session.dialect, id_);
  if (limit != 0 && reply.size() > limit) return end_with(response_too_large(limit), session, reply);
  return true;
}

bool BulkAnswer::end_with(const Fault& fault, SessionState& session, std::string& reply) const {
  session.charge_error();
  reply.clear();
  append_error(reply, session.dialect, fault, id_);
  return true;
}

}  // namespace sluice::serve
