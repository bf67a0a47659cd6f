#include "chain/best_chain.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace sluice::chain {
namespace {

constexpr std::uint32_t none = ~std::uint32_t{0};

/// Mixes all 32 bytes: real hashes are random in any part, but records may hold anything.
std::uint64_t mixed(const BlockHash& hash) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = (value ^ load_le<std::uint64_t>(hash.data() + 8 * i)) * 0x9e3779b97f4a7c15;
    value ^= value >> 32;
  }
  return value;
}

/// Hash to record position; open addressing, at most half full.
class HashIndex {
 public:
  explicit HashIndex(std::span<const HeaderRecord> records)
      : records_(records), slots_(std::bit_ceil(2 * records.size() + 2), none), mask_(slots_.size() - 1) {}

  [[nodiscard]] std::uint32_t find(const BlockHash& hash) const noexcept { return slots_[slot_of(hash)]; }

  /// false if the hash is there already.
  bool insert(std::uint32_t position) noexcept {
    std::uint32_t& slot = slots_[slot_of(records_[position].hash)];
    if (slot != none) return false;
    slot = position;
    return true;
  }

 private:
  /// Where the hash is, or the free slot where it would go.
  [[nodiscard]] std::size_t slot_of(const BlockHash& hash) const noexcept {
    std::size_t slot = mixed(hash) & mask_;
    while (slots_[slot] != none && records_[slots_[slot]].hash != hash) slot = (slot + 1) & mask_;
    return slot;
  }

  std::span<const HeaderRecord> records_;
  std::vector<std::uint32_t> slots_;
  std::size_t mask_;
};

/// Children of each record: those of p are children[begin[p] .. begin[p + 1]).
struct Children {
  std::vector<std::uint32_t> begin;
  std::vector<std::uint32_t> children;
};

Children list_children(std::span<const std::uint32_t> parent) {
  Children lists;
  lists.begin.assign(parent.size() + 1, 0);
  for (const std::uint32_t p : parent) {
    if (p != none) ++lists.begin[p + 1];
  }
  for (std::size_t i = 0; i < parent.size(); ++i) lists.begin[i + 1] += lists.begin[i];
  lists.children.resize(lists.begin.back());
  std::vector<std::uint32_t> next(lists.begin.begin(), lists.begin.end() - 1);
  for (std::uint32_t i = 0; i < parent.size(); ++i) {
    if (parent[i] != none) lists.children[next[parent[i]]++] = i;
  }
  return lists;
}

struct Reached {
  std::vector<std::uint32_t> order;  // breadth first, parents before children
  std::vector<Uint256> work;         // [order.size()] up to and including that record
};

/// Walks from the genesis. A record has one parent at most and the genesis none, so none comes twice.
Reached walk(std::span<const HeaderRecord> records, const Children& lists, std::uint32_t genesis) {
  Reached reached;
  std::uint32_t bits = records[genesis].bits;
  Uint256 work = work_of_bits(bits);  // of the last bits seen: neighbours often share them
  reached.order.push_back(genesis);
  reached.work.push_back(work);
  for (std::size_t at = 0; at < reached.order.size(); ++at) {
    const std::uint32_t p = reached.order[at];
    for (std::uint32_t c = lists.begin[p]; c < lists.begin[p + 1]; ++c) {
      const std::uint32_t child = lists.children[c];
      if (records[child].bits != bits) {
        bits = records[child].bits;
        work = work_of_bits(bits);
      }
      if (work == Uint256{}) continue;
      Uint256 total = reached.work[at];
      total += work;
      reached.order.push_back(child);
      reached.work.push_back(total);
    }
  }
  return reached;
}

std::size_t best_tip(const Reached& reached) noexcept {
  std::size_t best = 0;
  for (std::size_t i = 1; i < reached.order.size(); ++i) {
    const auto order = reached.work[i] <=> reached.work[best];
    if (order > 0 || (order == 0 && reached.order[i] < reached.order[best])) best = i;
  }
  return best;
}

enum class Place : std::uint8_t { unlinked, duplicate, linked, best };

}  // namespace

BestChain find_best_chain(std::span<const HeaderRecord> records, const BlockHash& genesis) {
  SLUICE_CHECK(records.size() < none);
  BestChain result;
  std::vector<Place> place(records.size(), Place::unlinked);
  std::vector<std::uint32_t> parent(records.size(), none);
  std::uint32_t genesis_at = none;
  {
    HashIndex index(records);
    for (std::uint32_t i = 0; i < records.size(); ++i) {
      if (!index.insert(i)) place[i] = Place::duplicate;
    }
    genesis_at = index.find(genesis);
    for (std::uint32_t i = 0; i < records.size(); ++i) {
      if (place[i] != Place::duplicate && i != genesis_at) parent[i] = index.find(records[i].previous);
    }
  }
  if (genesis_at != none) {
    const Reached reached = walk(records, list_children(parent), genesis_at);
    for (const std::uint32_t i : reached.order) place[i] = Place::linked;
    const std::size_t tip = best_tip(reached);
    result.work = reached.work[tip];
    for (std::uint32_t i = reached.order[tip]; i != none; i = parent[i]) {
      place[i] = Place::best;
      result.by_height.push_back(i);
    }
    std::reverse(result.by_height.begin(), result.by_height.end());
  }
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    switch (place[i]) {
      case Place::unlinked: result.unlinked.push_back(i); break;
      case Place::duplicate: result.duplicates.push_back(i); break;
      case Place::linked: result.stale.push_back(i); break;
      case Place::best: break;
    }
  }
  return result;
}

}  // namespace sluice::chain
