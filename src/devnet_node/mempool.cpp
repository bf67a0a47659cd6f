#include "devnet_node/mempool.h"

#include <algorithm>
#include <unordered_set>

namespace sluice::devnet_node {

Admission Mempool::judge(const Transaction& tx, const ChainState& chain, std::uint64_t& fee) const {
  if (tx.is_coinbase()) return Admission::coinbase;
  if (entries_.contains(tx.txid)) return Admission::known;
  if (chain.find_tx(tx.txid)) return Admission::in_chain;
  std::uint64_t value = 0;
  std::unordered_set<Outpoint, OutpointHasher> seen;
  for (const Outpoint& input : tx.inputs) {
    if (!seen.insert(input).second) return Admission::repeated_input;
  }
  for (const Outpoint& input : tx.inputs) {
    if (spenders_.contains(input)) return Admission::conflict;
    if (const Coin* coin = chain.coin(input)) {
      value += coin->value;
      continue;
    }
    const MempoolEntry* parent = find(input.txid);
    if (parent == nullptr || input.index >= parent->tx.outputs.size()) return Admission::missing_inputs;
    value += parent->tx.outputs[input.index].value;
  }
  if (tx.output_value() > value) return Admission::overspent;
  fee = value - tx.output_value();
  return Admission::accepted;
}

Admission Mempool::accept(Transaction tx, const ChainState& chain, std::int64_t time) {
  std::uint64_t fee = 0;
  if (const Admission admission = judge(tx, chain, fee); admission != Admission::accepted) return admission;
  for (const Outpoint& input : tx.inputs) spenders_.emplace(input, tx.txid);
  bytes_ += tx.raw.size();
  const Txid txid = tx.txid;
  const auto place = entries_.emplace(txid, Held{{std::move(tx), fee, time, chain.height()}, next_order_}).first;
  order_.emplace(next_order_++, &place->second.entry);
  return Admission::accepted;
}

void Mempool::remove(const Txid& txid) {
  const auto found = entries_.find(txid);
  if (found == entries_.end()) return;
  for (const Outpoint& input : found->second.entry.tx.inputs) spenders_.erase(input);
  bytes_ -= found->second.entry.tx.raw.size();
  order_.erase(found->second.order);
  entries_.erase(found);
}

std::vector<MempoolEntry> Mempool::evict(const Txid& txid) {
  std::vector<Txid> doomed;
  std::unordered_set<Txid, Hash32Hasher> seen;
  if (entries_.contains(txid)) doomed.push_back(txid), seen.insert(txid);
  for (std::size_t i = 0; i < doomed.size(); ++i) {
    for (const MempoolEntry* child : children(entries_.find(doomed[i])->second.entry)) {
      if (seen.insert(child->tx.txid).second) doomed.push_back(child->tx.txid);
    }
  }
  // Children were accepted after their parents.
  std::sort(doomed.begin(), doomed.end(), [&](const Txid& left, const Txid& right) {
    return entries_.find(left)->second.order > entries_.find(right)->second.order;
  });
  std::vector<MempoolEntry> evicted;
  for (const Txid& id : doomed) {
    evicted.push_back(entries_.find(id)->second.entry);
    remove(id);
  }
  return evicted;
}

std::size_t Mempool::confirm(const std::vector<Transaction>& block_txs) {
  std::size_t evicted = 0;
  for (const Transaction& tx : block_txs) remove(tx.txid);
  for (const Transaction& tx : block_txs) {
    for (const Outpoint& input : tx.inputs) {
      if (const MempoolEntry* loser = spender(input)) evicted += evict(Txid(loser->tx.txid)).size();
    }
  }
  return evicted;
}

std::vector<MempoolEntry> Mempool::take_all() {
  std::vector<MempoolEntry> all;
  for (const auto& [order, entry] : order_) all.push_back(*entry);
  entries_.clear(), order_.clear(), spenders_.clear();
  bytes_ = 0;
  return all;
}

const MempoolEntry* Mempool::find(const Txid& txid) const noexcept {
  const auto found = entries_.find(txid);
  return found == entries_.end() ? nullptr : &found->second.entry;
}

const MempoolEntry* Mempool::spender(const Outpoint& outpoint) const noexcept {
  const auto found = spenders_.find(outpoint);
  return found == spenders_.end() ? nullptr : find(found->second);
}

std::vector<const MempoolEntry*> Mempool::in_order() const {
  std::vector<const MempoolEntry*> entries;
  entries.reserve(order_.size());
  for (const auto& [order, entry] : order_) entries.push_back(entry);
  return entries;
}

std::vector<const MempoolEntry*> Mempool::parents(const MempoolEntry& entry) const {
  std::vector<const MempoolEntry*> found;
  for (const Outpoint& input : entry.tx.inputs) {
    const MempoolEntry* parent = find(input.txid);
    if (parent != nullptr && std::find(found.begin(), found.end(), parent) == found.end()) found.push_back(parent);
  }
  return found;
}

std::vector<const MempoolEntry*> Mempool::children(const MempoolEntry& entry) const {
  std::vector<const MempoolEntry*> found;
  for (std::uint32_t i = 0; i < entry.tx.outputs.size(); ++i) {
    const MempoolEntry* child = spender({entry.tx.txid, i});
    if (child != nullptr && std::find(found.begin(), found.end(), child) == found.end()) found.push_back(child);
  }
  return found;
}

}  // namespace sluice::devnet_node
