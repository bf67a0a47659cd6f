// One unconfirmed transaction, taken apart once: what it spends, what it creates, whose scripts it touches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/hash256.h"
#include "chain/coin.h"
#include "classify/script_batch.h"
#include "mempool/shared.h"
#include "parse/parse_blocks.h"
#include "parse/tx_batch.h"
#include "serve/mempool_view.h"

namespace sluice::mempool {

using serve::Outpoint;

/// What every transaction of a pool has in common.
struct PoolRules {
  chain::Coin coin = chain::Coin::radiant;
  /// The peers' habits: their push-length quirk (classify/scripthash.h), and that data outputs have history for as long
  /// as they are unconfirmed.
  bool parity = false;
  bool swap_offers = false;  ///< the offers of transactions are kept (Radiant)
  /// How OP_1..OP_16 are read as output index of an offer (classify::SwapOptions).
  bool op_number_index = false;
};

/// An output as its spender sees it.
struct Output {
  ScriptHash scripthash;
  std::uint64_t value = 0;  ///< base units
  bool indexed = true;      ///< has history; false for data outputs
};

/// One side of a transaction at one script: an output spent by it or created by it.
struct Coin {
  Output output;
  std::uint32_t offset = 0;  ///< in raw: the prevout of an input, the value field of an output
};

/// A swap offer in one of its outputs.
struct PoolOffer {
  std::uint32_t output = 0;
  classify::SwapOffer offer;  ///< its offsets are into the raw transaction
};

/// Immutable once in a pool.
class PoolTx : public Counted {
 public:
  /// Takes a transaction apart; its inputs are not resolved yet: their coins hold prevouts only.
  /// Errors: parse's, and bad_inputs for a coinbase or an output spent twice.
  static parse::ParseErrc parse(std::vector<std::byte> raw, const PoolRules& rules, parse::TxBatch& batch,
                                parse::ParseScratch& scratch, Shared<PoolTx>& target);

  [[nodiscard]] const Txid& txid() const noexcept { return txid_; }
  [[nodiscard]] Bytes raw() const noexcept { return raw_; }
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }  ///< virtual bytes
  [[nodiscard]] std::uint64_t fee() const noexcept { return fee_; }
  /// Tenths of a base unit per virtual byte, rounded down.
  [[nodiscard]] std::uint64_t rate_tenths() const noexcept;

  [[nodiscard]] std::uint32_t input_count() const noexcept { return input_count_; }
  [[nodiscard]] std::uint32_t output_count() const noexcept {
    return static_cast<std::uint32_t>(coins_.size()) - input_count_;
  }
  [[nodiscard]] Outpoint prevout(std::uint32_t input) const noexcept;
  [[nodiscard]] const Output& input(std::uint32_t index) const noexcept { return coins_[index].output; }
  /// Bounds: index < output_count().
  [[nodiscard]] const Output& output(std::uint32_t index) const noexcept { return coins_[input_count_ + index].output; }
  [[nodiscard]] Bytes output_script(std::uint32_t index) const noexcept;

  /// By output; none unless the rules ask for them.
  [[nodiscard]] std::span<const PoolOffer> offers() const noexcept { return offers_; }

  /// Numbers the output that an input spends; all inputs, then settle().
  void resolve_input(std::uint32_t index, const Output& output) noexcept { coins_[index].output = output; }
  /// Computes fee and order of scripts.
  /// Errors: false if the outputs are worth more than the inputs, or the sums are beyond any coin's supply.
  [[nodiscard]] bool settle();

  /// Calls visit(scripthash, coins) once per script with history; inputs are numbered below input_count(), outputs
  /// from there.   Bounds: settled.
  template <typename Visit>
  void for_each_script(Visit&& visit) const {
    for (std::size_t begin = 0; begin < by_script_.size();) {
      std::size_t end = begin + 1;
      while (end < by_script_.size() && script_of(end) == script_of(begin)) ++end;
      visit(script_of(begin), std::span(by_script_).subspan(begin, end - begin));
      begin = end;
    }
  }
  /// The coins of one script, inputs first. Bounds: settled.
  [[nodiscard]] std::span<const std::uint32_t> coins_of(const ScriptHash& scripthash) const noexcept;
  /// Outputs less inputs.
  [[nodiscard]] std::int64_t delta(std::span<const std::uint32_t> coins) const noexcept;

  /// Bytes that the pool's budget counts for it: its own, and its share of the maps (but for scripts).
  [[nodiscard]] std::size_t footprint_bytes() const noexcept;

 private:
  [[nodiscard]] bool spends_twice() const;
  void note_offer(std::uint32_t output, std::uint32_t script_begin, Bytes script, const PoolRules& rules);
  [[nodiscard]] const ScriptHash& script_of(std::size_t place) const noexcept {
    return coins_[by_script_[place]].output.scripthash;
  }

  Txid txid_;
  std::uint64_t fee_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t input_count_ = 0;
  std::vector<Coin> coins_;               ///< inputs, then outputs
  std::vector<std::uint32_t> by_script_;  ///< coins with history, by script hash, then position
  std::vector<PoolOffer> offers_;
  std::vector<std::byte> raw_;
};

using TxRef = Shared<const PoolTx>;

}  // namespace sluice::mempool
