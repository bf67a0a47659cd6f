#include "mempool/snapshot.h"

#include <algorithm>

#include "swap/advertisement.h"

namespace sluice::mempool {

std::vector<serve::MempoolHistoryItem> Snapshot::history(const ScriptHash& scripthash) const {
  std::vector<serve::MempoolHistoryItem> items;
  const ScriptEntry* script = maps_.scripts.find(scripthash);
  if (script == nullptr) return items;
  items.reserve(script->txs.size());
  script->txs.for_each([&](const PoolTx& tx) {
    const bool unconfirmed_inputs = maps_.txs.find(tx.txid())->unconfirmed_inputs != 0;
    items.push_back({tx.txid(), tx.fee(), tx.size(), unconfirmed_inputs});
  });
  std::ranges::sort(items, [](const auto& a, const auto& b) {
    if (a.has_unconfirmed_inputs != b.has_unconfirmed_inputs) return b.has_unconfirmed_inputs;
    return serve::displays_before(a.txid, b.txid);
  });
  return items;
}

std::vector<serve::MempoolUnspentItem> Snapshot::unspent(const ScriptHash& scripthash) const {
  std::vector<serve::MempoolUnspentItem> items;
  const ScriptEntry* script = maps_.scripts.find(scripthash);
  if (script == nullptr) return items;
  script->txs.for_each([&](const PoolTx& tx) {
    for (const std::uint32_t coin : tx.coins_of(scripthash)) {
      if (coin < tx.input_count()) continue;
      const std::uint32_t index = coin - tx.input_count();
      if (maps_.spends.find({tx.txid(), index}) != nullptr) continue;
      items.push_back({tx.txid(), index, tx.output(index).value, tx.output_script(index)});
    }
  });
  std::ranges::sort(items, [](const auto& a, const auto& b) {
    if (a.txid == b.txid) return a.output_index < b.output_index;
    return serve::displays_before(a.txid, b.txid);
  });
  return items;
}

std::vector<Outpoint> Snapshot::spent(const ScriptHash& scripthash) const {
  std::vector<Outpoint> outpoints;
  const ScriptEntry* script = maps_.scripts.find(scripthash);
  if (script == nullptr) return outpoints;
  script->txs.for_each([&](const PoolTx& tx) {
    for (const std::uint32_t coin : tx.coins_of(scripthash)) {
      if (coin < tx.input_count()) outpoints.push_back(tx.prevout(coin));
    }
  });
  std::ranges::sort(outpoints);
  return outpoints;
}

Snapshot::Balance Snapshot::balance(const ScriptHash& scripthash) const {
  const ScriptEntry* script = maps_.scripts.find(scripthash);
  return script == nullptr ? Balance{} : Balance{script->delta, script->txs.size()};
}

std::optional<serve::MempoolTxInfo> Snapshot::find_tx(const Txid& txid) const {
  const TxEntry* entry = maps_.txs.find(txid);
  if (entry == nullptr) return std::nullopt;
  return serve::MempoolTxInfo{entry->tx->raw(), entry->tx->fee(), entry->tx->size(), entry->unconfirmed_inputs != 0};
}

std::optional<Txid> Snapshot::spender(const Outpoint& outpoint) const {
  const SpendEntry* spend = maps_.spends.find(outpoint);
  return spend == nullptr ? std::nullopt : std::optional(spend->tx->txid());
}

void Snapshot::find_offer(const Txid& txid, std::uint32_t output, const serve::UnconfirmedOfferVisit& visit) const {
  const TxPointer* entry = maps_.offer_txs.find(txid);
  if (entry == nullptr) return;
  for (const PoolOffer& found : entry->tx->offers()) {
    if (found.output == output)
      (void)visit(txid, output, swap::Advertisement(entry->tx->raw(), found.offer, {}).order());
  }
}

void Snapshot::walk_offers(const serve::UnconfirmedOfferVisit& visit) const {
  bool goes_on = true;
  maps_.offer_txs.for_each([&](const TxPointer& entry) {
    for (const PoolOffer& found : entry.tx->offers()) {
      if (!goes_on) return;
      goes_on = visit(entry.tx->txid(), found.output, swap::Advertisement(entry.tx->raw(), found.offer, {}).order());
    }
  });
}

void Snapshot::walk_offered_spends(const std::function<void(const Outpoint&)>& visit) const {
  maps_.offered_spends.for_each([&](const SpendEntry& entry) { visit(entry.key()); });
}

}  // namespace sluice::mempool
