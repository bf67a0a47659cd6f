// The frame around results and errors, in both dialects.
//
//   2.0  {"jsonrpc":"2.0","result":R,"id":I}              {"jsonrpc":"2.0","error":{...},"id":I}
//   1.0  {"result":R,"error":null,"id":I}                 {"result":null,"error":{...},"id":I}
#pragma once

#include <string>
#include <string_view>

#include "serve/fault.h"
#include "serve/json_document.h"
#include "serve/session_state.h"

namespace sluice::serve {

/// Everything before the result.
void open_result(std::string& reply, Dialect dialect);
/// Everything behind it. `id` is JSON text.
void close_result(std::string& reply, Dialect dialect, std::string_view id);
void append_error(std::string& reply, Dialect dialect, const Fault& fault, std::string_view id);
/// `{"code":...,"message":...}`
void append_fault(std::string& reply, const Fault& fault);
/// The value as JSON text again: scalars by their tokens, containers compact.
void append_json_value(std::string& target, const JsonValue& value);

}  // namespace sluice::serve
