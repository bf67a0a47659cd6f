#include "naive_index.h"

#include <algorithm>
#include <stdexcept>

namespace sluice::model {

void NaiveIndex::add_outputs(const NaiveTx& tx, TxNumber number) {
  std::set<NaiveOutpoint> spends;
  for (const NaiveTx::Input& input : tx.inputs) spends.insert(input.prevout);
  for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
    const NaiveOutpoint outpoint{tx.txid, i};
    ScriptHash scripthash;
    if (!naive_scripthash(tx.outputs[i].script, rules_, scripthash)) {
      unindexed_.insert(outpoint);
      continue;
    }
    // A twin coinbase overwrites the outputs of the earlier one.
    if (const auto twin = coins_.find(outpoint); twin != coins_.end()) {
      unspent.erase({twin->second.scripthash, twin->second.tx_number, i});
    }
    coins_[outpoint] = {scripthash, number, tx.outputs[i].value};
    history[scripthash].insert(number);
    unspent[{scripthash, number, i}] = tx.outputs[i].value;

    std::vector<NaiveRefPush> pushes;
    if (!rules_.radiant || !naive_refs(tx.outputs[i].script, pushes) || pushes.empty()) continue;
    refs[{number, i}] = pushes;
    for (const NaiveRefPush& push : pushes) {
      const NaiveOutpoint named{Txid::from_bytes(push.ref.data()), load_le<std::uint32_t>(push.ref.data() + 32)};
      if (spends.contains(named)) mints[push.ref] = number;
      else if (push.singleton) latest[push.ref] = number;
    }
  }
}

void NaiveIndex::spend_inputs(const NaiveTx& tx, TxNumber number) {
  for (const NaiveTx::Input& input : tx.inputs) {
    const auto coin = coins_.find(input.prevout);
    if (coin == coins_.end()) {
      if (unindexed_.erase(input.prevout) == 0)
        throw std::runtime_error("naive index: spends an output that is not there");
      continue;
    }
    history[coin->second.scripthash].insert(number);
    unspent.erase({coin->second.scripthash, coin->second.tx_number, input.prevout.second});
    coins_.erase(coin);
  }
}

void NaiveIndex::add_block(Bytes raw) {
  const std::vector<NaiveTx> txs = naive_block_txs(raw, rules_);
  const auto height = static_cast<std::uint32_t>(headers.size());
  const Bytes header = raw.first(80);
  std::copy(header.begin(), header.end(), headers.emplace_back().begin());
  block_hashes.push_back(naive_block_hash(header, rules_));
  const TxNumber first = txids.size();
  block_first_tx.push_back(first);
  if (height == 0) return;  // the genesis block contributes no transactions
  for (std::uint32_t i = 0; i < txs.size(); ++i) {
    txids.push_back(txs[i].txid);
    places.push_back({height, i, txs[i].begin, txs[i].size});
    numbers_[txs[i].txid] = first + i;
    add_outputs(txs[i], first + i);
  }
  // Outputs of the whole block came first: a child may stand before its parent.
  for (std::uint32_t i = 0; i < txs.size(); ++i) {
    if (!txs[i].coinbase) spend_inputs(txs[i], first + i);
  }
}

const TxNumber* NaiveIndex::find(const Txid& txid) const {
  const auto known = numbers_.find(txid);
  return known == numbers_.end() ? nullptr : &known->second;
}

}  // namespace sluice::model
