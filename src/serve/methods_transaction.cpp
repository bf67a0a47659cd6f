// blockchain.transaction.*
#include <algorithm>
#include <cmath>

#include "base/hex.h"
#include "hash/sha256.h"
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/python_text.h"
#include "serve/reply_parts.h"
#include "serve/tx_reader.h"
#include "serve/verbose_tx.h"

namespace sluice::serve {
namespace {

constexpr int rpc_invalid_address_or_key = -5;

Coerced<bool> optional_boolean(const JsonValue& value, std::string_view name) {
  if (!value) return false;
  return to_boolean(value, name);
}

/// The genesis coinbase is the only transaction of its block, so its txid is the merkle root.
Result<bool> is_genesis_coinbase(const ReadView& view, const Txid& txid) {
  const auto header = view.header(0);
  if (!header) return header.error();
  return chain::decode_header(header.value()).merkle_root == hash_cast<Digest>(txid);
}

Fault unknown_transaction(const Call& call, const Txid& txid) {
  const auto genesis = is_genesis_coinbase(call.view(), txid);
  if (!genesis) return call.failed(genesis.error());
  if (genesis.value()) {
    return daemon_error(rpc_invalid_address_or_key,
                        "The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved");
  }
  return daemon_error(rpc_invalid_address_or_key,
                      "No such mempool or blockchain transaction. Use gettransaction for wallet transactions.");
}

Fault not_on_disk(const Natural& height, std::uint64_t tip) {
  return bad_request("db error: DBError('block " + with_thousands(height.digits) + " not on disk (>" +
                     with_thousands(tip) + ")')");
}

/// Price of a proof in a block of so many transactions, as the peers charge it: their tree cache
/// starts at 200 transactions.
double proof_cost(std::uint32_t tx_count) {
  const double count = tx_count;
  return tx_count >= 200 ? 10 * std::sqrt(count) / 2500 : count / 2500;
}

/// place: nullptr if unconfirmed.
Outcome append_verbose(Call& call, const Txid& txid, const TxPlace* place, Bytes raw) {
  VerboseContext context;
  context.network = call.options().network;
  context.txid = txid;
  if (place != nullptr) {
    const auto header = call.view().header(place->height);
    if (!header) return call.failed(header.error());
    context.block_hash = chain::block_hash(context.network->coin, header.value());
    context.confirmations = call.view().tip_height() - place->height + 1;
    context.block_time = chain::decode_header(header.value()).time;
  }
  if (!append_verbose_transaction(call.reply, raw, context)) return internal_error();
  return std::nullopt;
}

/// What every node would say to a transaction that decodes; empty if only a node can tell.
/// The txid is known here where it is the hash of all bytes: not with a witness, nor for Radiant's version 3.
/// Errors: the view's.
Result<std::string_view> certain_refusal(const Call& call, const TxView& tx, Bytes raw) {
  const bool is_radiant_v3 = call.options().network->coin == chain::Coin::radiant && tx.version == 3;
  if (!tx.has_witness && !is_radiant_v3) {
    const auto itself = call.view().find_tx(hash_cast<Txid>(hash::sha256d(raw)));
    if (!itself) return itself.error();
    if (itself.value()) return std::string_view("transaction already in block chain");
  }
  for (const TxInputView& input : tx.inputs) {
    Txid prevout_txid;
    std::copy(input.prevout_txid.begin(), input.prevout_txid.end(), prevout_txid.data());
    if (call.mempool() != nullptr && call.mempool()->find_tx(prevout_txid)) continue;
    const auto funding = call.view().find_tx(prevout_txid);
    if (!funding) return funding.error();
    if (!funding.value()) return std::string_view("Missing inputs");
  }
  return std::string_view();
}

}  // namespace

Outcome transaction_get(Call& call) {
  const auto txid = to_txid(call.argument[0]);
  if (!txid.ok()) return txid.fault();
  const auto verbose = optional_boolean(call.argument[1], "verbose");
  if (!verbose.ok()) return verbose.fault();
  call.cost += 1.0;
  const auto found = call.view().find_tx(txid.value());
  if (!found) return call.failed(found.error());
  const std::optional<TxPlace>& place = found.value();
  if (!place) {
    const auto unconfirmed = call.mempool() == nullptr ? std::nullopt : call.mempool()->find_tx(txid.value());
    if (!unconfirmed) return unknown_transaction(call, txid.value());
    if (verbose.value()) return append_verbose(call, txid.value(), nullptr, unconfirmed->raw);
    append_json_hex(call.reply, unconfirmed->raw);
    return std::nullopt;
  }
  const auto raw = call.view().raw_tx(place->tx_number);
  if (!raw) {
    (void)call.failed(raw.error());
    return daemon_error(rpc_misc_error, "Block not available: " + raw.error().message);
  }
  if (verbose.value()) return append_verbose(call, txid.value(), &*place, raw.value());
  append_json_hex(call.reply, raw.value());
  return std::nullopt;
}

namespace {

/// place: in the block of that height.
Outcome append_proof(Call& call, const TxPlace& place) {
  const auto proof = call.context.merkle->blocks.prove(call.view(), place.height, place.position);
  if (!proof) return call.failed(proof.error());
  call.reply += "{\"block_height\":";
  append_number(call.reply, place.height);
  call.reply += ",\"merkle\":";
  append_branch(call.reply, proof.value().branch);
  call.reply += ",\"pos\":";
  append_number(call.reply, place.position);
  call.reply += '}';
  return std::nullopt;
}

void charge_proof(Call& call, std::uint32_t tx_count) { call.cost += 0.25 + 0.0001 * tx_count + proof_cost(tx_count); }

/// In the block that the index finds it in.
Outcome prove_anywhere(Call& call, const Txid& txid) {
  const auto place = call.view().find_tx(txid);
  if (!place) return call.failed(place.error());
  charge_proof(call, place.value() ? call.view().block_tx_count(place.value()->height) : 0);
  if (!place.value()) return bad_request("tx " + txid.display() + " is not in the chain");
  return append_proof(call, *place.value());
}

}  // namespace

Outcome transaction_get_merkle(Call& call) {
  const auto txid = to_txid(call.argument[0]);
  if (!txid.ok()) return txid.fault();
  if (!call.argument[1]) return prove_anywhere(call, txid.value());
  const auto height = to_natural(call.argument[1]);
  if (!height.ok()) return height.fault();
  const std::uint64_t tip = call.view().tip_height();
  if (height.value().value > tip) return not_on_disk(height.value(), tip);
  const auto at = static_cast<std::uint32_t>(height.value().value);
  const std::uint32_t tx_count = call.view().block_tx_count(at);
  charge_proof(call, tx_count);

  const auto found = call.view().find_tx(txid.value());
  if (!found) return call.failed(found.error());
  std::optional<TxPlace> place = found.value();
  if (place && place->height != at) {
    // A repeated coinbase (Bitcoin has two) is found once only, but stands in both blocks.
    place.reset();
    if (tx_count > 0) {
      const TxNumber first_tx = call.view().block_first_tx(at);
      const auto coinbase = call.view().txid(first_tx);
      if (!coinbase) return call.failed(coinbase.error());
      if (coinbase.value() == txid.value()) place = TxPlace{first_tx, at, 0};
    }
  }
  if (!place) {
    return bad_request("tx " + txid.value().display() + " not in block at height " +
                       with_thousands(height.value().digits));
  }
  return append_proof(call, *place);
}

Outcome transaction_id_from_pos(Call& call) {
  const auto height = to_natural(call.argument[0]);
  if (!height.ok()) return height.fault();
  const auto position = to_natural(call.argument[1]);
  if (!position.ok()) return position.fault();
  const auto with_proof = optional_boolean(call.argument[2], "merkle");
  if (!with_proof.ok()) return with_proof.fault();
  const std::uint64_t tip = call.view().tip_height();
  if (height.value().value > tip) return not_on_disk(height.value(), tip);
  const auto at = static_cast<std::uint32_t>(height.value().value);
  const std::uint32_t tx_count = call.view().block_tx_count(at);
  call.cost += 0.25 + 0.0001 * tx_count;
  if (position.value().value >= tx_count) {
    return bad_request("no tx at position " + with_thousands(position.value().digits) + " in block at height " +
                       with_thousands(height.value().digits));
  }
  const auto index = static_cast<std::uint32_t>(position.value().value);
  const auto txid = call.view().txid(call.view().block_first_tx(at) + index);
  if (!txid) return call.failed(txid.error());
  if (!with_proof.value()) {
    append_json_hash(call.reply, txid.value().span());
    return std::nullopt;
  }
  call.cost += proof_cost(tx_count);
  const auto proof = call.context.merkle->blocks.prove(call.view(), at, index);
  if (!proof) return call.failed(proof.error());
  call.reply += "{\"tx_hash\":";
  append_json_hash(call.reply, txid.value().span());
  call.reply += ",\"merkle\":";
  append_branch(call.reply, proof.value().branch);
  call.reply += '}';
  return std::nullopt;
}

namespace {

Fault rejected(std::string_view reason, const std::string& hex) {
  return bad_request("the transaction was rejected by network rules.\n\n" + std::string(reason) + "\n[" + hex + "]");
}

Outcome finish_broadcast(Call& call, const NodeAnswer& answer, const std::string& hex) {
  switch (answer.outcome()) {
    case NodeAnswer::Outcome::answered:
      ++call.session.counters.transactions_sent;
      call.reply += answer.text();
      return std::nullopt;
    case NodeAnswer::Outcome::refused: return rejected(answer.text(), hex);
    case NodeAnswer::Outcome::failed: return daemon_error(rpc_misc_error, answer.text());
  }
  return internal_error();
}

}  // namespace

Outcome transaction_broadcast(Call& call) {
  if (!call.argument[0].is(JsonKind::string)) return internal_error();
  const std::string hex = call.argument[0].text();
  call.cost += 0.25 + static_cast<double>(hex.size()) / 5000;
  if (call.context.node != nullptr) {
    const NodeAnswer* answer = call.ask_node(
        {.kind = NodeQuestion::Kind::broadcast, .raw_hex = hex, .package_hex = {}, .blocks = 0, .mode = {}});
    if (answer == nullptr) return std::nullopt;
    return finish_broadcast(call, *answer, hex);
  }
  const auto raw = from_hex(hex);
  TxView tx;
  const bool decodes = raw && read_transaction(*raw, call.options().network->has_segwit(), tx) && !tx.inputs.empty();
  const auto refusal = decodes ? certain_refusal(call, tx, *raw) : Result(std::string_view("TX decode failed"));
  if (!refusal) return call.failed(refusal.error());
  const std::string_view reason = refusal.value();
  if (reason.empty())
    return daemon_error(rpc_misc_error, "this server runs offline and has no node to send the transaction to");
  return rejected(reason, hex);
}

}  // namespace sluice::serve
