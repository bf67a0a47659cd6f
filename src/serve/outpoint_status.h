// The status of an outpoint: where it was created, and who spent it where.
//
//   {}                                                                     nothing is known of it
//   {"funder_height":5}                                                    unspent
//   {"funder_height":5,"spender_txhash":"ab..","spender_height":0}         spent by a transaction of the mempool
//
// The index knows what is unspent, not by whom the rest was spent. A spender of the chain is found in the history of
// the output's script: in the transactions next after the one that created it, and in the newest ones.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "serve/server_context.h"

namespace sluice::serve {

/// Transactions that are read for a spender, at each end of the history.
inline constexpr std::size_t spender_scan_max = 250;

struct OutpointStatus {
  std::string json;
  std::optional<ScriptHash> scripthash;  ///< of the output, once it exists
  bool is_spender_unknown = false;       ///< it is spent, by a transaction between those that are read
  double cost = 0;
};

/// Errors: the view's.
/// Cost: one transaction read; if it is spent in the chain, linear in the history of its script, and reads at most
/// 2 * spender_scan_max transactions.
[[nodiscard]] Result<OutpointStatus> outpoint_status(const ServerContext& context, const Outpoint& outpoint);

}  // namespace sluice::serve
