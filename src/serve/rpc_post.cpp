#include "serve/rpc_post.h"

#include "serve/envelope.h"
#include "serve/json_items.h"
#include "serve/method_table.h"
#include "serve/request_line.h"
#include "serve/request_observer.h"

namespace sluice::serve {
namespace {

/// Remembers what the last request failed with.
class LastFault final : public RequestObserver {
 public:
  [[nodiscard]] std::uint64_t now() noexcept override { return 0; }
  void on_answered(const Method&, std::uint64_t) noexcept override {}
  void on_fault(FaultCode code) noexcept override { code_ = code; }
  [[nodiscard]] const std::optional<FaultCode>& code() const noexcept { return code_; }

 private:
  std::optional<FaultCode> code_;
};

unsigned node_status(const std::optional<FaultCode>& fault) noexcept {
  if (!fault) return 200;
  if (*fault == FaultCode::method_not_found) return 404;
  return *fault == FaultCode::invalid_request ? 400 : 500;
}

WebAnswer refusal(const Fault& fault) {
  WebAnswer answer{node_status(fault.code), ""};
  append_error(answer.json, Dialect::node, fault, "null");
  return answer;
}

Dialect post_dialect(const JsonValue& request) {
  const JsonValue version = request.is(JsonKind::object) ? request.member("jsonrpc") : JsonValue();
  return version && version.equals("2.0") ? Dialect::loose : Dialect::node;
}

WebAnswer answer_batch(std::string_view body, std::uint32_t count, const ServerContext& context,
                       JsonDocument& document) {
  if (count == 0) return refusal({FaultCode::invalid_request, "batch is empty"});
  if (count > post_batch_max)
    return refusal({FaultCode::invalid_request, "a batch has at most " + std::to_string(post_batch_max) + " requests"});
  const std::size_t limit = context.options->max_send;
  WebAnswer answer{200, "["};
  JsonItems items(body);
  SessionState session;
  session.cost = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view item = items.next();
    if (document.parse(item) != JsonErrc::ok) return refusal({FaultCode::parse_error, "invalid JSON"});
    session.dialect = post_dialect(document.root());
    const double work = session.cost - CostTable::error * static_cast<double>(session.counters.errors);
    if (limit != 0 && answer.json.size() > limit) session.refusal = response_too_large(limit);
    else if (work > post_cost_max) session.refusal = Fault{FaultCode::server_busy, "the batch is too much work"};
    std::string reply;
    if (document.root().is(JsonKind::array)) {
      append_error(reply, Dialect::node, {FaultCode::invalid_request, "a batch within a batch"}, "null");
    } else {
      handle_line(item, session, context, document, reply);
    }
    if (reply.empty()) continue;
    if (answer.json.size() > 1) answer.json += ',';
    answer.json += reply;
  }
  if (answer.json.size() == 1) return {204, ""};
  answer.json += ']';
  return answer;
}

}  // namespace

WebAnswer answer_post(std::string_view body, ServerContext context, JsonDocument& document) {
  LastFault last;
  context.methods = node_swap_methods();
  context.observer = &last;
  context.node = nullptr;
  const JsonErrc parsed = document.parse(body);
  if (parsed != JsonErrc::ok) {
    return refusal(
        {FaultCode::parse_error, parsed == JsonErrc::not_utf8 ? "messages must be encoded in UTF-8" : "invalid JSON"});
  }
  if (document.root().is(JsonKind::array)) return answer_batch(body, document.root().size(), context, document);
  SessionState session;
  session.dialect = post_dialect(document.root());
  WebAnswer answer;
  const bool asks = document.root().is(JsonKind::object) && document.root().member("method");
  if (!asks) return refusal({FaultCode::invalid_request, "this is no request: it has no \"method\""});
  handle_line(body, session, context, document, answer.json);
  if (answer.json.empty()) answer.status = 204;
  else if (session.dialect == Dialect::node) answer.status = node_status(last.code());
  return answer;
}

}  // namespace sluice::serve
