// Makes one block after another: transactions of the mix, their order, coinbase, merkle root, work.
#pragma once

#include "devnet/coins.h"
#include "devnet/devnet.h"
#include "devnet/mix.h"

namespace sluice::devnet {

struct BlockPlan {
  std::uint32_t height = 0;
  std::uint32_t branch = 0;  ///< 0: active chain
  Digest previous;
  bool diverge = false;  ///< go another way than the state would, after a shared beginning
};

class BlockMaker {
 public:
  BlockMaker(const DevnetOptions& options, const CoinParams& coin);

  /// Makes the next block of a branch and moves the state on. Only branch 0 is counted in histories.
  DevnetBlock make(State& state, const BlockPlan& plan);
  /// The node's own genesis block; its outputs can never be spent.
  [[nodiscard]] DevnetBlock genesis() const;
  [[nodiscard]] const Histories& histories() const noexcept { return histories_; }

 private:
  struct MadeTx {
    std::size_t begin, size;  // in body_
    TxIds ids;
    std::uint32_t first_parent = 0xffffffff;  // in this block, by order of making
  };
  void make_txs(State& state, const BlockPlan& plan);
  void draft_coinbase(State& state, const BlockPlan& plan);
  void finish_tx(State& state, const BlockPlan& plan, bool duplicate, bool counts_unspent, Random& signer);
  /// Keeps the draft for a later block, now and then.
  bool hold_back(State& state, const BlockPlan& plan);
  /// Makes a draft that earlier blocks have held back the next transaction, now and then.
  bool release(State& state, const BlockPlan& plan);
  void deposit(State& state, const BlockPlan& plan, const DraftOutput& output, const Digest& txid, std::uint32_t index,
               bool duplicate, bool counts_unspent);
  void order_txs(State& state);
  [[nodiscard]] std::array<std::byte, 80> mine(const BlockPlan& plan, const Digest& root, Digest& hash) const;
  [[nodiscard]] Digest header_hash(Bytes header) const;
  void add_witness_commitment();
  [[nodiscard]] bool is_duplicate_height(const BlockPlan& plan, std::uint32_t third) const;

  const DevnetOptions& options_;
  const CoinParams& coin_;
  std::uint32_t maturity_;
  Mix mix_;
  TxWriter writer_;
  Histories histories_;
  // Scratch of one block.
  Draft draft_;
  Buffer body_;
  std::vector<MadeTx> txs_;           // by order of making; the coinbase last
  std::vector<std::uint32_t> order_;  // of the others, as they stand in the block
  std::uint64_t fees_ = 0;
  bool has_witness_ = false;
};

}  // namespace sluice::devnet
