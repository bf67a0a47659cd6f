// The node's unconfirmed transactions: each spends outputs of the active chain or of one another, none twice.
//
// What a real node checks by running scripts is taken for granted here; everything that follows from outputs alone
// is checked as the node does, with its words.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "devnet_node/chain_state.h"

namespace sluice::devnet_node {

enum class [[nodiscard]] Admission : std::uint8_t{
    accepted,
    known,           ///< in the mempool already
    in_chain,        ///< confirmed already
    coinbase,        ///< only blocks have those
    missing_inputs,  ///< an input spends what neither chain nor mempool has, or what the chain has spent
    conflict,        ///< an input is spent by another unconfirmed transaction
    repeated_input,  ///< the same output spent twice by the transaction itself
    overspent,       ///< outputs worth more than inputs
};

struct MempoolEntry {
  Transaction tx;
  std::uint64_t fee = 0;     ///< base units
  std::int64_t time = 0;     ///< seconds since 1970, when it was accepted
  std::uint32_t height = 0;  ///< of the tip when it was accepted
};

class Mempool {
 public:
  /// Would `tx` be taken, and with what fee?
  [[nodiscard]] Admission judge(const Transaction& tx, const ChainState& chain, std::uint64_t& fee) const;
  Admission accept(Transaction tx, const ChainState& chain, std::int64_t time);

  /// Removes a transaction and all that spend its outputs, directly or not. Returns what was removed, children first.
  std::vector<MempoolEntry> evict(const Txid& txid);
  /// After `block` became the tip: removes what it confirmed, and what it made impossible with all descendants.
  /// Returns how many of the latter there were.
  std::size_t confirm(const std::vector<Transaction>& block_txs);
  /// All transactions, parents before children; the mempool is empty after it.
  [[nodiscard]] std::vector<MempoolEntry> take_all();

  [[nodiscard]] const MempoolEntry* find(const Txid& txid) const noexcept;
  /// The unconfirmed transaction that spends the output; nullptr if none does.
  [[nodiscard]] const MempoolEntry* spender(const Outpoint& outpoint) const noexcept;
  /// In order of acceptance: parents come before children.
  [[nodiscard]] std::vector<const MempoolEntry*> in_order() const;
  /// Unconfirmed transactions that `entry` spends from, each once, in the order of its inputs.
  [[nodiscard]] std::vector<const MempoolEntry*> parents(const MempoolEntry& entry) const;
  [[nodiscard]] std::vector<const MempoolEntry*> children(const MempoolEntry& entry) const;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Held {
    MempoolEntry entry;
    std::uint64_t order = 0;
  };
  void remove(const Txid& txid);

  std::unordered_map<Txid, Held, Hash32Hasher> entries_;
  std::map<std::uint64_t, const MempoolEntry*> order_;
  std::unordered_map<Outpoint, Txid, OutpointHasher> spenders_;
  std::uint64_t next_order_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sluice::devnet_node
