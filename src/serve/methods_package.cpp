// Several transactions at once for the node: to take them together, or to say whether it would.
#include "base/hex.h"
#include "serve/coercion.h"
#include "serve/envelope.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/python_text.h"

namespace sluice::serve {
namespace {

/// Nodes take no larger package. Source: Bitcoin Core, MAX_PACKAGE_COUNT in src/policy/packages.h.
constexpr std::uint32_t package_tx_count_max = 25;

Coerced<std::vector<std::string>> to_package(const JsonValue& value) {
  if (!value.is(JsonKind::array)) return bad_request(python_str(value) + " should be a list");
  if (value.size() > package_tx_count_max)
    return bad_request("a package has at most " + std::to_string(package_tx_count_max) + " transactions");
  std::vector<std::string> package;
  JsonValue at = value.first();
  for (std::uint32_t i = 0; i < value.size(); ++i, at = at.next()) {
    if (!at.is(JsonKind::string) || !from_hex(at.text()))
      return bad_request(python_str(at) + " should be a hex string");
    package.push_back(at.text());
  }
  return package;
}

void charge(Call& call, const std::vector<std::string>& package) {
  for (const std::string& hex : package) call.cost += 0.25 + static_cast<double>(hex.size()) / 5000;
}

Fault unreadable() { return daemon_error(rpc_misc_error, "the node's answer to the package cannot be read"); }

Fault no_node() {
  return daemon_error(rpc_misc_error, "this server runs offline and has no node to send the transactions to");
}

/// Whatever the node's layout, the reply is one line.
Outcome append_compact(Call& call, const std::string& node_json) {
  JsonDocument document;
  if (document.parse(node_json) != JsonErrc::ok) return unreadable();
  append_json_value(call.reply, document.root());
  return std::nullopt;
}

/// What the node says of a package, for clients that only want to know whether it was taken.
/// Source: Bitcoin Core, submitpackage in src/rpc/mempool.cpp.
Outcome append_summary(Call& call, const std::string& node_json) {
  JsonDocument document;
  if (document.parse(node_json) != JsonErrc::ok || !document.root().is(JsonKind::object)) return unreadable();
  const JsonValue message = document.root().member("package_msg");
  const JsonValue results = document.root().member("tx-results");
  const bool success = message && message.is(JsonKind::string) && message.equals("success");
  call.reply += success ? "{\"success\":true" : "{\"success\":false";
  bool first = true;
  JsonValue key = results && results.is(JsonKind::object) && results.size() != 0 ? results.first() : JsonValue();
  for (std::uint32_t i = 0; key && i < results.size(); ++i) {
    const JsonValue result = key.next();
    if (result.is(JsonKind::object) && result.member("txid") && result.member("error")) {
      call.reply += first ? ",\"errors\":[{\"txid\":" : ",{\"txid\":";
      first = false;
      append_json_value(call.reply, result.member("txid"));
      call.reply += ",\"error\":";
      append_json_value(call.reply, result.member("error"));
      call.reply += '}';
    }
    if (i + 1 < results.size()) key = result.next();
  }
  call.reply += first ? "}" : "]}";
  return std::nullopt;
}

}  // namespace

Outcome transaction_broadcast_package(Call& call) {
  auto package = to_package(call.argument[0]);
  if (!package.ok()) return package.fault();
  const auto verbose = call.argument[1] ? to_boolean(call.argument[1], "verbose") : Coerced<bool>(false);
  if (!verbose.ok()) return verbose.fault();
  charge(call, package.value());
  if (call.context.node == nullptr) return no_node();
  NodeQuestion question;
  question.kind = NodeQuestion::Kind::broadcast_package;
  question.package_hex = package.value();
  const NodeAnswer* answer = call.ask_node(std::move(question));
  if (answer == nullptr) return std::nullopt;
  switch (answer->outcome()) {
    case NodeAnswer::Outcome::refused:
      return bad_request("the tx package was rejected by network rules.\n\n" + answer->text() + ".");
    case NodeAnswer::Outcome::failed: return daemon_error(rpc_misc_error, answer->text());
    case NodeAnswer::Outcome::answered: break;
  }
  return verbose.value() ? append_compact(call, answer->text()) : append_summary(call, answer->text());
}

Outcome transaction_test_accept(Call& call) {
  auto package = to_package(call.argument[0]);
  if (!package.ok()) return package.fault();
  charge(call, package.value());
  if (call.context.node == nullptr) return no_node();
  NodeQuestion question;
  question.kind = NodeQuestion::Kind::test_accept;
  question.package_hex = package.value();
  const std::size_t begin = call.reply.size();
  if (Outcome fault = append_node_answer(call, std::move(question))) return fault;
  if (call.session.waits_for_node) return std::nullopt;
  const std::string node_json = call.reply.substr(begin);
  call.reply.resize(begin);
  return append_compact(call, node_json);
}

}  // namespace sluice::serve
