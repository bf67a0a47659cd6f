#include "devnet_node/rpc.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "devnet_node/rpc_methods.h"

namespace sluice::devnet_node {
namespace {

using simdjson::dom::element_type;

const RpcMethod* find_method(std::string_view name, chain::Coin coin) {
  for (const auto methods : {block_methods(), transaction_methods(), network_methods()}) {
    for (const RpcMethod& method : methods) {
      if (method.name == name && method.only.value_or(coin) == coin && method.never != coin) return &method;
    }
  }
  return nullptr;
}

/// The line of help that a wrong number of arguments is answered with.
std::string usage(const RpcMethod& method) {
  std::string text(method.name);
  for (std::size_t i = 0; i < method.arguments.size(); ++i) {
    text += i == method.arguments_min ? " ( " : " ";
    text += method.arguments[i];
  }
  if (method.arguments.size() > method.arguments_min) text += " )";
  return text;
}

RpcArguments positional(const RpcMethod& method, std::optional<JsonValue> params) {
  std::vector<std::optional<JsonValue>> values;
  if (params && params->is_array()) {
    for (const JsonValue value : params->get_array()) values.push_back(value);
  } else if (params && params->is_object()) {
    for (const auto [key, value] : simdjson::dom::object(*params)) {
      const auto place = std::find(method.arguments.begin(), method.arguments.end(), key);
      if (place == method.arguments.end())
        throw RpcFault{RpcCode::invalid_parameter, "Unknown named parameter " + std::string(key)};
      const auto index = static_cast<std::size_t>(place - method.arguments.begin());
      if (values.size() <= index) values.resize(index + 1);
      values[index] = value;
    }
  }
  if (values.size() < method.arguments_min || values.size() > method.arguments.size())
    throw RpcFault{RpcCode::misc, usage(method)};
  return RpcArguments(std::move(values));
}

std::string reply_text(std::string_view result, const RpcFault* fault, std::string_view id) {
  Json reply;
  reply.open('{').key("result").raw(fault != nullptr ? "null" : result).key("error");
  if (fault != nullptr) {
    reply.open('{').key("code").raw(std::to_string(static_cast<int>(fault->code)));
    reply.key("message").text(fault->message).close('}');
  } else {
    reply.raw("null");
  }
  return std::move(reply.key("id").raw(id).close('}')).str();
}

unsigned status_of(RpcCode code) {
  return code == RpcCode::invalid_request ? 400 : code == RpcCode::method_not_found ? 404 : 500;
}

/// Runs one request; what it throws is its error.
void run(const RpcContext& context, JsonValue request, std::string& id, Json& result) {
  if (!request.is_object()) throw RpcFault{RpcCode::invalid_request, "Invalid Request object"};
  const auto member = [&](std::string_view name) -> std::optional<JsonValue> {
    JsonValue value;
    if (request[name].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
    return value;
  };
  if (const auto given = member("id")) id = simdjson::minify(*given);
  const std::optional<JsonValue> method = member("method");
  if (!method) throw RpcFault{RpcCode::invalid_request, "Missing method"};
  if (!method->is_string()) throw RpcFault{RpcCode::invalid_request, "Method must be a string"};
  const std::optional<JsonValue> params = member("params");
  if (params && !params->is_array() && !params->is_object())
    throw RpcFault{RpcCode::invalid_request, "Params must be an array or object"};
  if (!context.switches.warm_up.empty()) throw RpcFault{RpcCode::warm_up, context.switches.warm_up};
  const RpcMethod* found = find_method(std::string_view(method->get_string()), context.node.chain().network().coin);
  if (found == nullptr) throw RpcFault{RpcCode::method_not_found, "Method not found"};
  ++context.calls[std::string(found->name)];
  found->run(context, positional(*found, params), result);
}

RpcReply answer_one(const RpcContext& context, JsonValue request) {
  std::string id = "null";
  try {
    Json result;
    run(context, request, id, result);
    return {200, reply_text(result.str(), nullptr, id)};
  } catch (const RpcFault& fault) {
    return {status_of(fault.code), reply_text({}, &fault, id)};
  }
}

RpcReply parse_failure(std::string message) {
  const RpcFault fault{RpcCode::parse_error, std::move(message)};
  return {500, reply_text({}, &fault, "null") + "\n"};
}

}  // namespace

RpcReply Rpc::answer(std::string_view body) {
  const RpcContext context{node_, switches_, calls_};
  simdjson::dom::parser parser;
  JsonValue request;
  if (parser.parse(body.data(), body.size()).get(request) != simdjson::SUCCESS) return parse_failure("Parse error");
  if (request.is_object()) {
    RpcReply reply = answer_one(context, request);
    reply.body += '\n';
    return reply;
  }
  if (!request.is_array()) return parse_failure("Top-level object parse error");
  Json replies;
  replies.open('[');
  for (const JsonValue each : request.get_array()) replies.raw(answer_one(context, each).body);
  return {200, std::move(replies.close(']')).str() + "\n"};
}

bool RpcArguments::has(std::size_t index) const noexcept {
  return index < values_.size() && values_[index] && !values_[index]->is_null();
}

JsonValue RpcArguments::at(std::size_t index) const {
  if (!has(index)) throw RpcFault{RpcCode::misc, "JSON value is null"};
  return *values_[index];
}

std::string_view RpcArguments::text(std::size_t index) const {
  std::string_view value;
  if (!has(index) || values_[index]->get(value) != simdjson::SUCCESS)
    throw RpcFault{RpcCode::misc, "JSON value is not a string as expected"};
  return value;
}

std::int64_t RpcArguments::integer(std::size_t index) const {
  std::int64_t value = 0;
  if (!has(index) || values_[index]->get(value) != simdjson::SUCCESS)
    throw RpcFault{RpcCode::misc, "JSON value is not an integer as expected"};
  return value;
}

std::int64_t RpcArguments::flag(std::size_t index, std::int64_t missing) const {
  if (!has(index)) return missing;
  bool value = false;
  if (values_[index]->get(value) == simdjson::SUCCESS) return value ? 1 : 0;
  return integer(index);
}

void RpcArguments::check_hash(std::size_t index, std::string_view name) const {
  const std::string_view hex = text(index);
  const bool is_hex = !hex.empty() && hex.size() % 2 == 0 &&
                      std::all_of(hex.begin(), hex.end(), [](char c) { return hex_digit(c) >= 0; });
  if (!is_hex) {
    throw RpcFault{RpcCode::invalid_parameter, fmt::format("{} must be hexadecimal string (not '{}')", name, hex)};
  }
  if (hex.size() != 64) {
    throw RpcFault{RpcCode::invalid_parameter, fmt::format("{} must be of length 64 (not {})", name, hex.size())};
  }
}

}  // namespace sluice::devnet_node
