#include "mempool/txid_index.h"

#include <algorithm>

#include "base/check.h"

namespace sluice::mempool {

std::size_t TxidIndex::slot_of(const Txid& txid) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = txid.low64() & mask;
  while (slots_[slot] != free_slot && entries_[slots_[slot]].txid != txid) slot = (slot + 1) & mask;
  return slot;
}

bool TxidIndex::mark(const Txid& txid) noexcept {
  if (slots_.empty()) return false;
  const std::uint32_t place = slots_[slot_of(txid)];
  if (place == free_slot) return false;
  entries_[place].round = round_;
  return true;
}

void TxidIndex::insert(const Txid& txid) {
  if (2 * (entries_.size() + 1) > slots_.size()) rebuild(std::max<std::size_t>(64, 2 * slots_.size()));
  std::uint32_t& slot = slots_[slot_of(txid)];
  SLUICE_CHECK(slot == free_slot);
  slot = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({txid, 0});
}

void TxidIndex::erase(const Txid& txid) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = slot_of(txid);
  const std::uint32_t place = slots_[hole];
  SLUICE_CHECK(place != free_slot);
  if (place + 1 != entries_.size()) {
    slots_[slot_of(entries_.back().txid)] = place;
    entries_[place] = entries_.back();
  }
  entries_.pop_back();
  // Whoever was pushed on past the hole moves back into it, so that no search ends too early.
  for (std::size_t slot = (hole + 1) & mask; slots_[slot] != free_slot; slot = (slot + 1) & mask) {
    const std::size_t wanted = entries_[slots_[slot]].txid.low64() & mask;
    if (((slot - wanted) & mask) < ((slot - hole) & mask)) continue;
    slots_[hole] = slots_[slot];
    hole = slot;
  }
  slots_[hole] = free_slot;
}

void TxidIndex::rebuild(std::size_t slot_count) {
  slots_.assign(slot_count, free_slot);
  for (std::uint32_t place = 0; place < entries_.size(); ++place) slots_[slot_of(entries_[place].txid)] = place;
}

}  // namespace sluice::mempool
