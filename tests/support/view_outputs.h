// The chain's outputs for a mempool, out of a read view: each from the transaction that created it.
#pragma once

#include "classify/scripthash.h"
#include "mempool/mempool.h"
#include "serve/read_view.h"
#include "serve/tx_reader.h"

namespace sluice::test {

class ViewOutputs final : public mempool::ConfirmedOutputs {
 public:
  ViewOutputs(const serve::ReadView& view, const mempool::PoolRules& rules) : view_(view), rules_(rules) {}

  Status find(std::span<const mempool::Outpoint> outpoints, std::span<std::optional<mempool::Output>> found) override {
    for (std::size_t i = 0; i < outpoints.size(); ++i) {
      const auto place = view_.find_tx(outpoints[i].txid);
      if (!place) return place.error();
      if (!place.value()) continue;
      const auto raw = view_.raw_tx(place.value()->tx_number);
      if (!raw) return raw.error();
      serve::TxView tx;
      SLUICE_CHECK(serve::read_transaction(raw.value(), rules_.coin == chain::Coin::bitcoin, tx));
      if (outpoints[i].index >= tx.outputs.size()) continue;
      const serve::TxOutputView& output = tx.outputs[outpoints[i].index];
      found[i] = {classify::script_hash(output.script, rules_.coin, rules_.parity),
                  static_cast<std::uint64_t>(output.value), classify::is_indexed(output.script, rules_.coin)};
    }
    return {};
  }

 private:
  const serve::ReadView& view_;
  mempool::PoolRules rules_;
};

}  // namespace sluice::test
