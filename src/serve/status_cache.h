// Statuses of long histories, kept so that a new block costs its new items only.
//
//   sha256 over  item item item ... item | item item | mempool items
//                '--- hashed already --'   new since    each time, unless the same mempool was seen
//
// An entry is of a script at the chain up to a block, known by its header: headers are chained, so a view with the
// same header at that height has the same history up to it. Where a reorg took that block away, the entry counts for
// nothing and the status is made anew.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/hash256.h"
#include "chain/header.h"
#include "hash/sha256.h"

namespace sluice::serve {

/// A status on the way: all confirmed items up to a block are in it.
struct StatusProgress {
  std::uint32_t tip_height = 0;
  chain::RawHeader tip_header{};
  hash::Sha256 hasher;
  std::size_t confirmed_items = 0;
  std::size_t confirmed_bytes = 0;  ///< hashed
  /// What came out with the mempool of that version, so that all who watch a script share one computation.
  std::optional<std::uint64_t> mempool_version;
  std::size_t mempool_items = 0;
  std::size_t preimage_bytes = 0;
  std::optional<Digest> hash;
};

/// The least recently used are forgotten. Any thread.
class StatusCache {
 public:
  /// Shorter histories are not kept: reading them costs no more than this, and they would push the long ones out.
  static constexpr std::size_t kept_from_items = 32;
  /// Of an entry, with what the containers add.
  static constexpr std::size_t entry_bytes = 512;

  /// bytes_max: 0 keeps nothing.
  explicit StatusCache(std::size_t bytes_max) : entries_max_(bytes_max / entry_bytes) {}

  [[nodiscard]] std::optional<StatusProgress> find(const ScriptHash& scripthash);
  void put(const ScriptHash& scripthash, const StatusProgress& progress);
  [[nodiscard]] std::size_t entries() const;

 private:
  struct Entry {
    ScriptHash scripthash;
    StatusProgress progress;
  };

  std::size_t entries_max_;
  mutable std::mutex mutex_;  // held for the copy of an entry
  std::list<Entry> entries_;  ///< most recently used first
  std::unordered_map<ScriptHash, std::list<Entry>::iterator, Hash32Hasher> by_script_;
};

}  // namespace sluice::serve
