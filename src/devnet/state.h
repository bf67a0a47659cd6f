// What the generator carries from block to block, and copies at a fork.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/hash256.h"
#include "base/random.h"
#include "devnet/options.h"
#include "devnet/scripts.h"
#include "devnet/swap_offers.h"

namespace sluice::devnet {

inline constexpr std::uint32_t no_slot = 0xffffffff;

/// An output that a later transaction may spend.
struct LiveOutput {
  Digest txid;
  std::uint32_t index = 0;
  std::uint32_t slot = no_slot;  ///< its script in Histories
  std::uint64_t value = 0;
  std::array<std::uint32_t, 2> refs{};  ///< 1 + index into State::refs; 0: none
  std::uint32_t key = 0;
  std::uint32_t birth_height = 0;
  std::uint32_t birth_tx = 0;  ///< in order of making, within its block
  ScriptForm form = ScriptForm::p2pkh;
};

/// Spendable outputs, picked mostly from the young end, as people spend.
class Pool {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return outputs_.size(); }
  [[nodiscard]] bool empty() const noexcept { return outputs_.empty(); }
  void add(const LiveOutput& output) { outputs_.push_back(output); }
  /// Bounds: not empty.
  [[nodiscard]] LiveOutput take(Random& random);
  /// Takes this one, if it is there. Cost: looks at every output, the young ones first.
  [[nodiscard]] std::optional<LiveOutput> take(const Ref& outpoint);
  /// Looks at one without taking it. Bounds: not empty.
  [[nodiscard]] const LiveOutput& peek(Random& random) const;

 private:
  [[nodiscard]] std::size_t pick(Random& random) const;
  std::vector<LiveOutput> outputs_;
};

struct Draft;

/// A transaction that is made already and stands in no block yet: offers can name its outputs before they are there.
struct HeldTx {
  std::shared_ptr<const Draft> draft;
  std::uint64_t signer = 0;  ///< seed of its filler
  Digest txid;
  std::uint32_t height = 0;  ///< block in which it was held back
};

struct State {
  explicit State(std::uint64_t seed) : random(seed) {}

  Random random;
  Pool plain;
  Pool ft;
  Pool nft;
  std::vector<Ref> refs;            ///< all minted
  std::deque<LiveOutput> maturing;  ///< coinbase outputs in height order
  std::vector<Ref> spent_sample;    ///< a few outpoints spent earlier, for offers that are dead
  // A swap market only (market.cpp).
  std::vector<OfferParts> offers;     ///< the last ones
  std::vector<Ref> recent_spends;     ///< the last outpoints spent
  std::vector<HeldTx> held;           ///< at most one
  std::uint32_t fresh_key = 1 << 20;  ///< keys from here on are used once
  DevnetReport totals;
};

/// History lengths per script of the active chain, for the report. Not part of State: stale
/// branches are never counted.
class Histories {
 public:
  [[nodiscard]] std::uint32_t slot_of(ScriptForm form, std::uint64_t identity);
  void created(std::uint32_t slot, std::uint32_t tx_number, bool counts_unspent);
  void spent(std::uint32_t slot, std::uint32_t tx_number);
  void finish(DevnetReport& report) const;

 private:
  struct Entry {
    std::uint32_t last_tx = 0xffffffff;
    std::uint32_t txs = 0;
    std::uint32_t unspent = 0;
  };
  void touch(Entry& entry, std::uint32_t tx_number);
  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::uint32_t> slots_;
};

}  // namespace sluice::devnet
