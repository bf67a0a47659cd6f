// The writer's own list of the pool's txids, to be compared with the node's: flat, so that a comparison of 100,000
// costs milliseconds where the maps would take a tenth of a second.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/hash256.h"

namespace sluice::mempool {

class TxidIndex {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// Bounds: not there yet.
  void insert(const Txid& txid);
  /// Bounds: there.
  void erase(const Txid& txid);

  /// Calls unknown(txid) for each listed one that is not here, unlisted(txid) for each one here that is not listed.
  template <typename Unknown, typename Unlisted>
  void compare(std::span<const Txid> listed, Unknown&& unknown, Unlisted&& unlisted) {
    ++round_;
    for (std::size_t i = 0; i < listed.size(); ++i) {
      if (i + ahead < listed.size()) prefetch(listed[i + ahead]);
      if (!mark(listed[i])) unknown(listed[i]);
    }
    for (const Entry& entry : entries_) {
      if (entry.round != round_) unlisted(entry.txid);
    }
  }

 private:
  struct Entry {
    Txid txid;
    std::uint32_t round = 0;  ///< when it was listed last
  };
  static constexpr std::size_t ahead = 8;  ///< look-ups whose memory is on its way at a time
  static constexpr std::uint32_t free_slot = 0xffff'ffff;

  void prefetch(const Txid& txid) const noexcept {
    if (!slots_.empty()) __builtin_prefetch(&slots_[txid.low64() & (slots_.size() - 1)]);
  }
  [[nodiscard]] bool mark(const Txid& txid) noexcept;
  /// The slot that names this txid, or the free one where it would be. Bounds: slots_ not empty.
  [[nodiscard]] std::size_t slot_of(const Txid& txid) const noexcept;
  void rebuild(std::size_t slot_count);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  ///< place in entries_, by low bits of the txid, linear probing; at most half full
  std::uint32_t round_ = 0;
};

}  // namespace sluice::mempool
