// The maps that are the pool: by transaction, by spent output, by script; who has swap offers. A copy is a snapshot.
//
// The map of transactions owns them; the others point to transactions that are in it, in the same copy. So a copied
// leaf of theirs is copied bytes, and no count of owners is touched.
#pragma once

#include <array>

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
  const PoolTx* tx = nullptr;
  std::uint32_t input = 0;

  [[nodiscard]] Outpoint key() const noexcept { return tx->prevout(input); }
};
using SpendMap = PersistentMap<Outpoint, SpendEntry, OutpointHash>;

/// A place in a map beside that of transactions.
struct TxPointer {
  const PoolTx* tx = nullptr;

  [[nodiscard]] const Txid& key() const noexcept { return tx->txid(); }
};

using OfferTxMap = PersistentMap<Txid, TxPointer, Hash32Hasher>;

/// The transactions of one script: the first few in place, which is all that most scripts have.
class ScriptTxs {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return few_count_ + many_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Bounds: not there yet.
  void insert(const PoolTx* tx) {
    if (few_count_ < few_.size()) few_[few_count_++] = tx;
    else many_.put({tx});
  }
  /// false if it was not there.
  bool erase(const PoolTx* tx) {
    for (std::uint32_t i = 0; i < few_count_; ++i) {
      if (few_[i] != tx) continue;
      few_[i] = few_[--few_count_];
      return true;
    }
    return many_.erase(tx->txid());
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t i = 0; i < few_count_; ++i) visit(*few_[i]);
    many_.for_each([&](const TxPointer& entry) { visit(*entry.tx); });
  }

 private:
  std::array<const PoolTx*, 3> few_{};
  std::uint32_t few_count_ = 0;
  PersistentMap<Txid, TxPointer, Hash32Hasher> many_;
};

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
  SpendMap offered_spends;     ///< those of `spends` whose output a swap order may offer
  OfferTxMap offer_txs;        ///< transactions with swap offers
  std::uint64_t tx_bytes = 0;  ///< serialised, all transactions
};

}  // namespace sluice::mempool
