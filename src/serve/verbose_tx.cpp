#include "serve/verbose_tx.h"

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "hash/sha256.h"
#include "serve/address.h"
#include "serve/json_text.h"
#include "serve/script_text.h"
#include "serve/token_data.h"
#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

bool is_coinbase(const TxView& tx) noexcept {
  if (tx.inputs.size() != 1 || tx.inputs[0].prevout_index != 0xffffffff) return false;
  const Bytes txid = tx.inputs[0].prevout_txid;
  return std::all_of(txid.begin(), txid.end(), [](std::byte b) { return b == std::byte{0}; });
}

void append_asm(std::string& target, Bytes script, ScriptRole role, chain::Coin coin) {
  target += "\"asm\":\"";  // asm text holds nothing that needs escaping
  append_script_asm(target, script, role, coin);
  target += "\",\"hex\":";
  append_json_hex(target, script);
}

void append_witness(std::string& target, const std::vector<Bytes>& witness) {
  target += ",\"txinwitness\":[";
  for (std::size_t i = 0; i < witness.size(); ++i) {
    if (i != 0) target += ',';
    append_json_hex(target, witness[i]);
  }
  target += ']';
}

void append_input(std::string& target, const TxInputView& input, bool coinbase, chain::Coin coin) {
  target += '{';
  if (coinbase) {
    target += "\"coinbase\":";
    append_json_hex(target, input.script);
  } else {
    target += "\"txid\":";
    append_json_hash(target, input.prevout_txid);
    target += ",\"vout\":";
    append_number(target, input.prevout_index);
    target += ",\"scriptSig\":{";
    append_asm(target, input.script, ScriptRole::input, coin);
    target += '}';
  }
  if (!input.witness.empty()) append_witness(target, input.witness);
  target += ",\"sequence\":";
  append_number(target, input.sequence);
  target += '}';
}

/// Type and addresses in the form of the Bitcoin Cash family: reqSigs, type, addresses.
void append_classic_type(std::string& target, const SolvedScript& solved, const chain::Network& network) {
  const bool has_addresses = !solved.solutions.empty();
  if (has_addresses) {
    target += ",\"reqSigs\":";
    append_number(target, solved.required_signatures);
  }
  target += ",\"type\":";
  append_plain_string(target, script_type_name(solved.type));
  if (!has_addresses) return;
  target += ",\"addresses\":[";
  for (std::size_t i = 0; i < solved.solutions.size(); ++i) {
    if (i != 0) target += ',';
    append_plain_string(target, address_of(solved, solved.solutions[i], network));
  }
  target += ']';
}

/// Bitcoin's newer form: one address, then the type.
void append_bitcoin_type(std::string& target, const SolvedScript& solved, const chain::Network& network) {
  const bool keyed = solved.type == ScriptType::pubkey || solved.type == ScriptType::multisig;
  if (!keyed && !solved.solutions.empty()) {
    target += ",\"address\":";
    append_plain_string(target, address_of(solved, solved.solutions[0], network));
  }
  target += ",\"type\":";
  append_plain_string(target, script_type_name(solved.type));
}

void append_output(std::string& target, const TxOutputView& output, std::size_t index, const chain::Network& network) {
  std::optional<classify::TokenPrefix> token;
  if (network.has_token_prefix()) token = classify::read_token_prefix(output.script);
  const Bytes script = token ? output.script.subspan(token->size) : output.script;
  target += "{\"value\":";
  append_amount(target, output.value);
  target += ",\"n\":";
  append_number(target, index);
  target += ",\"scriptPubKey\":{";
  append_asm(target, script, ScriptRole::output, network.coin);
  const SolvedScript solved = solve_script(script, network.coin);
  if (network.coin == chain::Coin::bitcoin) append_bitcoin_type(target, solved, network);
  else append_classic_type(target, solved, network);
  target += '}';
  if (token) append_token_data(target, *token);
  target += '}';
}

/// Without witness data a transaction's hash is its id (also Radiant's version 3).
Digest witness_hash(const TxView& tx, Bytes raw, const Txid& txid) {
  return tx.has_witness ? hash::sha256d(raw) : hash_cast<Digest>(txid);
}

void append_sizes(std::string& target, const TxView& tx, Bytes raw, const chain::Network& network) {
  target += ",\"size\":";
  append_number(target, raw.size());
  if (!network.has_segwit()) return;
  const std::size_t weight = 4 * raw.size() - 3 * tx.witness_bytes;
  target += ",\"vsize\":";
  append_number(target, (weight + 3) / 4);
  target += ",\"weight\":";
  append_number(target, weight);
}

}  // namespace

bool append_verbose_transaction(std::string& target, Bytes raw, const VerboseContext& context) {
  const chain::Network& network = *context.network;
  TxView tx;
  if (!read_transaction(raw, network.has_segwit(), tx)) return false;
  target += "{\"txid\":";
  append_json_hash(target, context.txid.span());
  target += ",\"hash\":";
  append_json_hash(target, witness_hash(tx, raw, context.txid).span());
  target += ",\"version\":";
  append_signed(target, tx.version);
  append_sizes(target, tx, raw, network);
  target += ",\"locktime\":";
  append_number(target, tx.locktime);
  target += ",\"vin\":[";
  const bool coinbase = is_coinbase(tx);
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    if (i != 0) target += ',';
    append_input(target, tx.inputs[i], coinbase, network.coin);
  }
  target += "],\"vout\":[";
  for (std::size_t i = 0; i < tx.outputs.size(); ++i) {
    if (i != 0) target += ',';
    append_output(target, tx.outputs[i], i, network);
  }
  target += "],\"hex\":";
  append_json_hex(target, raw);
  if (context.confirmations != 0) {
    target += ",\"blockhash\":";
    append_json_hash(target, context.block_hash.span());
    target += ",\"confirmations\":";
    append_number(target, context.confirmations);
    target += ",\"time\":";
    append_number(target, context.block_time);
    target += ",\"blocktime\":";
    append_number(target, context.block_time);
  }
  target += '}';
  return true;
}

}  // namespace sluice::serve
