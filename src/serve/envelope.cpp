#include "serve/envelope.h"

#include "serve/json_text.h"

namespace sluice::serve {
namespace {

/// Result and error?
bool has_both_members(Dialect dialect) noexcept { return dialect == Dialect::v1 || dialect == Dialect::node; }

}  // namespace

void open_result(std::string& reply, Dialect dialect) {
  reply += has_both_members(dialect) ? "{\"result\":" : "{\"jsonrpc\":\"2.0\",\"result\":";
}

void close_result(std::string& reply, Dialect dialect, std::string_view id) {
  reply += has_both_members(dialect) ? ",\"error\":null,\"id\":" : ",\"id\":";
  reply += id;
  reply += '}';
}

void append_fault(std::string& reply, const Fault& fault) {
  reply += "{\"code\":";
  append_signed(reply, static_cast<int>(fault.code));
  reply += ",\"message\":";
  append_json_string(reply, fault.message);
  reply += '}';
}

void append_error(std::string& reply, Dialect dialect, const Fault& fault, std::string_view id) {
  reply += has_both_members(dialect) ? "{\"result\":null,\"error\":" : "{\"jsonrpc\":\"2.0\",\"error\":";
  append_fault(reply, fault);
  reply += ",\"id\":";
  reply += id;
  reply += '}';
}

void append_json_value(std::string& target, const JsonValue& value) {
  const bool array = value.is(JsonKind::array);
  if (!array && !value.is(JsonKind::object)) {
    target += value.token();
    return;
  }
  target += array ? '[' : '{';
  JsonValue at = value.first();
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    if (i != 0) target += ',';
    if (!array) {
      target += at.token();
      target += ':';
      at = at.next();
    }
    append_json_value(target, at);
    at = at.next();
  }
  target += array ? ']' : '}';
}

}  // namespace sluice::serve
