#include "devnet_node/chain_state.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"

namespace sluice::devnet_node {
namespace {

Result<std::unique_ptr<Block>> decode(std::vector<std::byte> raw, chain::Coin coin) {
  Result<std::vector<Transaction>> txs = decode_block(raw, coin);
  if (!txs) return std::move(txs).error();
  auto block = std::make_unique<Block>();
  block->header = chain::decode_header(Bytes(raw).first(chain::header_bytes));
  block->hash = chain::block_hash(coin, Bytes(raw).first(chain::header_bytes));
  if (!chain::meets_target(block->hash, block->header.bits))
    return Error{ErrorKind::corrupt, "block " + block->hash.display() + ": its hash does not meet its bits"};
  std::size_t size = 0;
  for (const Transaction& tx : txs.value()) size += tx.raw.size();
  std::size_t at = raw.size() - size;
  for (const Transaction& tx : txs.value()) {
    block->txids.push_back(tx.txid);
    block->tx_begin.push_back(static_cast<std::uint32_t>(at));
    at += tx.raw.size();
  }
  block->tx_begin.push_back(static_cast<std::uint32_t>(at));
  block->raw = std::move(raw);
  return block;
}

}  // namespace

Result<ChainState> ChainState::start(const chain::Network& network, std::vector<std::byte> genesis) {
  ChainState state(network);
  const std::size_t size = genesis.size();
  Result<std::unique_ptr<Block>> decoded = decode(std::move(genesis), network.coin);
  if (!decoded) return std::move(decoded).error();
  std::unique_ptr<Block> block = std::move(decoded).value();
  if (block->hash.display() != network.genesis_hash) {
    return Error{ErrorKind::unsupported, "block " + block->hash.display() + " is not the genesis block of " +
                                             std::string(network.coin_name) + " " + std::string(network.name)};
  }
  block->chain_work = chain::work_of_bits(block->header.bits);
  state.block_bytes_ = size;
  state.active_.push_back(block.get());
  state.blocks_.emplace(block->hash, std::move(block));
  return state;
}

Result<const Block*> ChainState::add(std::vector<std::byte> raw) {
  const std::size_t size = raw.size();
  Result<std::unique_ptr<Block>> decoded = decode(std::move(raw), network_->coin);
  if (!decoded) return std::move(decoded).error();
  std::unique_ptr<Block> block = std::move(decoded).value();
  if (const Block* known = find(block->hash)) return known;
  const Block* parent = find(block->header.previous);
  if (parent == nullptr) {
    return Error{ErrorKind::not_found,
                 "block " + block->hash.display() + ": its parent " + block->header.previous.display() + " is unknown"};
  }
  block->parent = parent;
  block->height = parent->height + 1;
  block->chain_work = parent->chain_work;
  block->chain_work += chain::work_of_bits(block->header.bits);
  block_bytes_ += size;
  const Block* added = block.get();
  blocks_.emplace(added->hash, std::move(block));
  return added;
}

Status ChainState::connect(const Block& block) {
  SLUICE_CHECK(block.parent == &tip());
  const Result<std::vector<Transaction>> txs = decode_block(block.raw, network_->coin);
  if (!txs) return txs.error();
  // First look: nothing may change if an input is missing.
  std::unordered_set<Outpoint, OutpointHasher> made, spent;
  for (const Transaction& tx : txs.value()) {
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) made.insert({tx.txid, i});
  }
  for (const Transaction& tx : txs.value()) {
    for (const Outpoint& input : tx.inputs) {
      if (!spent.insert(input).second || (!made.contains(input) && !coins_.contains(input))) {
        return Error{ErrorKind::corrupt, "block " + block.hash.display() + " at height " +
                                             std::to_string(block.height) + ": transaction " + tx.txid.display() +
                                             " spends an output that is not there"};
      }
    }
  }
  std::uint32_t index = 0;
  for (const Transaction& tx : txs.value()) {
    places_[tx.txid] = {&block, index++};
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i)
      coins_[{tx.txid, i}] = {tx.outputs[i].value, block.height, tx.is_coinbase()};
  }
  for (const Outpoint& outpoint : spent) coins_.erase(outpoint);
  active_.push_back(&block);
  return {};
}

void ChainState::disconnect() {
  SLUICE_CHECK(active_.size() > 1);
  const Block& block = tip();
  const Result<std::vector<Transaction>> txs = decode_block(block.raw, network_->coin);
  SLUICE_CHECK(txs.ok());  // it was connected once
  for (const Transaction& tx : txs.value()) {
    for (const Outpoint& input : tx.inputs) coins_[input] = restored(input);
  }
  for (const Transaction& tx : txs.value()) {
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) coins_.erase({tx.txid, i});
    if (const auto place = places_.find(tx.txid); place != places_.end() && place->second.block == &block)
      places_.erase(place);
  }
  active_.pop_back();
}

Coin ChainState::restored(const Outpoint& outpoint) const {
  const auto place = find_tx(outpoint.txid);
  SLUICE_CHECK(place.has_value());
  const Result<Transaction> tx = read_tx(*place);
  SLUICE_CHECK(tx.ok() && outpoint.index < tx.value().outputs.size());
  return {tx.value().outputs[outpoint.index].value, place->block->height, tx.value().is_coinbase()};
}

const Block* ChainState::find(const BlockHash& hash) const noexcept {
  const auto found = blocks_.find(hash);
  return found == blocks_.end() ? nullptr : found->second.get();
}

std::vector<const Block*> ChainState::tips() const {
  std::unordered_set<const Block*> parents;
  for (const auto& [hash, block] : blocks_) parents.insert(block->parent);
  std::vector<const Block*> tips;
  for (const auto& [hash, block] : blocks_) {
    if (!parents.contains(block.get()) || block.get() == &tip()) tips.push_back(block.get());
  }
  std::sort(tips.begin(), tips.end(), [&](const Block* left, const Block* right) {
    if (left->height != right->height) return left->height > right->height;
    if (is_active(*left) != is_active(*right)) return is_active(*left);
    return left->hash < right->hash;
  });
  return tips;
}

std::optional<TxPlace> ChainState::find_tx(const Txid& txid) const noexcept {
  const auto found = places_.find(txid);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

Result<Transaction> ChainState::read_tx(const TxPlace& place) const {
  return decode_transaction(place.block->tx_bytes(place.index), network_->coin);
}

const Coin* ChainState::coin(const Outpoint& outpoint) const noexcept {
  const auto found = coins_.find(outpoint);
  return found == coins_.end() ? nullptr : &found->second;
}

}  // namespace sluice::devnet_node
