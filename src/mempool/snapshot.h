// The pool as it was when it was published.
#pragma once

#include <vector>

#include "mempool/pool_maps.h"
#include "serve/mempool_view.h"

namespace sluice::mempool {

/// Cost: history, unspent, spent: the script's transactions, sorted; the others: one or two look-ups.
class Snapshot final : public serve::MempoolView {
 public:
  Snapshot(std::uint64_t version, const PoolMaps& maps, std::vector<serve::FeeBin> histogram)
      : version_(version), maps_(maps), histogram_(std::move(histogram)) {}

  [[nodiscard]] std::uint64_t version() const noexcept override { return version_; }
  [[nodiscard]] std::size_t tx_count() const noexcept override { return maps_.txs.size(); }
  [[nodiscard]] std::uint64_t tx_bytes() const noexcept override { return maps_.tx_bytes; }
  [[nodiscard]] std::vector<serve::MempoolHistoryItem> history(const ScriptHash& scripthash) const override;
  [[nodiscard]] std::vector<serve::MempoolUnspentItem> unspent(const ScriptHash& scripthash) const override;
  [[nodiscard]] std::vector<Outpoint> spent(const ScriptHash& scripthash) const override;
  [[nodiscard]] Balance balance(const ScriptHash& scripthash) const override;
  [[nodiscard]] std::optional<serve::MempoolTxInfo> find_tx(const Txid& txid) const override;
  [[nodiscard]] std::optional<Txid> spender(const Outpoint& outpoint) const override;
  void walk_offers(const serve::UnconfirmedOfferVisit& visit) const override;
  void find_offer(const Txid& txid, std::uint32_t output, const serve::UnconfirmedOfferVisit& visit) const override;
  void walk_offered_spends(const std::function<void(const Outpoint&)>& visit) const override;
  [[nodiscard]] std::span<const serve::FeeBin> fee_histogram() const noexcept override { return histogram_; }

 private:
  std::uint64_t version_;
  PoolMaps maps_;
  std::vector<serve::FeeBin> histogram_;
};

}  // namespace sluice::mempool
