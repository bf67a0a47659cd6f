// The chain's unspent outputs, for unconfirmed transactions that spend them.
#pragma once

#include "mempool/mempool.h"
#include "store/chain_view.h"

namespace sluice::follow {

/// Lifetime: the view outlives it.
class ChainOutputs final : public mempool::ConfirmedOutputs {
 public:
  ChainOutputs(const store::ChainView& view, const mempool::PoolRules& rules) : view_(view), rules_(rules) {}

  /// Cost: two seeks and a read of the transaction that created it, once for outputs of the same one in a row.
  Status find(std::span<const mempool::Outpoint> outpoints, std::span<std::optional<mempool::Output>> found) override;

 private:
  const store::ChainView& view_;
  mempool::PoolRules rules_;
};

}  // namespace sluice::follow
