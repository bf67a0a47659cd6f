#include "mempool/waiting.h"

#include "base/check.h"

namespace sluice::mempool {

std::size_t WaitingRoom::add(Shared<PoolTx> tx, const Txid& missing) {
  const Txid txid = tx->txid();
  bytes_ += tx->footprint_bytes();
  SLUICE_CHECK(by_txid_.emplace(txid, Guest{std::move(tx), missing, arrivals_}).second);
  by_missing_.emplace(missing, txid);
  by_arrival_.emplace(arrivals_++, txid);
  std::size_t dropped = 0;
  for (; bytes_ > bytes_max_; ++dropped) erase(Txid(by_arrival_.begin()->second));
  return dropped;
}

bool WaitingRoom::erase(const Txid& txid) {
  const auto found = by_txid_.find(txid);
  if (found == by_txid_.end()) return false;
  const Guest& guest = found->second;
  by_missing_.erase({guest.missing, txid});
  by_arrival_.erase(guest.arrival);
  bytes_ -= guest.tx->footprint_bytes();
  by_txid_.erase(found);
  return true;
}

std::vector<Shared<PoolTx>> WaitingRoom::waiting_for(const Txid& missing) const {
  std::vector<Shared<PoolTx>> found;
  for (auto at = by_missing_.lower_bound({missing, Txid{}}); at != by_missing_.end() && at->first == missing; ++at)
    found.push_back(by_txid_.at(at->second).tx);
  return found;
}

std::vector<Shared<PoolTx>> WaitingRoom::all() const {
  std::vector<Shared<PoolTx>> found;
  for (const auto& [txid, guest] : by_txid_) found.push_back(guest.tx);
  return found;
}

}  // namespace sluice::mempool
