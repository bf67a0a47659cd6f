// The records of one segment: what the chain's blocks become before they are sorted into rows.
//
// A segment is a run of blocks that is committed as one. Inside it a transaction is named by its
// number relative to the segment's first one (`rel`, 32 bits); base + rel is its tx number.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/chunk_arena.h"
#include "base/hash256.h"

namespace sluice::resolve {

/// Value in base units and a mark for outputs that push refs, in one word.
/// Bounds: value < 2^63, as the chain's int64 amounts are.
struct ValueFlags {
  std::uint64_t bits = 0;
  [[nodiscard]] static ValueFlags of(std::uint64_t value, bool has_refs) noexcept {
    return {value << 1 | (has_refs ? 1u : 0u)};
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return bits >> 1; }
  [[nodiscard]] bool has_refs() const noexcept { return (bits & 1) != 0; }
};

/// An output that nothing has spent yet, wherever it was created.
struct LiveOutput {
  std::uint64_t key = 0;  ///< outpoint key; the table way's empty slots have 0
  std::uint64_t prefix = 0;
  ValueFlags value;
  std::uint64_t tx_number = 0;
  std::uint32_t index = 0;  ///< output index in its transaction
  std::uint32_t spent = 0;  ///< 0 or 1: while a partition is joined
};
static_assert(sizeof(LiveOutput) == 40);

/// An indexed output created in the segment (join only).
struct OutputRecord {
  std::uint64_t key;     ///< outpoint key
  std::uint64_t prefix;  ///< of its scripthash
  ValueFlags value;
  std::uint32_t rel;
  std::uint32_t index;  ///< output index in its transaction
};
static_assert(sizeof(OutputRecord) == 32);

/// An input of the segment (join: all of them; table: those whose output the table lacks).
struct SpendRecord {
  std::uint64_t key;          ///< outpoint key of the prevout
  std::uint64_t txid_prefix;  ///< of the prevout's txid, to find it in the store
  std::uint32_t index;        ///< prevout's output index
  std::uint32_t rel;          ///< the spending transaction
};
static_assert(sizeof(SpendRecord) == 24);

/// Set in SpendRecord::index of a record that is no input, but an early coinbase output asking for
/// an older output of the same outpoint to be dropped. No transaction has 2^31 outputs.
inline constexpr std::uint32_t replaces_older = 1u << 31;

/// A transaction that funds or spends a script.
struct [[gnu::packed]] HistoryRecord {
  std::uint64_t prefix;
  std::uint32_t rel;
};
static_assert(sizeof(HistoryRecord) == 12);

/// The first half of a scripthash: what the index keeps of it. Finding a second script with the same
/// 128 bits is out of anybody's reach, and a query re-checks the full hash anyway.
struct ScriptKey {
  std::array<std::byte, 16> bytes;
  [[nodiscard]] static ScriptKey of(const ScriptHash& scripthash) noexcept {
    ScriptKey key;
    std::memcpy(key.bytes.data(), scripthash.data(), key.bytes.size());
    return key;
  }
  friend auto operator<=>(const ScriptKey&, const ScriptKey&) = default;
};

struct [[gnu::packed]] TxRecord {
  std::uint64_t txid_prefix;
  std::uint32_t rel;
};

/// A change of the unspent tables: an output of the segment that lived to its end, or an older
/// output that the segment spent.
struct UnspentRecord {
  std::uint64_t prefix;
  std::uint64_t tx_number;
  ValueFlags value;
  std::uint32_t index;
  std::uint32_t removed;  ///< 0 or 1
};
static_assert(sizeof(UnspentRecord) == 32);

/// Names an output by place.
struct [[gnu::packed]] PlaceRecord {
  std::uint64_t tx_number;
  std::uint32_t index;
};
static_assert(sizeof(PlaceRecord) == 12);

/// A distinct ref pushed by an output.
struct OutputRefRecord {
  std::uint32_t rel;
  std::uint32_t index;
  std::uint32_t order;  ///< of first occurrence in the script
  std::uint32_t type;   ///< classify::RefType
  std::array<std::byte, 36> ref;
};

/// A transaction that mints a ref, or moves it as a singleton.
struct RefPlaceRecord {
  std::array<std::byte, 36> ref;
  std::uint32_t rel;
  std::uint32_t is_location;  ///< 0 mint, 1 singleton location
};

/// An output spent by a block near the tip, or replaced by its coinbase: what undoing needs. Outputs that
/// the block itself created are among them, so that undoing knows every script the block touched.
struct UndoRecord {
  std::uint32_t height;  ///< of the block that ended it
  std::uint32_t index;
  std::uint64_t tx_number;  ///< of the spent output
  std::uint64_t prefix;
  ValueFlags value;
};

/// Created minus spent outpoints, summed modulo 2^128 (see outpoint_key.h).
struct OutpointSum {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const OutpointSum&, const OutpointSum&) = default;
  void add(const OutpointSum& other) noexcept {
    low += other.low;
    high += other.high + (low < other.low ? 1 : 0);
  }
  void subtract(const OutpointSum& other) noexcept {
    const bool borrow = low < other.low;
    low -= other.low;
    high -= other.high + (borrow ? 1 : 0);
  }
};

/// Index of the partition that a 64-bit key belongs to.
[[nodiscard]] inline std::size_t partition_of(std::uint64_t key, unsigned shift) noexcept {
  return shift == 64 ? 0 : key >> shift;
}
[[nodiscard]] constexpr unsigned partition_shift(std::size_t partition_count) noexcept {
  return 64 - static_cast<unsigned>(std::bit_width(partition_count) - 1);
}

/// Records of one worker, spread over partitions by the top bits of their key. No two workers share
/// one, so nothing here is locked.
struct RecordSet {
  std::vector<ChunkList<OutputRecord>> outputs;   ///< by outpoint key
  std::vector<ChunkList<SpendRecord>> spends;     ///< by outpoint key
  std::vector<ChunkList<HistoryRecord>> history;  ///< by scripthash prefix
  std::vector<ChunkList<ScriptKey>> scripts;      ///< by scripthash prefix
  std::vector<ChunkList<TxRecord>> txs;           ///< by txid prefix
  std::vector<ChunkList<UnspentRecord>> unspent;  ///< by scripthash prefix
  std::vector<ChunkList<UnspentRecord>> created;  ///< by rel: the same new outputs, for the table by place
  std::vector<ChunkList<PlaceRecord>> removed;    ///< by tx number: the same older outputs, for that table
  ChunkList<OutputRefRecord> output_refs;
  ChunkList<RefPlaceRecord> ref_places;
  ChunkList<UndoRecord> undo;
  /// False: nothing will be looked up by script or ref. history, scripts, unspent, output_refs and ref_places stay
  /// empty, and no output is marked as pushing refs.
  bool by_script = true;
  OutpointSum sum;
  std::uint64_t outputs_created = 0;
  std::uint64_t outputs_spent = 0;

  explicit RecordSet(std::size_t partition_count, bool wants_scripts = true)
      : outputs(partition_count),
        spends(partition_count),
        history(partition_count),
        scripts(partition_count),
        txs(partition_count),
        unspent(partition_count),
        created(partition_count),
        removed(partition_count),
        by_script(wants_scripts) {}

  void release(ChunkArena& arena) noexcept {
    const auto release_all = [&](auto& lists) {
      for (auto& list : lists) list.release(arena);
    };
    release_all(outputs), release_all(spends), release_all(history), release_all(scripts);
    release_all(txs), release_all(unspent), release_all(created), release_all(removed);
    output_refs.release(arena), ref_places.release(arena), undo.release(arena);
    sum = {};
    outputs_created = outputs_spent = 0;
  }
};

}  // namespace sluice::resolve
