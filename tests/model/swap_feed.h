// One block into OrderChanges, read by the oracle's reader; only its offers are parsed by the product.
#pragma once

#include "byte_text.h"
#include "classify/rswp.h"
#include "naive_swaps.h"
#include "swap/advertisement.h"
#include "swap/order_changes.h"

namespace sluice::model {

/// Bounds: the next block of the chain; first_tx: tx number of its coinbase.
[[nodiscard]] inline Status feed_block(swap::OrderChanges& changes, const std::string& block, std::uint64_t first_tx,
                                       bool op_number_index) {
  const std::uint32_t height = changes.state().block_count;
  changes.begin_block(height, first_tx);
  std::vector<NaiveTx> txs = naive_block_txs(block, NaiveRules::for_radiant());
  if (height == 0) txs.clear();
  for (std::size_t i = 1; i < txs.size(); ++i) {
    for (const NaiveTx::Input& input : txs[i].inputs) {
      const auto* prevout = reinterpret_cast<const std::byte*>(input.prevout.data());
      const Outpoint spent{Txid::from_bytes(prevout), load_le<std::uint32_t>(prevout + 32)};
      if (Status status = changes.spend(spent, first_tx + i); !status) return status;
    }
  }
  for (std::size_t i = 0; i < txs.size(); ++i) {
    for (std::uint32_t output = 0; output < txs[i].outputs.size(); ++output) {
      const std::string& script = txs[i].outputs[output].script;
      const Bytes raw(reinterpret_cast<const std::byte*>(script.data()), script.size());
      const classify::SwapParse parsed = classify::parse_swap(raw, 0, {op_number_index});
      if (parsed.verdict != classify::SwapVerdict::offer) continue;
      const swap::Advertisement advertisement(raw, parsed.offer, {first_tx + i, output});
      if (Status status = changes.advertise(advertisement.order()); !status) return status;
    }
  }
  return changes.end_block();
}

/// Settles what the blocks have advertised. Bounds: naive stands at the same tip.
[[nodiscard]] inline Status settle_by(swap::OrderChanges& changes, const NaiveSwaps& naive) {
  const auto find = [&](const Outpoint& outpoint) -> Result<swap::CoinFound> {
    const std::string name = NaiveOrderId{{}, text_of(outpoint.txid.span()), outpoint.index}.outpoint();
    const auto creator = naive.creator(name);
    if (!creator || naive.is_data(name)) return swap::CoinFound{};
    return swap::CoinFound{naive.is_spent(name) ? swap::CoinStanding::spent : swap::CoinStanding::unspent, *creator};
  };
  return changes.settle(find, [&](std::uint64_t number) { return naive.height_of(number); });
}

}  // namespace sluice::model
