// Drafts transactions of each kind from what the state has to spend.
#pragma once

#include "devnet/coins.h"
#include "devnet/draft.h"

namespace sluice::devnet {

class Mix {
 public:
  /// chain_txs: about how many transactions the chain will have; fewer reuse fewer addresses.
  /// swap_percent: of transactions that are a market's (market.cpp), on Radiant; 0: the usual mix.
  Mix(CoinKind coin, std::uint64_t chain_txs, std::uint32_t pool_wanted, std::uint32_t swap_percent);

  /// Fills draft with the next transaction of the mix and takes its inputs from the state.
  /// Returns false if nothing is left to spend.
  bool make(State& state, Draft& draft) const;
  /// Outputs of a coinbase worth `value`.
  void make_coinbase(State& state, Draft& draft, std::uint64_t value, bool with_offer) const;
  /// An output paid to somebody: a reused address or, with `fresh_percent`, one never seen before.
  void add_payment(State& state, Draft& draft, std::uint64_t value, unsigned fresh_percent) const;

 private:
  [[nodiscard]] TxKind next_kind(State& state) const;
  [[nodiscard]] std::uint32_t pick_key(State& state, unsigned fresh_percent) const;
  [[nodiscard]] ScriptForm pick_form(Random& random) const;
  void take_plain(State& state, Draft& draft, std::size_t count) const;
  void pay(State& state, Draft& draft, std::size_t outputs) const;
  void make_data(State& state, Draft& draft) const;
  void make_swap(State& state, Draft& draft) const;
  void add_offer(State& state, Draft& draft) const;
  void make_cash_token(State& state, Draft& draft) const;

  // A swap market (market.cpp)
  void make_market(State& state, Draft& draft) const;
  void put_market_offer(State& state, Draft& draft) const;
  [[nodiscard]] OfferParts next_market_offer(State& state) const;
  bool take_offered(State& state, Draft& draft) const;
  void remember_spends(State& state, const Draft& draft) const;

  // Radiant tokens (glyphs.cpp)
  void make_token(State& state, Draft& draft) const;
  void mint(State& state, Draft& draft, ScriptForm form) const;
  void transfer_nft(State& state, Draft& draft) const;
  void transfer_ft(State& state, Draft& draft) const;
  void burn(State& state, Draft& draft) const;
  void add_ref_output(State& state, Draft& draft, ScriptForm form, std::uint64_t value,
                      std::array<std::uint32_t, 2> refs) const;
  void add_change(State& state, Draft& draft, std::uint64_t value) const;

  CoinKind coin_;
  unsigned key_bits_;          ///< reused addresses: 2^key_bits
  std::uint32_t pool_wanted_;  ///< below so many spendable outputs the chain splits coins first
  std::uint32_t swap_percent_;
};

}  // namespace sluice::devnet
