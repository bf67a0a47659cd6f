#include "devnet_node/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <unordered_set>

#include "base/check.h"
#include "chain/best_chain.h"
#include "devnet/devnet.h"
#include "devnet_node/block_builder.h"
#include "devnet_node/mempool_file.h"
#include "observe/log.h"

namespace sluice::devnet_node {
namespace {

std::int64_t system_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Error refusal(std::string text) { return {ErrorKind::config, "devnet: " + std::move(text)}; }

/// Adds the blocks to the chain, whatever their order, and connects the branch of most work.
Result<ChainState> build_chain(const chain::Network& network, std::vector<std::vector<std::byte>>& blocks) {
  std::vector<chain::HeaderRecord> records;
  for (const std::vector<std::byte>& block : blocks) {
    if (block.size() < chain::header_bytes) return Error{ErrorKind::corrupt, "block files: a block without a header"};
    const chain::Header header = chain::decode_header(Bytes(block).first(chain::header_bytes));
    records.push_back(
        {chain::block_hash(network.coin, Bytes(block).first(chain::header_bytes)), header.previous, header.bits});
  }
  const auto genesis = BlockHash::from_display(network.genesis_hash);
  SLUICE_CHECK(genesis.has_value());
  const chain::BestChain best = chain::find_best_chain(records, *genesis);
  if (best.by_height.empty()) {
    return Error{ErrorKind::config,
                 fmt::format("block files: no genesis block of {} {}", network.coin_name, network.name)};
  }
  Result<ChainState> chain = ChainState::start(network, std::move(blocks[best.by_height.front()]));
  if (!chain) return chain;
  for (std::size_t height = 1; height < best.by_height.size(); ++height) {
    const Result<const Block*> added = chain.value().add(std::move(blocks[best.by_height[height]]));
    if (!added) return added.error();
    if (Status status = chain.value().connect(*added.value()); !status) return status.error();
  }
  // A stale block may stand before its parent.
  std::vector<std::uint32_t> waiting = best.stale;
  for (std::size_t before = waiting.size() + 1; waiting.size() < before;) {
    before = waiting.size();
    std::vector<std::uint32_t> left;
    for (const std::uint32_t index : waiting) {
      if (chain.value().find(records[index].previous) == nullptr) left.push_back(index);
      else if (const auto added = chain.value().add(std::move(blocks[index])); !added) return added.error();
    }
    waiting = std::move(left);
  }
  return chain;
}

}  // namespace

Node::Node(ChainState chain, const devnet::CoinParams& coin, const NodeOptions& options, const StoredBlocks& stored)
    : chain_(std::move(chain)),
      coin_(coin),
      maker_(chain_.network(), coin, options.chain.seed + chain_.height(),
             options.chain.coinbase_maturity != 0 ? options.chain.coinbase_maturity
                                                  : std::clamp(chain_.height() / 20, 1U, 100U),
             std::uint64_t{options.chain.blocks} * options.chain.txs_per_block, options.chain.swap_percent),
      files_(options.chain.directory, chain_.network(), stored, options.files),
      now_(options.now ? options.now : system_seconds) {}

Result<std::unique_ptr<Node>> Node::open(const chain::Network& network, NodeOptions options) {
  const devnet::CoinParams* coin = devnet::find_coin(network.coin_name, network.name);
  if (coin == nullptr)
    return refusal(fmt::format("{} {}: only a regtest can be mined", network.coin_name, network.name));
  options.chain.coin = network.coin_name;
  options.chain.net = network.name;
  if (has_block_files(options.chain.directory)) {
    observe::log_info("devnet", fmt::format("going on with the block files in {}", options.chain.directory.string()));
  } else if (!options.foreign_dir.empty()) {
    if (Status status = copy_block_files(options.foreign_dir, options.chain.directory); !status) return status.error();
  } else if (const auto made = devnet::write_devnet(options.chain); !made) {
    return made.error();
  }
  Result<StoredBlocks> stored = read_block_files(options.chain.directory, network);
  if (!stored) return std::move(stored).error();
  Result<ChainState> chain = build_chain(network, stored.value().blocks);
  if (!chain) return std::move(chain).error();
  std::unique_ptr<Node> node(new Node(std::move(chain).value(), *coin, options, stored.value()));
  if (!options.mempool_file.empty()) {
    if (Status status = node->load_mempool(options.mempool_file); !status) return status.error();
  }
  return node;
}

Status Node::load_mempool(const std::filesystem::path& path) {
  const auto raws = read_mempool_file(path);
  if (!raws) return raws.error();
  std::vector<MempoolEntry> entries;
  for (const std::vector<std::byte>& raw : raws.value()) {
    Result<Transaction> tx = decode_transaction(raw, chain_.network().coin);
    if (!tx) return Error{ErrorKind::corrupt, fmt::format("mempool file {}: {}", path.string(), tx.error().message)};
    entries.push_back({std::move(tx).value(), 0, now(), 0});
  }
  if (const std::size_t left = accept_all(std::move(entries)); left > 0) {
    return Error{ErrorKind::corrupt,
                 fmt::format("mempool file {}: {} transactions spend what neither the chain nor the "
                             "file has",
                             path.string(), left)};
  }
  return {};
}

std::size_t Node::accept_all(std::vector<MempoolEntry> entries) {
  for (std::size_t before = entries.size() + 1; entries.size() < before;) {
    before = entries.size();
    std::vector<MempoolEntry> left;
    for (MempoolEntry& entry : entries) {
      std::uint64_t fee = 0;
      if (mempool_.judge(entry.tx, chain_, fee) == Admission::missing_inputs) left.push_back(std::move(entry));
      else (void)mempool_.accept(std::move(entry.tx), chain_, entry.time);
    }
    entries = std::move(left);
  }
  return entries.size();
}

void Node::tell(const Transaction& tx) const {
  if (observer_.transaction) observer_.transaction(tx);
}

void Node::tell_tip() const {
  if (observer_.tip) observer_.tip(chain_.tip());
}

Admission Node::submit(Transaction tx) {
  const Txid txid = tx.txid;
  const Admission admission = mempool_.accept(std::move(tx), chain_, now());
  if (admission != Admission::accepted) return admission;
  maker_.changed();
  tell(mempool_.find(txid)->tx);
  return admission;
}

Status Node::connect(const Block& block) {
  if (Status status = chain_.connect(block); !status) return status;
  const auto txs = decode_block(block.raw, chain_.network().coin);
  SLUICE_CHECK(txs.ok());
  if (mempool_.confirm(txs.value()) > 0) maker_.changed();
  for (const Transaction& tx : txs.value()) tell(tx);
  return {};
}

std::vector<Transaction> Node::choose_from_mempool(std::uint32_t percent) {
  std::vector<Transaction> chosen;
  std::unordered_set<Txid, Hash32Hasher> left_out;
  for (const MempoolEntry* entry : mempool_.in_order()) {
    const bool has_parents = std::none_of(entry->tx.inputs.begin(), entry->tx.inputs.end(),
                                          [&](const Outpoint& input) { return left_out.contains(input.txid); });
    if (has_parents && maker_.random().below(100) < percent) chosen.push_back(entry->tx);
    else left_out.insert(entry->tx.txid);
  }
  return chosen;
}

std::vector<Transaction> Node::make_conflicts(const std::vector<Transaction>& chosen, std::uint32_t count) {
  std::unordered_set<Txid, Hash32Hasher> taken;
  for (const Transaction& tx : chosen) taken.insert(tx.txid);
  std::vector<Transaction> made;
  for (const MempoolEntry* victim : mempool_.in_order()) {
    if (made.size() == count) break;
    if (taken.contains(victim->tx.txid) || chain_.coin(victim->tx.inputs.front()) == nullptr) continue;
    if (auto tx = maker_.double_spend(victim->tx, chain_, mempool_)) made.push_back(std::move(*tx));
  }
  return made;
}

std::uint64_t Node::fees(const std::vector<Transaction>& txs) const {
  std::unordered_map<Txid, const Transaction*, Hash32Hasher> by_id;
  for (const Transaction& tx : txs) by_id.emplace(tx.txid, &tx);
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (const Transaction& tx : txs) {
    for (const Outpoint& input : tx.inputs) {
      const auto parent = by_id.find(input.txid);
      in += parent != by_id.end() ? parent->second->outputs[input.index].value : chain_.coin(input)->value;
    }
    out += tx.output_value();
  }
  return in - out;
}

Status Node::mine_one(const MineRequest& request, std::uint32_t mempool_percent) {
  const chain::Coin coin = chain_.network().coin;
  std::vector<Transaction> txs = choose_from_mempool(mempool_percent);
  std::vector<Transaction> conflicts = make_conflicts(txs, request.conflicts);
  if (conflicts.size() < request.conflicts)
    return refusal("mine: fewer mempool transactions than conflicts wanted; leave some out with mempool_percent");
  for (Transaction& tx : conflicts) txs.push_back(std::move(tx));
  for (std::uint32_t i = 0; i < request.transactions; ++i) {
    std::optional<Transaction> tx = maker_.next(chain_, mempool_, Reach::confirmed);
    if (!tx) break;  // an empty purse makes a smaller block
    txs.push_back(std::move(*tx));
  }
  order_transactions(txs, coin, maker_.random());
  txs.insert(txs.begin(), maker_.coinbase(chain_, fees(txs), witness_ids(txs, coin)));
  std::vector<std::byte> raw = mine_block(chain_.tip(), txs, coin, coin_.spacing_seconds);
  if (Status status = files_.append(raw); !status) {
    maker_.changed();
    return status;
  }
  const Result<const Block*> block = chain_.add(std::move(raw));
  SLUICE_CHECK(block.ok());
  return connect(*block.value());
}

Result<NodeChange> Node::mine(const MineRequest& request) {
  NodeChange change;
  for (std::uint32_t i = 0; i < request.blocks; ++i) {
    if (Status status = mine_one(request, i == 0 ? request.mempool_percent : 0); !status) return status.error();
    ++change.connected;
    tell_tip();
  }
  return change;
}

void Node::tell_returned(const std::vector<Txid>& returned) const {
  for (const Txid& txid : returned) {
    if (const MempoolEntry* entry = mempool_.find(txid)) tell(entry->tx);
  }
}

std::vector<Txid> Node::disconnect(std::uint32_t depth) {
  std::vector<MempoolEntry> entries;
  std::vector<Txid> returned;
  std::vector<Block const*> blocks;
  for (std::uint32_t i = 0; i < depth; ++i) {
    blocks.push_back(&chain_.tip());
    chain_.disconnect();
  }
  for (const Block* block : blocks) {
    auto txs = decode_block(block->raw, chain_.network().coin);
    SLUICE_CHECK(txs.ok());
    for (Transaction& tx : txs.value()) {
      tell(tx);
      if (!tx.is_coinbase()) entries.push_back({std::move(tx), 0, now(), 0});
    }
  }
  // Those of the older block first; what the mempool had may spend them.
  std::reverse(entries.begin(), entries.end());
  for (const MempoolEntry& entry : entries) returned.push_back(entry.tx.txid);
  for (MempoolEntry& entry : mempool_.take_all()) entries.push_back(std::move(entry));
  (void)accept_all(std::move(entries));  // left over: what a lost coinbase paid for
  maker_.changed();
  return returned;
}

Result<NodeChange> Node::reorg(const ReorgRequest& request) {
  if (request.depth > chain_.height()) {
    return refusal(fmt::format("reorg: depth {} is more than the chain's height {}", request.depth, chain_.height()));
  }
  NodeChange change;
  const std::size_t before = mempool_.size();
  const std::vector<Txid> returned = disconnect(request.depth);
  change.disconnected = request.depth;
  change.added = mempool_.size() > before ? static_cast<std::uint32_t>(mempool_.size() - before) : 0;
  const MineRequest each{1, request.transactions, request.mempool_percent, 0};
  for (std::uint32_t i = 0; i < request.blocks; ++i) {
    if (Status status = mine_one(each, request.mempool_percent); !status) return status.error();
    ++change.connected;
  }
  tell_returned(returned);
  if (change.connected > 0) tell_tip();
  return change;
}

Result<NodeChange> Node::churn(const ChurnRequest& request) {
  NodeChange change;
  const auto pick = [&]() -> const MempoolEntry& {
    const std::vector<const MempoolEntry*> entries = mempool_.in_order();
    auto index = static_cast<std::size_t>(maker_.random().below(entries.size()));
    // The last one has no children.
    while (request.leaves && !mempool_.children(*entries[index]).empty()) ++index;
    return *entries[index];
  };
  for (std::uint32_t i = 0; i < request.evict && mempool_.size() > 0; ++i) {
    change.removed += static_cast<std::uint32_t>(mempool_.evict(Txid(pick().tx.txid)).size());
    maker_.changed();
  }
  std::uint32_t replaced = 0;
  for (std::uint32_t tries = 0; replaced < request.replace && mempool_.size() > 0; ++tries) {
    if (tries == 20 * request.replace)
      return refusal("churn: not so many mempool transactions can be replaced; add some first");
    const Transaction victim = pick().tx;
    std::optional<Transaction> winner = maker_.double_spend(victim, chain_, mempool_);
    if (!winner) continue;
    change.removed += static_cast<std::uint32_t>(mempool_.evict(victim.txid).size());
    if (submit(std::move(*winner)) != Admission::accepted) continue;
    ++change.added, ++replaced;
  }
  for (std::uint32_t i = 0; i < request.add; ++i) {
    std::optional<Transaction> tx = maker_.next(chain_, mempool_, Reach::unconfirmed);
    if (!tx) return refusal("churn: the chain has no coins left to spend; mine some blocks first");
    take_own(std::move(*tx));
    ++change.added;
  }
  return change;
}

void Node::take_own(Transaction tx) {
  const Txid txid = tx.txid;
  const Admission admission = mempool_.accept(std::move(tx), chain_, now());
  SLUICE_CHECK(admission == Admission::accepted);
  tell(mempool_.find(txid)->tx);
}

Result<Txid> Node::pay(Bytes script, std::uint64_t value) {
  std::optional<Transaction> tx = maker_.pay(chain_, mempool_, script, value);
  if (!tx) return refusal(fmt::format("pay: the chain has no {} base units to spend; mine some blocks first", value));
  const Txid txid = tx->txid;
  take_own(std::move(*tx));
  return txid;
}

Status Node::submit_block(std::vector<std::byte> raw) {
  const std::size_t known = chain_.block_count();
  const std::vector<std::byte> record = raw;
  const Result<const Block*> added = chain_.add(std::move(raw));
  if (!added) return added.error();
  if (chain_.block_count() == known) return {};
  if (Status status = files_.append(record); !status) return status;
  if (added.value()->chain_work <= chain_.tip().chain_work) return {};
  std::vector<const Block*> branch;
  for (const Block* block = added.value(); !chain_.is_active(*block); block = block->parent) branch.push_back(block);
  const Block* const old_tip = &chain_.tip();
  const std::uint32_t fork = branch.back()->height - 1;
  std::vector<Txid> returned;
  if (chain_.height() > fork) returned = disconnect(chain_.height() - fork);
  while (!branch.empty()) {
    if (Status status = connect(*branch.back()); !status) {
      // The old branch is the best that is lawful.
      std::vector<const Block*> back;
      if (chain_.height() > fork) (void)disconnect(chain_.height() - fork);
      for (const Block* block = old_tip; block->height > fork; block = block->parent) back.push_back(block);
      for (; !back.empty(); back.pop_back()) SLUICE_CHECK(connect(*back.back()).ok());
      maker_.changed();
      return status;
    }
    branch.pop_back();
  }
  maker_.changed();
  tell_returned(returned);
  tell_tip();
  return {};
}

}  // namespace sluice::devnet_node
