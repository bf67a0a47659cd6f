// Unconfirmed transactions as a test says they are.
#pragma once

#include <map>

#include "classify/rswp.h"
#include "serve/mempool_view.h"
#include "support/offer_script.h"
#include "swap/advertisement.h"

namespace sluice::serve::test {

class FakeMempool : public MempoolView {
 public:
  struct Tx {
    std::vector<std::byte> raw;
    MempoolTxInfo info;
  };
  std::map<ScriptHash, std::vector<MempoolHistoryItem>> histories;
  std::map<ScriptHash, std::vector<MempoolUnspentItem>> unspents;
  std::map<ScriptHash, std::vector<Outpoint>> spents;
  std::map<ScriptHash, Balance> balances;
  std::map<Txid, Tx> txs;
  std::map<Outpoint, Txid> spenders;
  std::vector<FeeBin> histogram;

  void add_tx(const Txid& txid, std::vector<std::byte> raw, bool unconfirmed_inputs = false) {
    Tx& tx = txs[txid];
    tx.raw = std::move(raw);
    tx.info = {tx.raw, 0, static_cast<std::uint32_t>(tx.raw.size()), unconfirmed_inputs};
  }

  /// At an output of a transaction, of which nothing else is known.
  void add_offer(const Txid& txid, std::uint32_t output, const sluice::test::OfferText& offer) {
    offers[{txid, output}] = sluice::test::offer_script(offer);
  }
  std::map<std::pair<Txid, std::uint32_t>, std::vector<std::byte>> offers;  ///< scripts
  std::vector<Outpoint> offered_spends;
  std::uint64_t version() const noexcept override { return 1; }
  std::size_t tx_count() const noexcept override { return txs.size(); }
  std::uint64_t tx_bytes() const noexcept override { return 0; }
  std::vector<MempoolHistoryItem> history(const ScriptHash& script) const override { return at(histories, script); }
  std::vector<MempoolUnspentItem> unspent(const ScriptHash& script) const override { return at(unspents, script); }
  std::vector<Outpoint> spent(const ScriptHash& script) const override { return at(spents, script); }
  Balance balance(const ScriptHash& script) const override { return at(balances, script); }
  std::optional<MempoolTxInfo> find_tx(const Txid& txid) const override {
    const auto found = txs.find(txid);
    return found == txs.end() ? std::nullopt : std::optional(found->second.info);
  }
  std::optional<Txid> spender(const Outpoint& outpoint) const override {
    const auto found = spenders.find(outpoint);
    return found == spenders.end() ? std::nullopt : std::optional(found->second);
  }
  void walk_offers(const UnconfirmedOfferVisit& visit) const override {
    for (const auto& [place, script] : offers) {
      const classify::SwapParse parsed = classify::parse_swap(script, 0, {});
      if (!visit(place.first, place.second, swap::Advertisement(script, parsed.offer, {}).order())) return;
    }
  }
  void walk_offered_spends(const std::function<void(const Outpoint&)>& visit) const override {
    for (const Outpoint& outpoint : offered_spends) visit(outpoint);
  }
  std::span<const FeeBin> fee_histogram() const noexcept override { return histogram; }

 private:
  template <typename Value>
  static Value at(const std::map<ScriptHash, Value>& map, const ScriptHash& script) {
    const auto found = map.find(script);
    return found == map.end() ? Value{} : found->second;
  }
};

}  // namespace sluice::serve::test
