#include "serve/method_table.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "serve/json_text.h"

namespace sluice::serve {
namespace {

// Sorted by name. Parameter names are part of the protocol: they can be used in requests.
constexpr Method methods[] = {
    {"blockchain.block.header", 1, 2, 2, {"height", "cp_height"}, "", block_header},
    {"blockchain.block.headers", 2, 3, 3, {"start_height", "count", "cp_height"}, "", block_headers},
    // The Radiant servers call the number `_number`, the others `number`.
    {"blockchain.estimatefee", 1, 2, 1, {"_number", "mode"}, "number", estimate_fee},
    {"blockchain.headers.get_tip", 0, 0, 0, {}, "", headers_get_tip, true},
    {"blockchain.headers.subscribe", 0, 0, 0, {}, "", headers_subscribe},
    {"blockchain.ref.get", 1, 2, 2, {"ref", "verbose"}, "", ref_get},
    {"blockchain.relayfee", 0, 0, 0, {}, "", relay_fee},
    {"blockchain.scripthash.get_balance", 1, 1, 1, {"scripthash"}, "", scripthash_get_balance},
    {"blockchain.scripthash.get_history",
     1,
     3,
     1,
     {"scripthash", "from_height", "to_height"},
     "",
     scripthash_get_history},
    {"blockchain.scripthash.get_mempool", 1, 1, 1, {"scripthash"}, "", scripthash_get_mempool},
    {"blockchain.scripthash.listunspent", 1, 1, 1, {"scripthash"}, "", scripthash_listunspent},
    {"blockchain.scripthash.subscribe", 1, 1, 1, {"scripthash"}, "", scripthash_subscribe},
    {"blockchain.scripthash.unsubscribe", 1, 1, 1, {"scripthash"}, "", scripthash_unsubscribe},
    {"blockchain.transaction.broadcast", 1, 1, 1, {"raw_tx"}, "", transaction_broadcast},
    {"blockchain.transaction.get", 1, 2, 2, {"tx_hash", "verbose"}, "", transaction_get},
    {"blockchain.transaction.get_height", 1, 1, 1, {"tx_hash"}, "", transaction_get_height, true},
    {"blockchain.transaction.get_merkle", 2, 2, 2, {"tx_hash", "height"}, "", transaction_get_merkle},
    {"blockchain.transaction.id_from_pos", 2, 3, 3, {"height", "tx_pos", "merkle"}, "", transaction_id_from_pos},
    {"blockchain.utxo.get_info", 2, 2, 2, {"tx_hash", "tx_pos"}, "", utxo_get_info, true},
    {"mempool.get_fee_histogram", 0, 0, 0, {}, "", fee_histogram},
    {"mempool.get_info", 0, 0, 0, {}, "", mempool_info, true},
    {"server.add_peer", 1, 1, 1, {"features"}, "", server_add_peer},
    {"server.banner", 0, 0, 0, {}, "", server_banner},
    {"server.donation_address", 0, 0, 0, {}, "", server_donation_address},
    {"server.features", 0, 0, 0, {}, "", server_features},
    {"server.peers.subscribe", 0, 0, 0, {}, "", server_peers_subscribe},
    {"server.ping", 0, 0, 0, {}, "", server_ping},
    {"server.version", 0, 2, 2, {"client_name", "protocol_version"}, "", server_version},
    {"wave.check_available", 1, 1, 1, {"name"}, "", wave_check_available},
    {"wave.resolve", 1, 1, 1, {"name"}, "", wave_resolve},
};

Fault arguments_fault(std::string message) { return {FaultCode::invalid_arguments, std::move(message)}; }

std::string count_text(std::uint32_t given) {
  return std::to_string(given) + (given == 1 ? " argument" : " arguments");
}

std::string quoted_names(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::string text = names.size() > 1 ? "s " : " ";
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "\"" : ", \"") + names[i] + "\"";
  return text;
}

Outcome bind_positional(const Method& method, std::uint8_t count, const JsonValue& params, Call& call) {
  const std::uint32_t given = params.size();
  if (given < method.required) {
    return arguments_fault(count_text(given) + " passed to method \"" + std::string(method.name) +
                           "\" but it requires " + std::to_string(method.required));
  }
  if (given > count) {
    return arguments_fault(count_text(given) + " passed to method " + std::string(method.name) + " taking at most " +
                           std::to_string(count));
  }
  JsonValue at = params.first();
  for (std::uint32_t i = 0; i < given; ++i, at = at.next()) call.argument[i] = at;
  return std::nullopt;
}

Outcome bind_named(const Method& method, std::uint8_t count, const JsonValue& params, Call& call) {
  const std::string quoted_method = "method \"" + std::string(method.name) + "\"";
  std::vector<std::string> unknown;
  JsonValue key = params.first();
  for (std::uint32_t i = 0; i < params.size(); ++i) {
    const JsonValue value = key.next();
    const std::string name = key.text();
    std::size_t index = 0;
    while (index < count && method.parameter[index] != name) ++index;
    if (index == count && !method.alias.empty() && name == method.alias) index = 0;
    if (index < count) call.argument[index] = value;
    else if (std::find(unknown.begin(), unknown.end(), name) == unknown.end() && unknown.size() < 16)
      unknown.push_back(name);
    key = value.next();
  }
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < method.required; ++i) {
    if (!call.argument[i]) missing.emplace_back(method.parameter[i]);
  }
  if (!missing.empty()) return arguments_fault(quoted_method + " requires parameter" + quoted_names(missing));
  if (!unknown.empty()) return arguments_fault(quoted_method + " does not take parameter" + quoted_names(unknown));
  return std::nullopt;
}

}  // namespace

std::span<const Method> all_methods() noexcept { return methods; }

const Method* find_method(std::span<const Method> table, std::string_view name) {
  const auto found = std::ranges::lower_bound(table, name, std::less<>{}, &Method::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

Outcome bind_arguments(const Method& method, const JsonValue& params, Call& call) {
  const std::uint8_t count = call.options().parity ? method.count_parity : method.count;
  if (params && params.is(JsonKind::object)) return bind_named(method, count, params, call);
  if (params) return bind_positional(method, count, params, call);
  if (method.required == 0) return std::nullopt;
  return arguments_fault("0 arguments passed to method \"" + std::string(method.name) + "\" but it requires " +
                         std::to_string(method.required));
}

}  // namespace sluice::serve
