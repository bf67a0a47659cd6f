#include "serve/request_line.h"

#include <limits>

#include "base/check.h"
#include "serve/envelope.h"
#include "serve/method_table.h"
#include "serve/python_text.h"
#include "serve/request_observer.h"

namespace sluice::serve {
namespace {

constexpr std::string_view not_a_dictionary = "request object must be a dictionary";

/// A batch whose replies, errors included, reach this multiple of max_send is answered with one
/// error instead: an error for each of a million items would still be an answer without bound.
constexpr std::size_t batch_reply_multiple_max = 2;

class LineHandler {
 public:
  /// refuse: answer each request with "response too large" instead of running it.
  LineHandler(SessionState& session, const ServerContext& context, std::string& reply, bool refuse = false)
      : session_(session), context_(context), reply_(reply), refuse_(refuse) {}

  void fail(const Fault& fault, std::string_view id) {
    session_.charge_error();
    if (context_.observer != nullptr) context_.observer->on_fault(fault.code);
    append_error(reply_, session_.dialect, fault, id);
  }

  /// Number of items if the message is a batch, which is then the caller's to answer; otherwise it is answered.
  std::uint32_t message(const JsonValue& root) {
    if (session_.dialect == Dialect::undecided) session_.dialect = dialect_of(root);
    if (root.is(JsonKind::array) && session_.dialect != Dialect::v1) {
      if (root.size() == 0) fail({FaultCode::invalid_request, "batch is empty"}, "null");
      return root.size();
    }
    if (!root.is(JsonKind::object)) {
      fail({FaultCode::invalid_request, std::string(not_a_dictionary)}, "null");
    } else if (root.member("method")) {
      request(root);
    } else {
      ignore();  // a response to a question that was never asked
    }
    return 0;
  }

  void batch_item(const JsonValue& item) {
    if (!item.is(JsonKind::object)) return fail({FaultCode::invalid_request, std::string(not_a_dictionary)}, "null");
    in_batch_ = true;
    const bool response_like = !item.member("method") && (item.member("result") || item.member("error"));
    if (response_like) return ignore();
    request(item);
  }

  /// The bulk call that was found instead of being answered; null if there was none.
  [[nodiscard]] std::unique_ptr<BulkAnswer> take_bulk() noexcept { return std::move(bulk_); }

  /// Cost of the methods run.
  [[nodiscard]] double work() const noexcept { return work_; }

  void unparseable(JsonErrc why) {
    const bool bad_text = why == JsonErrc::not_utf8;
    const Fault fault{FaultCode::parse_error, bad_text ? "messages must be encoded in UTF-8" : "invalid JSON"};
    session_.cost += CostTable::unparseable - CostTable::error;
    fail(fault, "null");
  }

 private:
  static bool says(const JsonValue& object, std::string_view version) {
    const JsonValue member = object.member("jsonrpc");
    return member && member.equals(version);
  }

  Dialect dialect_of_object(const JsonValue& object) const {
    if (!object.is(JsonKind::object)) return Dialect::loose;
    if (says(object, "1.0")) return Dialect::v1;
    if (says(object, "2.0")) return context_.options->parity ? Dialect::strict : Dialect::loose;
    return object.member("result") && object.member("error") ? Dialect::v1 : Dialect::loose;
  }

  /// A batch is 1.0 only if all its parts are, and strict if any is.
  Dialect dialect_of(const JsonValue& root) const {
    if (!root.is(JsonKind::array)) return dialect_of_object(root);
    std::uint32_t v1_parts = 0;
    JsonValue at = root.size() == 0 ? JsonValue() : root.first();
    for (std::uint32_t i = 0; i < root.size(); ++i, at = at.next()) {
      const Dialect dialect = dialect_of_object(at);
      if (dialect == Dialect::strict) return dialect;
      if (dialect == Dialect::v1) ++v1_parts;
    }
    return v1_parts != 0 && v1_parts == root.size() ? Dialect::v1 : Dialect::loose;
  }

  void ignore() { session_.charge_error(); }

  void request(const JsonValue& object) {
    const JsonValue id = object.member("id");
    const bool v1 = session_.dialect == Dialect::v1;
    if (v1 && !id) return fail({FaultCode::invalid_request, "request has no \"id\""}, "null");
    const bool has_id = id && !id.is(JsonKind::null);
    if (!has_id && session_.dialect != Dialect::node) return ignore();  // a notification: the client wants no answer
    const bool structured = has_id && (id.is(JsonKind::array) || id.is(JsonKind::object));
    if (structured && !v1) return fail({FaultCode::invalid_request, "invalid \"id\": " + python_str(id)}, "null");
    const std::string id_text = structured ? structured_id(id) : has_id ? std::string(id.token()) : "null";
    if (session_.dialect == Dialect::strict && !says(object, "2.0"))
      return fail({FaultCode::invalid_request, "\"jsonrpc\" is not \"2.0\""}, id_text);

    const JsonValue method = object.member("method");
    if (!method || !method.is(JsonKind::string))
      return fail({FaultCode::method_not_found, "method must be a string"}, id_text);
    const JsonValue params = object.member("params");
    const bool usable = !params || params.is(JsonKind::array) || (params.is(JsonKind::object) && !v1);
    if (!usable)
      return fail({FaultCode::invalid_arguments, "invalid request arguments: " + python_str(params)}, id_text);
    run(method, params, id_text);
  }

  /// 1.0 allows any id; a bracket node knows only its first byte, its end is found by its parts.
  static std::string structured_id(const JsonValue& id) {
    std::string text;
    append_json_value(text, id);
    return text;
  }

  void run(const JsonValue& method_name, const JsonValue& params, std::string_view id) {
    if (refuse_) return fail(response_too_large(context_.options->max_send), id);
    if (session_.refusal) return fail(*session_.refusal, id);
    const std::string name = method_name.text();
    const Method* method = find_method(context_.methods, name);
    const bool runs_again = session_.node_answer != nullptr;
    if (!runs_again) ++session_.counters.requests;
    const bool known = method != nullptr && !(method->only_without_parity && context_.options->parity);
    if (!known) return fail({FaultCode::method_not_found, "unknown method \"" + name + "\""}, id);

    if (context_.options->swap_only && !is_answered_by_swaps_alone(*method))
      return fail({FaultCode::method_not_found, "this server answers about swaps alone: no \"" + name + "\""}, id);

    const std::size_t begin = reply_.size();
    open_result(reply_, session_.dialect);
    Call call{{}, session_, context_, reply_, begin, 0, method->by_address};
    RequestObserver* observer = context_.observer;
    const std::uint64_t begin_ticks = observer != nullptr ? observer->now() : 0;
    Outcome fault = bind_arguments(*method, params, call);
    if (!fault && !method->each.empty()) {
      reply_.resize(begin);
      return begin_bulk(*method, call.argument[0], id);
    }
    if (!fault) {
      session_.waits_for_node = false;
      fault = method->run(call);
      if (session_.waits_for_node) return reply_.resize(begin);
      session_.node_answer.reset();
      session_.cost += call.cost;  // also of work that failed
      work_ += call.cost;
    }
    if (observer != nullptr) observer->on_answered(*method, begin_ticks);
    if (!fault) {
      close_result(reply_, session_.dialect, id);
      const std::size_t limit = context_.options->max_send;
      if (limit == 0 || reply_.size() - begin <= limit) return;
      fault = response_too_large(limit);
    }
    reply_.resize(begin);
    fail(*fault, id);
  }

  void begin_bulk(const Method& method, const JsonValue& list, std::string_view id) {
    if (in_batch_) return fail({FaultCode::invalid_request, "a bulk call cannot be part of a batch"}, id);
    if (!list.is(JsonKind::array)) return fail(bad_request(python_str(list) + " should be a list"), id);
    bulk_ = std::make_unique<BulkAnswer>(*find_method(context_.methods, method.each), list, id);
  }

  SessionState& session_;
  const ServerContext& context_;
  std::string& reply_;
  bool refuse_;
  bool in_batch_ = false;
  std::unique_ptr<BulkAnswer> bulk_;
  double work_ = 0;
};

}  // namespace

LineAnswer::LineAnswer(std::string_view line, std::uint32_t item_count)
    : items_(line), items_left_(item_count), is_batch_(item_count > 0) {}

bool LineAnswer::step_single(SessionState& session, const ServerContext& context, JsonDocument& document) {
  SLUICE_CHECK(document.parse(items_.text()) == JsonErrc::ok);
  (void)LineHandler(session, context, reply_).message(document.root());
  document.release_large();
  return !session.waits_for_node;
}

bool LineAnswer::step(const BatchPace& pace, SessionState& session, const ServerContext& context,
                      JsonDocument& document) {
  if (bulk_) return bulk_->step(pace, session, context, document, reply_);
  if (!is_batch_) return step_single(session, context, document);
  const std::size_t limit = context.options->max_send;
  double work = 0;
  for (std::uint32_t items = 0; items == 0 || (items < pace.items_max && work < pace.work_max); ++items) {
    const std::size_t place_before = items_.place();
    SLUICE_CHECK(items_left_ > 0 && document.parse(items_.next()) == JsonErrc::ok);
    const JsonValue item = document.root();
    const std::size_t separator_begin = reply_.size();
    reply_ += replies_ == 0 ? "[" : ", ";
    const std::size_t item_begin = reply_.size();
    const auto answer = [&] {
      LineHandler handler(session, context, reply_, full_);
      handler.batch_item(item);
      work += handler.work();
    };
    answer();
    if (session.waits_for_node) {
      items_.go_back(place_before);
      reply_.resize(separator_begin);
      break;
    }
    if (reply_.size() == item_begin) {
      reply_.resize(separator_begin);
    } else {
      ++replies_;
      if (limit != 0 && !full_ && reply_.size() > limit) {
        full_ = true;
        reply_.resize(item_begin);
        answer();
      }
    }
    const bool too_large = limit != 0 && reply_.size() > limit * batch_reply_multiple_max;
    if (too_large) {
      reply_.clear();
      LineHandler(session, context, reply_).fail(response_too_large(limit), "null");
    } else if (--items_left_ == 0 || session.close_after_reply) {
      if (replies_ != 0) reply_ += ']';
    } else {
      continue;
    }
    items_left_ = 0;
    document.release_large();
    return true;
  }
  document.release_large();
  return false;
}

std::unique_ptr<LineAnswer> begin_line(std::string_view line, SessionState& session, const ServerContext& context,
                                       JsonDocument& document, std::string& reply) {
  LineHandler handler(session, context, reply);
  const JsonErrc parsed = document.parse(line);
  std::uint32_t items = 0;
  if (parsed == JsonErrc::ok) items = handler.message(document.root());
  else handler.unparseable(parsed);
  document.release_large();
  if (auto bulk = handler.take_bulk()) return std::make_unique<LineAnswer>(std::move(bulk));
  return items == 0 && !session.waits_for_node ? nullptr : std::make_unique<LineAnswer>(line, items);
}

void handle_line(std::string_view line, SessionState& session, const ServerContext& context, JsonDocument& document,
                 std::string& reply) {
  constexpr BatchPace at_once{std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<double>::infinity()};
  SLUICE_CHECK(context.node == nullptr);
  const auto batch = begin_line(line, session, context, document, reply);
  if (!batch) return;
  SLUICE_CHECK(batch->step(at_once, session, context, document));
  reply += batch->reply();
}

}  // namespace sluice::serve
