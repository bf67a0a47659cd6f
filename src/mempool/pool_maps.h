// The three maps that are the pool: by transaction, by spent output, by script. A copy is a snapshot.
#pragma once

#include "mempool/persistent_map.h"
#include "mempool/pool_tx.h"

namespace sluice::mempool {

/// Low bits of an outpoint's hash differ between the outputs of one transaction.
struct OutpointHash {
  std::uint64_t operator()(const Outpoint& outpoint) const noexcept {
    return outpoint.txid.low64() ^ (outpoint.index * std::uint64_t{0x9e37'79b9'7f4a'7c15});
  }
};

struct TxEntry {
  TxRef tx;
  std::uint32_t unconfirmed_inputs = 0;  ///< inputs whose prevout's transaction is in the pool

  [[nodiscard]] const Txid& key() const noexcept { return tx->txid(); }
};
using TxMap = PersistentMap<Txid, TxEntry, Hash32Hasher>;

struct SpendEntry {
  TxRef tx;
  std::uint32_t input = 0;

  [[nodiscard]] Outpoint key() const noexcept { return tx->prevout(input); }
};
using SpendMap = PersistentMap<Outpoint, SpendEntry, OutpointHash>;

struct ScriptTx {
  TxRef tx;

  [[nodiscard]] const Txid& key() const noexcept { return tx->txid(); }
};
using ScriptTxs = PersistentMap<Txid, ScriptTx, Hash32Hasher>;

struct ScriptEntry {
  ScriptHash scripthash;
  ScriptTxs txs;           ///< that fund or spend it; never empty
  std::int64_t delta = 0;  ///< of all of them together

  [[nodiscard]] const ScriptHash& key() const noexcept { return scripthash; }
};
using ScriptMap = PersistentMap<ScriptHash, ScriptEntry, Hash32Hasher>;

struct PoolMaps {
  TxMap txs;
  SpendMap spends;
  ScriptMap scripts;
  std::uint64_t tx_bytes = 0;  ///< serialised, all transactions
};

}  // namespace sluice::mempool
