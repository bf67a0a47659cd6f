// Transactions whose inputs are not known yet: kept aside, within a bound, the oldest dropped first.
#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mempool/pool_tx.h"

namespace sluice::mempool {

class WaitingRoom {
 public:
  explicit WaitingRoom(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] std::size_t count() const noexcept { return by_txid_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool contains(const Txid& txid) const { return by_txid_.contains(txid); }

  /// missing: the transaction that it waits for. Returns how many had to go for it, itself perhaps included.
  /// Bounds: not there yet.
  std::size_t add(Shared<PoolTx> tx, const Txid& missing);
  /// false if it was not there.
  bool erase(const Txid& txid);
  /// Those that wait for this transaction.
  [[nodiscard]] std::vector<Shared<PoolTx>> waiting_for(const Txid& missing) const;
  [[nodiscard]] std::vector<Shared<PoolTx>> all() const;

 private:
  struct Guest {
    Shared<PoolTx> tx;
    Txid missing;
    std::uint64_t arrival = 0;
  };

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::uint64_t arrivals_ = 0;
  std::unordered_map<Txid, Guest, Hash32Hasher> by_txid_;
  std::set<std::pair<Txid, Txid>> by_missing_;  ///< missing, waiting
  std::map<std::uint64_t, Txid> by_arrival_;
};

}  // namespace sluice::mempool
