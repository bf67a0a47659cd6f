#include "follow/chain_outputs.h"

#include "classify/scripthash.h"
#include "store/stored_tx.h"

namespace sluice::follow {

Status ChainOutputs::find(std::span<const mempool::Outpoint> outpoints,
                          std::span<std::optional<mempool::Output>> found) {
  std::optional<serve::TxPlace> place;
  std::optional<store::StoredTx> tx;  // read when the first unspent output of it is met
  for (std::size_t i = 0; i < outpoints.size(); ++i) {
    const mempool::Outpoint& outpoint = outpoints[i];
    if (i == 0 || outpoint.txid != outpoints[i - 1].txid) {
      auto looked_up = view_.find_tx(outpoint.txid);
      if (!looked_up) return std::move(looked_up).error();
      place = looked_up.value();
      tx.reset();
    }
    if (!place) continue;
    const auto unspent = view_.is_unspent(place->tx_number, outpoint.index);
    if (!unspent) return unspent.error();
    if (!unspent.value()) continue;
    if (!tx) {
      auto read = store::parse_stored_tx(view_.raw_tx(place->tx_number), rules_.coin);
      if (!read) return std::move(read).error();
      tx = std::move(read).value();
    }
    if (outpoint.index >= tx->batch.output_count()) continue;
    const Bytes script = tx->script(outpoint.index);
    found[i] = {classify::script_hash(script, rules_.coin, rules_.parity), tx->batch.output_value[outpoint.index],
                classify::is_indexed(script, rules_.coin)};
  }
  return {};
}

}  // namespace sluice::follow
