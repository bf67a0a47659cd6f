#include "serve/method_table.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "classify/scripthash.h"
#include "serve/address.h"
#include "serve/json_text.h"
#include "serve/python_text.h"

namespace sluice::serve {
namespace {

/// Of the node's parameters the first `required` must be given; a cursor behind them is our own.
constexpr Method node_call(std::string_view name, std::uint8_t required, std::uint8_t count_of_node,
                           std::array<std::string_view, parameters_max> parameter, Outcome (*run)(Call&)) {
  std::uint8_t count = 0;
  while (count < parameters_max && !parameter[count].empty()) ++count;
  return {name, required, count, count_of_node, parameter, "", run, false, required, false, "", true};
}

// Sorted by name. Parameter names are part of the protocol: they can be used in requests.
constexpr Method methods[] = {
    {"blockchain.address.get_balance", 1, 1, 1, {"address"}, "", scripthash_get_balance, true, 1, true},
    {"blockchain.address.get_first_use", 1, 1, 1, {"address"}, "", scripthash_get_first_use, true, 1, true},
    {"blockchain.address.get_history",
     1,
     3,
     3,
     {"address", "from_height", "to_height"},
     "",
     scripthash_get_history,
     true,
     1,
     true},
    {"blockchain.address.get_mempool", 1, 1, 1, {"address"}, "", scripthash_get_mempool, true, 1, true},
    {"blockchain.address.get_scripthash", 1, 1, 1, {"address"}, "", address_get_scripthash, true, 1, true},
    {"blockchain.address.get_status", 1, 1, 1, {"address"}, "", scripthash_get_status, true, 1, true},
    {"blockchain.address.listunspent", 1, 1, 1, {"address"}, "", scripthash_listunspent, true, 1, true},
    {"blockchain.address.subscribe", 1, 1, 1, {"address"}, "", scripthash_subscribe, true, 1, true},
    {"blockchain.address.unsubscribe", 1, 1, 1, {"address"}, "", scripthash_unsubscribe, true, 1, true},
    {"blockchain.block.header", 1, 2, 2, {"height", "cp_height"}, "", block_header},
    {"blockchain.block.headers", 2, 3, 3, {"start_height", "count", "cp_height"}, "", block_headers},
    // The Radiant servers call the number `_number`, the others `number`.
    {"blockchain.estimatefee", 1, 2, 1, {"_number", "mode"}, "number", estimate_fee},
    {"blockchain.header.get", 1, 1, 1, {"block_hash_or_height"}, "", header_get, true},
    {"blockchain.headers.get_tip", 0, 0, 0, {}, "", headers_get_tip, true},
    {"blockchain.headers.subscribe", 0, 0, 0, {}, "", headers_subscribe},
    {"blockchain.headers.unsubscribe", 0, 0, 0, {}, "", headers_unsubscribe, true},
    {"blockchain.outpoint.get_status", 2, 3, 3, {"tx_hash", "txout_idx", "spk_hint"}, "", outpoint_get_status, true},
    {"blockchain.outpoint.subscribe", 2, 3, 3, {"tx_hash", "txout_idx", "spk_hint"}, "", outpoint_subscribe, true},
    {"blockchain.outpoint.unsubscribe", 2, 2, 2, {"tx_hash", "txout_idx"}, "", outpoint_unsubscribe, true},
    {"blockchain.ref.get", 1, 2, 2, {"ref", "verbose"}, "", ref_get},
    {"blockchain.relayfee", 0, 0, 0, {}, "", relay_fee},
    {"blockchain.scripthash.get_balance", 1, 1, 1, {"scripthash"}, "", scripthash_get_balance},
    {"blockchain.scripthash.get_balances",
     1,
     1,
     1,
     {"scripthashes"},
     "",
     nullptr,
     true,
     1,
     false,
     "blockchain.scripthash.get_balance"},
    {"blockchain.scripthash.get_first_use", 1, 1, 1, {"scripthash"}, "", scripthash_get_first_use, true},
    {"blockchain.scripthash.get_histories",
     1,
     1,
     1,
     {"scripthashes"},
     "",
     nullptr,
     true,
     1,
     false,
     "blockchain.scripthash.get_history"},
    {"blockchain.scripthash.get_history",
     1,
     3,
     1,
     {"scripthash", "from_height", "to_height"},
     "",
     scripthash_get_history},
    {"blockchain.scripthash.get_mempool", 1, 1, 1, {"scripthash"}, "", scripthash_get_mempool},
    {"blockchain.scripthash.get_status", 1, 1, 1, {"scripthash"}, "", scripthash_get_status, true},
    {"blockchain.scripthash.listunspent", 1, 1, 1, {"scripthash"}, "", scripthash_listunspent},
    {"blockchain.scripthash.listunspents",
     1,
     1,
     1,
     {"scripthashes"},
     "",
     nullptr,
     true,
     1,
     false,
     "blockchain.scripthash.listunspent"},
    {"blockchain.scripthash.subscribe", 1, 1, 1, {"scripthash"}, "", scripthash_subscribe},
    {"blockchain.scripthash.unsubscribe", 1, 1, 1, {"scripthash"}, "", scripthash_unsubscribe},
    {"blockchain.transaction.broadcast", 1, 1, 1, {"raw_tx"}, "", transaction_broadcast},
    {"blockchain.transaction.broadcast_package",
     1,
     2,
     2,
     {"raw_txs", "verbose"},
     "",
     transaction_broadcast_package,
     true},
    {"blockchain.transaction.get", 1, 2, 2, {"tx_hash", "verbose"}, "", transaction_get},
    {"blockchain.transaction.get_confirmed_blockhash",
     1,
     2,
     2,
     {"tx_hash", "include_header"},
     "",
     transaction_get_confirmed_blockhash,
     true},
    {"blockchain.transaction.get_height", 1, 1, 1, {"tx_hash"}, "", transaction_get_height, true},
    {"blockchain.transaction.get_merkle", 1, 2, 2, {"tx_hash", "height"}, "", transaction_get_merkle, false, 2},
    {"blockchain.transaction.get_merkles",
     1,
     1,
     1,
     {"transactions"},
     "",
     nullptr,
     true,
     1,
     false,
     "blockchain.transaction.get_merkle"},
    {"blockchain.transaction.id_from_pos", 2, 3, 3, {"height", "tx_pos", "merkle"}, "", transaction_id_from_pos},
    {"blockchain.transaction.testmempoolaccept", 1, 1, 1, {"raw_txs"}, "", transaction_test_accept, true},
    {"blockchain.utxo.get_info", 2, 2, 2, {"tx_hash", "tx_pos"}, "", utxo_get_info, true},
    node_call("getopenorders", 1, 4, {"token_ref", "limit", "offset", "max_age", "cursor"}, get_open_orders),
    node_call("getopenordersbywant", 1, 4, {"want_token_ref", "limit", "offset", "max_age", "cursor"},
              get_open_orders_by_want),
    node_call("getswapcount", 1, 1, {"token_ref"}, get_swap_count),
    node_call("getswapcountbywant", 1, 1, {"want_token_ref"}, get_swap_count_by_want),
    node_call("getswaphistory", 1, 3, {"token_ref", "limit", "offset", "cursor"}, get_swap_history),
    node_call("getswaphistorybywant", 1, 3, {"want_token_ref", "limit", "offset", "cursor"}, get_swap_history_by_want),
    node_call("getswapindexinfo", 0, 0, {}, get_swap_index_info),
    {"mempool.get_fee_histogram", 0, 0, 0, {}, "", fee_histogram},
    {"mempool.get_info", 0, 0, 0, {}, "", mempool_info, true},
    {"server.add_peer", 1, 1, 1, {"features"}, "", server_add_peer},
    {"server.banner", 0, 0, 0, {}, "", server_banner},
    {"server.donation_address", 0, 0, 0, {}, "", server_donation_address},
    {"server.features", 0, 0, 0, {}, "", server_features},
    {"server.peers.subscribe", 0, 0, 0, {}, "", server_peers_subscribe},
    {"server.ping", 0, 0, 0, {}, "", server_ping},
    {"server.version", 0, 2, 2, {"client_name", "protocol_version"}, "", server_version},
    {"swap.get_book", 1, 5, 5, {"token", "want", "limit", "offset", "verify"}, "", swap_get_book, true},
    {"swap.get_by_outpoint", 2, 3, 3, {"tx_hash", "txout_idx", "verify"}, "", swap_get_by_outpoint, true},
    {"swap.get_by_txid", 1, 2, 2, {"tx_hash", "verify"}, "", swap_get_by_txid, true},
    {"swap.get_history", 0, 4, 4, {"base_ref", "limit", "offset", "cursor"}, "", swap_get_history, true},
    {"swap.get_orders", 0, 5, 5, {"base_ref", "quote_ref", "limit", "offset", "cursor"}, "", swap_get_orders, true},
    {"swap.get_unconfirmed_orders", 0, 2, 2, {"base_ref", "quote_ref"}, "", swap_get_unconfirmed_orders, true},
    {"swap.get_user_unconfirmed", 1, 1, 1, {"scripthash"}, "", swap_get_user_unconfirmed, true},
    {"swap.subscribe", 1, 2, 2, {"token", "want"}, "", swap_subscribe, true},
    {"swap.subscribe.fills", 2, 2, 2, {"base_ref", "quote_ref"}, "", swap_subscribe_fills, true},
    {"swap.subscribe.orderbook", 2, 2, 2, {"base_ref", "quote_ref"}, "", swap_subscribe_orderbook, true},
    {"swap.subscribe.user_orders", 1, 1, 1, {"scripthash"}, "", swap_subscribe_user_orders, true},
    {"swap.unsubscribe", 1, 2, 2, {"token", "want"}, "", swap_unsubscribe, true},
    {"swap.unsubscribe.fills", 2, 2, 2, {"base_ref", "quote_ref"}, "", swap_unsubscribe_fills, true},
    {"swap.unsubscribe.orderbook", 2, 2, 2, {"base_ref", "quote_ref"}, "", swap_unsubscribe_orderbook, true},
    {"swap.unsubscribe.user_orders", 1, 1, 1, {"scripthash"}, "", swap_unsubscribe_user_orders, true},
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

/// How many arguments a request must and may give.
struct Arity {
  std::uint8_t required;
  std::uint8_t count;
};

Outcome too_few(const Method& method, const Arity& arity, std::uint32_t given) {
  return arguments_fault(count_text(given) + " passed to method \"" + std::string(method.name) + "\" but it requires " +
                         std::to_string(arity.required));
}

Outcome bind_positional(const Method& method, const Arity& arity, const JsonValue& params, Call& call) {
  const std::uint32_t given = params.size();
  if (given < arity.required) return too_few(method, arity, given);
  if (given > arity.count) {
    return arguments_fault(count_text(given) + " passed to method " + std::string(method.name) + " taking at most " +
                           std::to_string(arity.count));
  }
  JsonValue at = params.first();
  for (std::uint32_t i = 0; i < given; ++i, at = at.next()) call.argument[i] = at;
  return std::nullopt;
}

Outcome bind_named(const Method& method, const Arity& arity, const JsonValue& params, Call& call) {
  const std::string quoted_method = "method \"" + std::string(method.name) + "\"";
  std::vector<std::string> unknown;
  JsonValue key = params.first();
  for (std::uint32_t i = 0; i < params.size(); ++i) {
    const JsonValue value = key.next();
    const std::string name = key.text();
    std::size_t index = 0;
    while (index < arity.count && method.parameter[index] != name) ++index;
    if (index == arity.count && !method.alias.empty() && name == method.alias) index = 0;
    if (index < arity.count) call.argument[index] = value;
    else if (std::find(unknown.begin(), unknown.end(), name) == unknown.end() && unknown.size() < 16)
      unknown.push_back(name);
    key = value.next();
  }
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < arity.required; ++i) {
    if (!call.argument[i]) missing.emplace_back(method.parameter[i]);
  }
  if (!missing.empty()) return arguments_fault(quoted_method + " requires parameter" + quoted_names(missing));
  if (!unknown.empty()) return arguments_fault(quoted_method + " does not take parameter" + quoted_names(unknown));
  return std::nullopt;
}

/// `name "token_ref" ( limit offset )`: the first line of the node's help, which it answers in such a case.
Fault usage_fault(const Method& method, const Arity& arity) {
  std::string text(method.name);
  for (std::size_t i = 0; i < arity.required; ++i) text += " \"" + std::string(method.parameter[i]) + "\"";
  if (arity.count > arity.required) {
    text += " (";
    for (std::size_t i = arity.required; i < arity.count; ++i) text += " " + std::string(method.parameter[i]);
    text += " )";
  }
  return {FaultCode::node_misc, std::move(text)};
}

/// A name that is left out is a null to the node, if another behind it is given.
Outcome bind_as_node(const Method& method, const Arity& arity, const JsonValue& params, Call& call) {
  std::size_t given = 0;
  if (params && params.is(JsonKind::object)) {
    JsonValue key = params.first();
    for (std::uint32_t i = 0; i < params.size(); ++i) {
      const JsonValue value = key.next();
      const std::string name = key.text();
      std::size_t index = 0;
      while (index < arity.count && method.parameter[index] != name) ++index;
      if (index == arity.count) return Fault{FaultCode::node_parameter, "Unknown named parameter " + name};
      call.argument[index] = value;
      given = std::max(given, index + 1);
      key = value.next();
    }
  } else if (params) {
    given = params.size();
    JsonValue at = params.first();
    for (std::size_t i = 0; i < given && i < arity.count; ++i, at = at.next()) call.argument[i] = at;
  }
  return given < arity.required || given > arity.count ? Outcome(usage_fault(method, arity)) : std::nullopt;
}

}  // namespace

std::span<const Method> all_methods() noexcept { return methods; }

std::span<const Method> node_swap_methods() noexcept {
  const auto first = std::ranges::find(methods, true, &Method::of_node);
  return {first, std::find_if(first, std::end(methods), [](const Method& method) { return !method.of_node; })};
}

bool is_answered_by_swaps_alone(const Method& method) noexcept {
  constexpr std::array<std::string_view, 5> families{"server.", "swap.", "blockchain.block.", "blockchain.header.",
                                                     "blockchain.headers."};
  return method.of_node ||
         std::ranges::any_of(families, [&](std::string_view family) { return method.name.starts_with(family); });
}

const Method* find_method(std::span<const Method> table, std::string_view name) {
  const auto found = std::ranges::lower_bound(table, name, std::less<>{}, &Method::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

Coerced<ScriptHash> script_argument(const Call& call) {
  const JsonValue& value = call.argument[0];
  if (!call.by_address) return to_scripthash(value);
  const chain::Network& network = *call.options().network;
  if (network.coin != chain::Coin::bitcoin_cash)
    return Fault{FaultCode::method_not_found, "blockchain.address.* methods are only available on BCH"};
  const auto script = value.is(JsonKind::string) ? script_of_address(value.text(), network) : std::nullopt;
  if (!script) return bad_request("Invalid address: " + python_str(value));
  return classify::script_hash(*script, network.coin, call.options().parity);
}

Outcome append_node_answer(Call& call, NodeQuestion question) {
  const NodeAnswer* answer = call.ask_node(std::move(question));
  if (answer == nullptr) return std::nullopt;
  switch (answer->outcome()) {
    case NodeAnswer::Outcome::answered: call.reply += answer->text(); return std::nullopt;
    case NodeAnswer::Outcome::refused: return daemon_error(answer->code(), answer->text());
    case NodeAnswer::Outcome::failed: return daemon_error(rpc_misc_error, answer->text());
  }
  return internal_error();
}

Outcome bind_arguments(const Method& method, const JsonValue& params, Call& call) {
  const Arity arity =
      call.options().parity ? Arity{method.required_parity, method.count_parity} : Arity{method.required, method.count};
  if (method.of_node) return bind_as_node(method, arity, params, call);
  if (params && params.is(JsonKind::object)) return bind_named(method, arity, params, call);
  if (params) return bind_positional(method, arity, params, call);
  if (arity.required == 0) return std::nullopt;
  return too_few(method, arity, 0);
}

}  // namespace sluice::serve
