// A transaction as the coin's node prints it (getrawtransaction with verbose).
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/hash256.h"
#include "chain/coin.h"

namespace sluice::serve {

struct VerboseContext {
  const chain::Network* network = nullptr;
  Txid txid;
  BlockHash block_hash;
  std::uint32_t confirmations = 0;  ///< 0: in no block; what is said of the block is then left out
  std::uint32_t block_time = 0;
};

/// Appends the JSON object, keys in the node's order.
/// Radiant: exactly what its node prints. Bitcoin Cash: the same with CashAddr addresses; a token
/// prefix is split off into tokenData. Bitcoin: with hash (wtxid), vsize, weight, txinwitness and
/// one `address` per output, but without output descriptors.
/// Errors: false (target unspecified) if the bytes are not one transaction.
[[nodiscard]] bool append_verbose_transaction(std::string& target, Bytes raw, const VerboseContext& context);

}  // namespace sluice::serve
