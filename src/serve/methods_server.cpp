// server.*: who we are and what we speak. Also the WAVE names, which this server does not index.
#include <algorithm>

#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/python_text.h"
#include "serve/server_features.h"

namespace sluice::serve {
namespace {

constexpr std::size_t client_name_characters_max = 17;

/// Python truth of a value.
bool is_truthy(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::null:
    case JsonKind::boolean_false: return false;
    case JsonKind::boolean_true: return true;
    case JsonKind::integer:
    case JsonKind::real: return real_value(value.token()) != 0;
    case JsonKind::string: return value.token().size() > 2;
    case JsonKind::array:
    case JsonKind::object: return value.size() != 0;
  }
  return false;
}

std::string first_characters(const std::string& text, std::size_t count) {
  std::size_t at = 0;
  while (count-- > 0 && at < text.size()) (void)next_code_point(text, at);
  return text.substr(0, at);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

void append_hosts(std::string& reply, const std::vector<ReportedService>& services) {
  std::vector<std::string_view> hosts;
  for (const auto& service : services) {
    if (std::find(hosts.begin(), hosts.end(), service.host) == hosts.end()) hosts.push_back(service.host);
  }
  reply += '{';
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i != 0) reply += ',';
    append_json_string(reply, hosts[i]);
    reply += ":{";
    bool first = true;
    for (const auto& service : services) {
      // The last of two services with the same protocol is the one that counts.
      const bool overridden =
          std::any_of(&service + 1, services.data() + services.size(), [&](const ReportedService& later) {
            return later.host == service.host && later.protocol == service.protocol;
          });
      if (service.host != hosts[i] || overridden) continue;
      if (!first) reply += ',';
      first = false;
      append_json_string(reply, service.protocol + "_port");
      reply += ':';
      append_number(reply, service.port);
    }
    reply += '}';
  }
  reply += '}';
}

/// `,"name":[...]`: the methods that belong.
void append_calls(std::string& reply, std::string_view name, bool (*belongs)(const Method&)) {
  reply += ',';
  append_plain_string(reply, name);
  reply += ":[";
  bool first = true;
  for (const Method& method : all_methods()) {
    if (!belongs(method)) continue;
    if (!first) reply += ',';
    first = false;
    append_plain_string(reply, method.name);
  }
  reply += ']';
}

bool is_bulk_call(const Method& method) { return !method.each.empty(); }
bool is_swap_call(const Method& method) { return method.of_node || method.name.starts_with("swap."); }

std::string service_text(const ReportedService& service) {
  const bool bracket = service.host.find(':') != std::string::npos;
  return service.protocol + "://" + (bracket ? "[" + service.host + "]" : service.host) + ":" +
         std::to_string(service.port);
}

}  // namespace

Outcome server_version(Call& call) {
  SessionState& session = call.session;
  call.cost += 0.5;
  if (session.version_seen) return bad_request("server.version already sent");
  session.version_seen = true;
  const JsonValue& name = call.argument[0];
  if (name && is_truthy(name)) {
    const std::string whole = python_str(name);
    session.client_name = first_characters(whole, client_name_characters_max);
    if (call.context.drops_client && call.context.drops_client(session.client_name)) {
      session.close_after_reply = true;
      return bad_request("unsupported client: " + whole);
    }
  }
  const JsonValue& wanted = call.argument[1];
  const auto agreed = negotiate(wanted, call.options().versions());
  if (!agreed) {
    session.close_after_reply = true;
    return bad_request("unsupported protocol version: " + (wanted ? python_str(wanted) : std::string("None")));
  }
  session.version = agreed->version;
  call.reply += '[';
  append_json_string(call.reply, call.options().software());
  call.reply += ',';
  append_json_string(call.reply, agreed->text);
  call.reply += ']';
  return std::nullopt;
}

void append_features(std::string& reply, const ServeOptions& options, bool has_node) {
  reply += "{\"hosts\":";
  append_hosts(reply, options.services);
  reply += ",\"pruning\":null,\"server_version\":";
  append_json_string(reply, options.software());
  reply += ",\"protocol_min\":";
  append_json_string(reply, version_text(options.versions().least));
  reply += ",\"protocol_max\":";
  append_json_string(reply, options.versions().most_text);
  reply += ",\"genesis_hash\":";
  append_json_string(reply, options.network->genesis_hash);
  reply += ",\"hash_function\":\"sha256\",\"services\":[";
  for (std::size_t i = 0; i < options.services.size(); ++i) {
    if (i != 0) reply += ',';
    append_json_string(reply, service_text(options.services[i]));
  }
  reply += ']';
  if (!options.parity) {
    // The nodes of the other coins have no packages.
    const bool takes_packages = has_node && options.network->coin == chain::Coin::bitcoin;
    reply += takes_packages ? ",\"broadcast_package\":true" : ",\"broadcast_package\":false";
    append_calls(reply, "bulk_calls", is_bulk_call);
    if (options.swap_only) reply += ",\"swap_only\":true";
    if (options.has_swaps) append_calls(reply, "swap_calls", is_swap_call);
  }
  reply += '}';
}

Outcome server_features(Call& call) {
  call.cost += 0.2;
  append_features(call.reply, call.options(), call.context.node != nullptr);
  return std::nullopt;
}

Outcome server_ping(Call& call) {
  call.cost += 0.1;
  call.reply += "null";
  return std::nullopt;
}

Outcome server_banner(Call& call) {
  call.cost += 0.5;
  const std::string software = call.options().software();
  // "an ElectrumX", "a sluice": the article follows the name.
  std::string text =
      std::string("You are connected to ") + (call.options().parity ? "an " : "a ") + software + " server.";
  if (call.context.banner) {
    if (auto custom = call.context.banner()) {
      text = std::move(*custom);
      const std::size_t blank = software.find(' ');
      replace_all(text, "$SERVER_VERSION", std::string_view(software).substr(blank + 1));
      replace_all(text, "$SERVER_SUBVERSION", software);
      // There is no node to ask offline.
      replace_all(text, "$DAEMON_VERSION", "offline");
      replace_all(text, "$DAEMON_SUBVERSION", "offline");
      replace_all(text, "$DONATION_ADDRESS", call.options().donation_address);
    }
  }
  append_json_string(call.reply, text);
  return std::nullopt;
}

Outcome server_donation_address(Call& call) {
  call.cost += 0.1;
  append_json_string(call.reply, call.options().donation_address);
  return std::nullopt;
}

Outcome server_peers_subscribe(Call& call) {
  call.cost += 1.0;
  if (call.context.peers == nullptr) call.reply += "[]";
  else call.context.peers->append_peers(call.reply, call.session.client_address);
  return std::nullopt;
}

Outcome server_add_peer(Call& call) {
  call.cost += 100.0;
  SessionState& session = call.session;
  if (call.context.peers == nullptr) {
    call.reply += "false";
    return std::nullopt;
  }
  if (!session.node_answer) session.node_answer = call.context.peers->ask_add(call.argument[0], session.client_address);
  if (const NodeAnswer* answer = call.answer_or_wait()) call.reply += answer->text();
  return std::nullopt;
}

Outcome wave_resolve(Call& call) {
  call.cost += 1.0;
  call.reply += "null";
  return std::nullopt;
}

Outcome wave_check_available(Call& call) {
  call.cost += 0.5;
  return bad_request("WAVE indexing not available on this server");
}

}  // namespace sluice::serve
