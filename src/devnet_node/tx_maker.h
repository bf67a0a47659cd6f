// New transactions on top of whatever chain the node has: the generator's mix, spending outputs that are really there.
//
// The pools of spendable outputs are a reading of chain and mempool. They follow what is made here by themselves; after
// anything else (a reorg, an eviction, a transaction from outside) changed() has them read again.
#pragma once

#include <map>
#include <optional>

#include "base/random.h"
#include "devnet/mix.h"
#include "devnet_node/mempool.h"

namespace sluice::devnet_node {

/// Which outputs new transactions may spend.
enum class Reach : std::uint8_t {
  confirmed,    ///< of the active chain only
  unconfirmed,  ///< of the mempool too
};

class TxMaker {
 public:
  /// maturity: blocks before a coinbase is spent.
  /// swap_percent: as in DevnetOptions.
  TxMaker(const chain::Network& network, const devnet::CoinParams& coin, std::uint64_t seed, std::uint32_t maturity,
          std::uint64_t chain_txs, std::uint32_t swap_percent);

  /// The pools no longer tell what is there.
  void changed() noexcept { is_current_ = false; }

  /// Makes a transaction; its outputs can be spent by the next. nullopt if nothing is left to spend.
  [[nodiscard]] std::optional<Transaction> next(const ChainState& chain, const Mempool& mempool, Reach reach);

  /// Another transaction that spends the first input of `victim`. nullopt if that output cannot be spent again.
  [[nodiscard]] std::optional<Transaction> double_spend(const Transaction& victim, const ChainState& chain,
                                                        const Mempool& mempool);

  /// Pays `value` to a script, from confirmed and unconfirmed outputs; the change stays in the purse.
  /// nullopt if there is not so much.
  [[nodiscard]] std::optional<Transaction> pay(const ChainState& chain, const Mempool& mempool, Bytes script,
                                               std::uint64_t value);

  /// The coinbase of the next block. witness_ids: of the block's other transactions in their order, empty if none
  /// has a witness.
  [[nodiscard]] Transaction coinbase(const ChainState& chain, std::uint64_t fees,
                                     const std::vector<Digest>& witness_ids);

  [[nodiscard]] Random& random() noexcept { return state_.random; }

 private:
  /// Brings the pools up to date.
  void prepare(const ChainState& chain, const Mempool& mempool, Reach reach);
  void read_pools(const ChainState& chain, const Mempool& mempool, Reach reach);
  void add_outputs(const Transaction& tx, std::uint32_t height, const ChainState& chain, const Mempool& mempool);
  void deposit(const devnet::DraftOutput& output, const Digest& txid, std::uint32_t index, std::uint32_t height);
  void add(const devnet::LiveOutput& output);
  [[nodiscard]] std::optional<devnet::LiveOutput> live_output(const Transaction& tx, std::uint32_t index);
  [[nodiscard]] std::uint32_t ref_number(const devnet::Ref& ref);
  [[nodiscard]] Transaction write_draft();

  const chain::Network& network_;
  const devnet::CoinParams& coin_;
  std::uint32_t maturity_;
  devnet::State state_;
  devnet::Mix mix_;
  devnet::TxWriter writer_;
  devnet::Draft draft_;
  std::map<devnet::Ref, std::uint32_t> ref_numbers_;
  std::size_t refs_known_ = 0;
  bool is_current_ = false;
  bool holds_unconfirmed_ = false;
  std::uint64_t coinbases_ = 0;
};

}  // namespace sluice::devnet_node
