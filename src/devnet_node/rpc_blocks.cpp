// Methods about blocks and the chain.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/hex.h"
#include "devnet_node/rpc_methods.h"

namespace sluice::devnet_node {
namespace {

const Block& block_of(const RpcContext& context, const RpcArguments& arguments) {
  const Block* block = context.node.chain().find(arguments.hash<BlockHash>(0, "blockhash"));
  if (block == nullptr) throw RpcFault{RpcCode::invalid_address_or_key, "Block not found"};
  return *block;
}

/// The members that getblockheader and getblock share, in the node's order.
void append_header_members(Json& target, const ChainState& chain, const Block& block, bool whole) {
  const bool active = chain.is_active(block);
  target.key("hash").hash(block.hash).key("confirmations");
  if (active) target.number(chain.height() - block.height + 1);
  else target.raw("-1");
  if (whole) target.key("size").number(block.raw.size());
  target.key("height").number(block.height);
  target.key("version").raw(std::to_string(block.header.version));
  target.key("versionHex").text(fmt::format("{:08x}", static_cast<std::uint32_t>(block.header.version)));
  target.key("merkleroot").hash(block.header.merkle_root);
}

void append_rest_of_header(Json& target, const ChainState& chain, const Block& block) {
  target.key("time").number(block.header.time).key("mediantime").number(median_time(block));
  target.key("nonce").number(block.header.nonce).key("bits").text(fmt::format("{:08x}", block.header.bits));
  target.key("difficulty").raw(difficulty_text(block.header.bits));
  target.key("chainwork").text(chain_work_text(block.chain_work)).key("nTx").number(block.txids.size());
  if (block.parent != nullptr) target.key("previousblockhash").hash(block.parent->hash);
  const Block* next = chain.is_active(block) ? chain.at(std::uint64_t{block.height} + 1) : nullptr;
  if (next != nullptr) target.key("nextblockhash").hash(next->hash);
}

void get_blockchain_info(const RpcContext& context, const RpcArguments&, Json& result) {
  const ChainState& chain = context.node.chain();
  const Block& tip = chain.tip();
  const RpcSwitches& switches = context.switches;
  result.open('{').key("chain");
  result.text(switches.chain_name.empty() ? chain.network().node_chain : switches.chain_name);
  result.key("blocks").number(chain.height()).key("headers").number(chain.height());
  result.key("bestblockhash").hash(tip.hash).key("difficulty").raw(difficulty_text(tip.header.bits));
  result.key("mediantime").number(median_time(tip)).key("verificationprogress").raw("1");
  result.key("initialblockdownload").boolean(false).key("chainwork").text(chain_work_text(tip.chain_work));
  result.key("size_on_disk").number(chain.block_bytes()).key("pruned").boolean(switches.pruned_below > 0);
  if (switches.pruned_below > 0) {
    result.key("pruneheight").number(switches.pruned_below).key("automatic_pruning").boolean(false);
  }
  result.key("warnings").text("").close('}');
}

void get_block_count(const RpcContext& context, const RpcArguments&, Json& result) {
  result.number(context.node.chain().height());
}

void get_best_block_hash(const RpcContext& context, const RpcArguments&, Json& result) {
  result.hash(context.node.chain().tip().hash);
}

void get_block_hash(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  const std::int64_t height = arguments.integer(0);
  const Block* block = height < 0 ? nullptr : context.node.chain().at(static_cast<std::uint64_t>(height));
  if (block == nullptr) throw RpcFault{RpcCode::invalid_parameter, "Block height out of range"};
  result.hash(block->hash);
}

void get_block_header(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  const Block& block = block_of(context, arguments);
  if (arguments.flag(1, 1) == 0) {
    result.hex(block.header_bytes());
    return;
  }
  result.open('{');
  append_header_members(result, context.node.chain(), block, false);
  append_rest_of_header(result, context.node.chain(), block);
  result.close('}');
}

void get_block(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  const Block& block = block_of(context, arguments);
  const std::int64_t verbosity = arguments.flag(1, 1);
  if (block.height < context.switches.pruned_below) throw RpcFault{RpcCode::misc, "Block not available (pruned data)"};
  if (verbosity <= 0) {
    result.hex(block.raw);
    return;
  }
  result.open('{');
  append_header_members(result, context.node.chain(), block, true);
  result.key("tx").open('[');
  for (std::size_t i = 0; i < block.txids.size(); ++i) {
    if (verbosity == 1) result.hash(block.txids[i]);
    else append_verbose(result, context.node.chain(), block.tx_bytes(i), block.txids[i], &block, false);
  }
  result.close(']');
  append_rest_of_header(result, context.node.chain(), block);
  result.close('}');
}

void get_chain_tips(const RpcContext& context, const RpcArguments&, Json& result) {
  const ChainState& chain = context.node.chain();
  result.open('[');
  for (const Block* tip : chain.tips()) {
    std::uint32_t branch = 0;
    for (const Block* block = tip; !chain.is_active(*block); block = block->parent) ++branch;
    result.open('{').key("height").number(tip->height).key("hash").hash(tip->hash).key("branchlen").number(branch);
    result.key("status").text(branch == 0 ? "active" : "valid-fork").close('}');
  }
  result.close(']');
}

void get_difficulty(const RpcContext& context, const RpcArguments&, Json& result) {
  result.raw(difficulty_text(context.node.chain().tip().header.bits));
}

void submit_block(const RpcContext& context, const RpcArguments& arguments, Json& result) {
  auto raw = from_hex(arguments.text(0));
  if (!raw || !decode_block(*raw, context.node.chain().network().coin))
    throw RpcFault{RpcCode::deserialization, "Block decode failed"};
  const BlockHash hash = chain::block_hash(context.node.chain().network().coin, Bytes(*raw).first(chain::header_bytes));
  if (context.node.chain().find(hash) != nullptr) {
    result.text("duplicate");
    return;
  }
  const Status status = context.node.submit_block(std::move(*raw));
  if (status.ok()) result.raw("null");
  else result.text(status.error().kind == ErrorKind::not_found ? "prev-blk-not-found" : "rejected");
}

}  // namespace

std::string difficulty_text(std::uint32_t bits) {
  // As the node computes it, so that the digits are the same.
  int shift = static_cast<int>(bits >> 24) & 0xff;
  double difficulty = static_cast<double>(0x0000ffff) / static_cast<double>(bits & 0x00ffffff);
  for (; shift < 29; ++shift) difficulty *= 256.0;
  for (; shift > 29; --shift) difficulty /= 256.0;
  return fmt::format("{:.16g}", difficulty);
}

std::uint32_t median_time(const Block& block) {
  std::vector<std::uint32_t> times;
  for (const Block* at = &block; at != nullptr && times.size() < 11; at = at->parent) times.push_back(at->header.time);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

std::string chain_work_text(const chain::Uint256& work) {
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", work.word[3], work.word[2], work.word[1], work.word[0]);
}

std::span<const RpcMethod> block_methods() {
  static const std::vector<RpcMethod> methods = {
      {"getblockchaininfo", {}, 0, get_blockchain_info},
      {"getblockcount", {}, 0, get_block_count},
      {"getbestblockhash", {}, 0, get_best_block_hash},
      {"getblockhash", {"height"}, 1, get_block_hash},
      {"getblockheader", {"blockhash", "verbose"}, 1, get_block_header},
      {"getblock", {"blockhash", "verbosity"}, 1, get_block},
      {"getchaintips", {}, 0, get_chain_tips},
      {"getdifficulty", {}, 0, get_difficulty},
      {"submitblock", {"hexdata", "dummy"}, 1, submit_block},
  };
  return methods;
}

}  // namespace sluice::devnet_node
