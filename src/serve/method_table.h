// Methods by name: their parameters, and the binding of a request's arguments to them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "serve/coercion.h"
#include "serve/fault.h"
#include "serve/json_document.h"
#include "serve/server_context.h"
#include "serve/session_state.h"

namespace sluice::serve {

inline constexpr std::size_t parameters_max = 5;

/// One running request. A method appends its result to `reply`; on a fault the caller cuts the
/// reply back.
struct Call {
  std::array<JsonValue, parameters_max> argument;  ///< in declared order; empty if not given
  SessionState& session;
  const ServerContext& context;
  std::string& reply;
  std::size_t reply_begin = 0;  ///< where this answer starts
  double cost = 0;
  bool by_address = false;  ///< a script is named by its address

  [[nodiscard]] const ReadView& view() const noexcept { return *context.view; }
  /// nullptr: without a mempool.
  [[nodiscard]] const MempoolView* mempool() const noexcept { return context.mempool; }
  [[nodiscard]] const ServeOptions& options() const noexcept { return *context.options; }
  /// Is the answer already longer than may be sent? Long loops ask, so that memory stays bounded.
  [[nodiscard]] bool too_large() const noexcept {
    return options().max_send != 0 && reply.size() - reply_begin > options().max_send;
  }
  [[nodiscard]] Fault too_large_fault() const { return response_too_large(options().max_send); }
  /// The node's answer; null while it is awaited: the method then returns, whatever it wrote is dropped, and it is
  /// run again when the answer is there. Bounds: context.node; one question a request, the same when run again.
  [[nodiscard]] const NodeAnswer* ask_node(NodeQuestion question) const {
    if (!session.node_answer) session.node_answer = context.node->ask(std::move(question));
    return answer_or_wait();
  }
  /// The answer in session.node_answer, null while it is awaited.
  [[nodiscard]] const NodeAnswer* answer_or_wait() const {
    session.waits_for_node = !session.node_has_answered();
    return session.waits_for_node ? nullptr : session.node_answer.get();
  }
  /// What the view could not read: the log gets the error, the client the internal error.
  [[nodiscard]] Fault failed(const Error& error) const {
    if (context.on_failure) context.on_failure(error);
    return internal_error();
  }
};

struct Method {
  std::string_view name;
  std::uint8_t required = 0;  ///< the first so many parameters must be given
  std::uint8_t count = 0;
  std::uint8_t count_parity = 0;  ///< as `count`, when the peers are mirrored
  std::array<std::string_view, parameters_max> parameter{};
  std::string_view alias;  ///< a second name of the first parameter
  Outcome (*run)(Call&) = nullptr;
  bool only_without_parity = false;         ///< the mirrored peers do not know it
  std::uint8_t required_parity = required;  ///< as `required`, when the peers are mirrored
  bool by_address = false;                  ///< as its namesake of blockchain.scripthash, for an address
  std::string_view each{};                  ///< a bulk call, which has no `run`: the method of each item of its list
  bool of_node = false;  ///< one of the node's own calls: what is wrong with its arguments is said as the node does
};

/// The script that the first argument names: by its hash, or by its address where the method says so.
[[nodiscard]] Coerced<ScriptHash> script_argument(const Call& call);

/// For a script or outpoint that the session is not told of yet: a fault if it would be one too many.
[[nodiscard]] Outcome take_one_more_subscription(const Call& call);

/// The node's own answer, or its own error. Bounds: call.context.node.
[[nodiscard]] Outcome append_node_answer(Call& call, NodeQuestion question);

/// The node's swap calls, a part of all_methods().
[[nodiscard]] std::span<const Method> node_swap_methods() noexcept;

/// Bounds: the table is sorted by name. nullptr if there is no such method.
[[nodiscard]] const Method* find_method(std::span<const Method> table, std::string_view name);
/// The wallets' methods, sorted.
[[nodiscard]] std::span<const Method> all_methods() noexcept;

/// Can an index of nothing but swaps answer it? Those are the calls about swaps, headers and the server.
[[nodiscard]] bool is_answered_by_swaps_alone(const Method& method) noexcept;

/// Fills call.argument from an array or object (or nothing).
/// Errors: invalid_arguments with the peers' texts about number and names, or the node's faults.
[[nodiscard]] Outcome bind_arguments(const Method& method, const JsonValue& params, Call& call);

// One function per method, by family.
Outcome server_version(Call& call);
Outcome server_features(Call& call);
Outcome server_ping(Call& call);
Outcome server_banner(Call& call);
Outcome server_donation_address(Call& call);
Outcome server_peers_subscribe(Call& call);
Outcome server_add_peer(Call& call);
Outcome block_header(Call& call);
Outcome block_headers(Call& call);
Outcome headers_subscribe(Call& call);
Outcome headers_unsubscribe(Call& call);
Outcome header_get(Call& call);
Outcome scripthash_get_balance(Call& call);
Outcome scripthash_get_history(Call& call);
Outcome scripthash_get_mempool(Call& call);
Outcome scripthash_listunspent(Call& call);
Outcome scripthash_subscribe(Call& call);
Outcome scripthash_unsubscribe(Call& call);
Outcome scripthash_get_status(Call& call);
Outcome scripthash_get_first_use(Call& call);
Outcome address_get_scripthash(Call& call);
Outcome mempool_info(Call& call);
Outcome transaction_get(Call& call);
Outcome transaction_get_merkle(Call& call);
Outcome transaction_id_from_pos(Call& call);
Outcome transaction_broadcast(Call& call);
Outcome transaction_broadcast_package(Call& call);
Outcome transaction_test_accept(Call& call);
Outcome ref_get(Call& call);
Outcome outpoint_get_status(Call& call);
Outcome outpoint_subscribe(Call& call);
Outcome outpoint_unsubscribe(Call& call);
Outcome headers_get_tip(Call& call);
Outcome transaction_get_height(Call& call);
Outcome transaction_get_confirmed_blockhash(Call& call);
Outcome utxo_get_info(Call& call);
Outcome estimate_fee(Call& call);
Outcome relay_fee(Call& call);
Outcome fee_histogram(Call& call);
Outcome get_open_orders(Call& call);
Outcome get_open_orders_by_want(Call& call);
Outcome get_swap_history(Call& call);
Outcome get_swap_history_by_want(Call& call);
Outcome get_swap_count(Call& call);
Outcome get_swap_count_by_want(Call& call);
Outcome get_swap_index_info(Call& call);
Outcome swap_get_orders(Call& call);
Outcome swap_get_book(Call& call);
Outcome swap_get_by_outpoint(Call& call);
Outcome swap_get_by_txid(Call& call);
Outcome swap_get_history(Call& call);
Outcome swap_get_unconfirmed_orders(Call& call);
Outcome swap_get_user_unconfirmed(Call& call);
Outcome swap_subscribe(Call& call);
Outcome swap_unsubscribe(Call& call);
Outcome swap_subscribe_orderbook(Call& call);
Outcome swap_subscribe_fills(Call& call);
Outcome swap_subscribe_user_orders(Call& call);
Outcome swap_unsubscribe_orderbook(Call& call);
Outcome swap_unsubscribe_fills(Call& call);
Outcome swap_unsubscribe_user_orders(Call& call);
Outcome wave_resolve(Call& call);
Outcome wave_check_available(Call& call);

}  // namespace sluice::serve
