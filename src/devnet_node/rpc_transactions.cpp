// Methods about transactions and the mempool.
#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "devnet_node/rpc_methods.h"
#include "hash/sha256.h"
#include "serve/verbose_tx.h"

namespace sluice::devnet_node {
namespace {

constexpr std::string_view no_such_tx =
    "No such mempool or blockchain transaction. Use gettransaction for wallet transactions.";
constexpr std::string_view genesis_coinbase =
    "The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved";
/// Reject codes of the peer-to-peer protocol, which the error texts name.
constexpr int reject_invalid = 16;
constexpr int reject_duplicate = 18;
constexpr std::size_t package_tx_count_max = 25;

/// Where a transaction of this block stands in it.
std::optional<std::size_t> index_in(const Block& block, const Txid& txid) {
  const auto found = std::find(block.txids.begin(), block.txids.end(), txid);
  if (found == block.txids.end()) return std::nullopt;
  return static_cast<std::size_t>(found - block.txids.begin());
}

void get_raw_transaction(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  const ChainState& chain = context.node.chain();
  const auto txid = arguments.hash<Txid>(0, "parameter 1");
  if (txid == chain.at(0)->txids.front())
    throw RpcFault{RpcCode::invalid_address_or_key, std::string(genesis_coinbase)};
  const bool verbose = arguments.flag(1, 0) != 0;
  const Block* block = nullptr;
  Bytes raw;
  bool in_active_chain = false;
  if (arguments.has(2)) {
    block = chain.find(arguments.hash<BlockHash>(2, "parameter 3"));
    if (block == nullptr) throw RpcFault{RpcCode::invalid_address_or_key, "Block hash not found"};
    const auto index = index_in(*block, txid);
    if (!index) {
      throw RpcFault{RpcCode::invalid_address_or_key,
                     "No such transaction found in the provided block. Use gettransaction for wallet transactions."};
    }
    raw = block->tx_bytes(*index);
    in_active_chain = chain.is_active(*block);
  } else if (const MempoolEntry* entry = context.node.mempool().find(txid)) {
    raw = entry->tx.raw;
  } else if (const auto place = chain.find_tx(txid)) {
    block = place->block;
    raw = block->tx_bytes(place->index);
  } else {
    throw RpcFault{RpcCode::invalid_address_or_key, std::string(no_such_tx)};
  }
  if (!verbose) {
    result.hex(raw);
    return;
  }
  Json text;
  append_verbose(text, chain, raw, txid, block, true);
  if (!arguments.has(2)) {
    result.raw(text.str());
    return;
  }
  result.raw(fmt::format("{{\"in_active_chain\":{},{}", in_active_chain, std::string_view(text.str()).substr(1)));
}

/// The node's answer to a transaction that it does not take.
std::string reject_reason(Admission admission) {
  switch (admission) {
    case Admission::coinbase: return fmt::format("coinbase (code {})", reject_invalid);
    case Admission::conflict: return fmt::format("txn-mempool-conflict (code {})", reject_duplicate);
    case Admission::repeated_input: return fmt::format("bad-txns-inputs-duplicate (code {})", reject_invalid);
    case Admission::overspent: return fmt::format("bad-txns-in-belowout (code {})", reject_invalid);
    default: return "missing-inputs";
  }
}

Transaction decode_argument(const RpcContext& context, std::string_view hex) {
  const auto raw = from_hex(hex);
  if (raw) {
    if (auto tx = decode_transaction(*raw, context.node.chain().network().coin)) return std::move(tx).value();
  }
  throw RpcFault{RpcCode::deserialization, "TX decode failed"};
}

void send_raw_transaction(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  Transaction tx = decode_argument(context, arguments.text(0));
  const Txid txid = tx.txid;
  switch (const Admission admission = context.node.submit(std::move(tx))) {
    case Admission::accepted:
    case Admission::known: result.hash(txid); return;
    case Admission::in_chain: throw RpcFault{RpcCode::in_chain, "transaction already in block chain"};
    case Admission::missing_inputs: throw RpcFault{RpcCode::verify, "Missing inputs"};
    default: throw RpcFault{RpcCode::rejected, reject_reason(admission)};
  }
}

void test_mempool_accept(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  simdjson::dom::array raws;
  if (arguments.at(0).get(raws) != simdjson::SUCCESS)
    throw RpcFault{RpcCode::misc, "JSON value is not an array as expected"};
  if (raws.size() != 1)
    throw RpcFault{RpcCode::invalid_parameter, "Array must contain exactly one raw transaction for now"};
  std::string_view hex;
  if (raws.at(0).get(hex) != simdjson::SUCCESS) throw RpcFault{RpcCode::misc, "JSON value is not a string as expected"};
  const Transaction tx = decode_argument(context, hex);
  std::uint64_t fee = 0;
  const Admission admission = context.node.mempool().judge(tx, context.node.chain(), fee);
  result.open('[').open('{').key("txid").hash(tx.txid).key("allowed").boolean(admission == Admission::accepted);
  if (admission == Admission::known)
    result.key("reject-reason").text(fmt::format("txn-already-in-mempool (code {})", reject_duplicate));
  else if (admission == Admission::in_chain)
    result.key("reject-reason").text(fmt::format("txn-already-known (code {})", reject_duplicate));
  else if (admission != Admission::accepted) result.key("reject-reason").text(reject_reason(admission));
  result.close('}').close(']');
}

/// As Bitcoin's node answers, without what only a fee market or scripts could say.
void submit_package(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  simdjson::dom::array raws;
  if (arguments.at(0).get(raws) != simdjson::SUCCESS)
    throw RpcFault{RpcCode::misc, "JSON value is not an array as expected"};
  if (raws.size() == 0 || raws.size() > package_tx_count_max)
    throw RpcFault{RpcCode::invalid_parameter,
                   fmt::format("Array must contain between 1 and {} transactions.", package_tx_count_max)};
  std::vector<Transaction> package;
  for (const simdjson::dom::element raw : raws) {
    std::string_view hex;
    if (raw.get(hex) != simdjson::SUCCESS) throw RpcFault{RpcCode::misc, "JSON value is not a string as expected"};
    package.push_back(decode_argument(context, hex));
  }
  bool all_taken = true;
  Json results;
  results.open('{');
  for (Transaction& tx : package) {
    const Txid txid = tx.txid;
    results.key(hash_cast<Txid>(hash::sha256d(tx.raw)).display()).open('{').key("txid").hash(txid);
    const Admission admission = context.node.submit(std::move(tx));
    if (const MempoolEntry* entry = context.node.mempool().find(txid)) {
      results.key("vsize").number(entry->tx.raw.size()).key("fees").open('{').key("base").amount(entry->fee).close('}');
    } else {
      all_taken = false;
      results.key("error").text(admission == Admission::in_chain ? "txn-already-known" : reject_reason(admission));
    }
    results.close('}');
  }
  results.close('}');
  result.open('{').key("package_msg").text(all_taken ? "success" : "transaction failed");
  result.key("tx-results").raw(results.str()).close('}');
}

void append_entry(Json& target, const Mempool& mempool, const MempoolEntry& entry) {
  target.open('{').key("fees").open('{').key("base").amount(entry.fee).key("modified").amount(entry.fee).close('}');
  target.key("size").number(entry.tx.raw.size()).key("fee").amount(entry.fee).key("modifiedfee").amount(entry.fee);
  target.key("time").number(static_cast<std::uint64_t>(entry.time)).key("height").number(entry.height);
  target.key("depends").open('[');
  for (const MempoolEntry* parent : mempool.parents(entry)) target.hash(parent->tx.txid);
  target.close(']').key("spentby").open('[');
  for (const MempoolEntry* child : mempool.children(entry)) target.hash(child->tx.txid);
  target.close(']').close('}');
}

void get_raw_mempool(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  const Mempool& mempool = context.node.mempool();
  if (arguments.flag(0, 0) == 0) {
    result.open('[');
    for (const MempoolEntry* entry : mempool.in_order()) result.hash(entry->tx.txid);
    result.close(']');
    return;
  }
  result.open('{');
  for (const MempoolEntry* entry : mempool.in_order()) {
    result.key(entry->tx.txid.display());
    append_entry(result, mempool, *entry);
  }
  result.close('}');
}

void get_mempool_entry(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  const MempoolEntry* entry = context.node.mempool().find(arguments.hash<Txid>(0, "parameter 1"));
  if (entry == nullptr) throw RpcFault{RpcCode::invalid_address_or_key, "Transaction not in mempool"};
  append_entry(result, context.node.mempool(), *entry);
}

void get_mempool_info(const RpcContext& context, const RpcArguments&, Json& result) {
  const Mempool& mempool = context.node.mempool();
  result.open('{').key("loaded").boolean(true).key("size").number(mempool.size());
  result.key("bytes").number(mempool.bytes()).key("usage").number(mempool.bytes() * 3);
  result.key("maxmempool").number(300'000'000).key("mempoolminfee").amount(relay_fee);
  result.key("minrelaytxfee").amount(relay_fee).close('}');
}

}  // namespace

void append_verbose(Json& target, const ChainState& chain, Bytes raw, const Txid& txid, const Block* block,
                    bool with_block) {
  serve::VerboseContext context;
  context.network = &chain.network();
  context.txid = txid;
  if (block != nullptr) {
    context.block_hash = block->hash;
    context.confirmations = chain.is_active(*block) ? chain.height() - block->height + 1 : 0;
    context.block_time = block->header.time;
  }
  std::string text;
  const bool is_tx = serve::append_verbose_transaction(text, raw, context);
  SLUICE_CHECK(is_tx);
  if (!with_block && context.confirmations > 0) {
    // The members about the block come last.
    text.resize(text.rfind(",\"blockhash\":"));
    text += '}';
  }
  target.raw(text);
}

std::span<const RpcMethod> transaction_methods() {
  static const std::vector<RpcMethod> methods = {
      {"getrawtransaction", {"txid", "verbose", "blockhash"}, 1, get_raw_transaction},
      {"sendrawtransaction", {"hexstring", "allowhighfees"}, 1, send_raw_transaction},
      {"testmempoolaccept", {"rawtxs", "allowhighfees"}, 1, test_mempool_accept},
      {"submitpackage", {"package"}, 1, submit_package, chain::Coin::bitcoin, {}},
      {"getrawmempool", {"verbose"}, 0, get_raw_mempool},
      {"getmempoolentry", {"txid"}, 1, get_mempool_entry},
      {"getmempoolinfo", {}, 0, get_mempool_info},
  };
  return methods;
}

}  // namespace sluice::devnet_node
