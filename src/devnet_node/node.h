// The stand-in node: chain, mempool and block files moved together, as a node moves them.
//
// Every operation is complete when it returns; who asks in between sees the state before or after. What a node would
// publish is told to the observer at the same moments and in the same order.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "devnet/options.h"
#include "devnet_node/block_files.h"
#include "devnet_node/mempool.h"
#include "devnet_node/tx_maker.h"

namespace sluice::devnet_node {

/// What becomes known to subscribers. Both may be empty.
struct NodeObserver {
  /// Entered the mempool, also back from a lost block, or its block was connected or disconnected.
  std::function<void(const Transaction&)> transaction;
  std::function<void(const Block&)> tip;  ///< new tip, once an operation that connected blocks is done
};

struct NodeOptions {
  devnet::DevnetOptions chain;         ///< directory of the node's block files; the chain to make if it has none
  std::filesystem::path foreign_dir;   ///< block files to copy there instead, if it has none; may be empty
  std::filesystem::path mempool_file;  ///< unconfirmed transactions to begin with; empty: none
  BlockFileWriter::Limits files;
  std::function<std::int64_t()> now;  ///< seconds since 1970; empty: the system's clock
};

struct MineRequest {
  std::uint32_t blocks = 1;
  std::uint32_t transactions = 0;       ///< in each block, never seen in the mempool before
  std::uint32_t mempool_percent = 100;  ///< of the mempool's transactions, for the first block; the rest stay
  std::uint32_t conflicts = 0;          ///< in each block, transactions that spend what mempool transactions spend
};

struct ReorgRequest {
  std::uint32_t depth = 1;             ///< blocks to disconnect
  std::uint32_t blocks = 2;            ///< of the new branch; 0 leaves the fork point as the tip
  std::uint32_t transactions = 0;      ///< in each new block, never seen before
  std::uint32_t mempool_percent = 50;  ///< of what returned to the mempool, for each new block
};

struct ChurnRequest {
  std::uint32_t add = 0;
  std::uint32_t evict = 0;    ///< without a trace; descendants go too
  std::uint32_t replace = 0;  ///< by another transaction that spends the same output
  bool leaves = false;        ///< evict and replace only what no other transaction spends from
};

/// What an operation did.
struct NodeChange {
  std::uint32_t connected = 0;     ///< blocks
  std::uint32_t disconnected = 0;  ///< blocks
  std::uint32_t added = 0;         ///< transactions that entered the mempool from outside
  std::uint32_t removed = 0;       ///< transactions that left it unconfirmed
};

class Node {
 public:
  /// Reads the directory's block files, or makes or copies them first, and then the mempool file, whose transactions
  /// may stand in any order.
  /// Errors: config, io, corrupt: each names the directory, file or block.
  [[nodiscard]] static Result<std::unique_ptr<Node>> open(const chain::Network& network, NodeOptions options);

  [[nodiscard]] const ChainState& chain() const noexcept { return chain_; }
  [[nodiscard]] const Mempool& mempool() const noexcept { return mempool_; }
  [[nodiscard]] std::int64_t now() const { return now_(); }
  void observe(NodeObserver observer) { observer_ = std::move(observer); }

  /// Errors: config, conflicts or transactions that the chain has no coins for; io.
  [[nodiscard]] Result<NodeChange> mine(const MineRequest& request);
  /// Errors: config, deeper than the chain; as mine.
  [[nodiscard]] Result<NodeChange> reorg(const ReorgRequest& request);
  /// Errors: config, no coins left to make transactions of.
  [[nodiscard]] Result<NodeChange> churn(const ChurnRequest& request);
  /// Puts a transaction into the mempool that pays `value` base units to `script`, for wallets to receive.
  /// Errors: config, the chain has not so much to spend.
  [[nodiscard]] Result<Txid> pay(Bytes script, std::uint64_t value);
  /// A transaction from outside.
  Admission submit(Transaction tx);
  /// A block from outside: under any known parent; a branch of more work than the active chain takes over.
  /// Errors: corrupt, not_found (unknown parent), io.
  [[nodiscard]] Status submit_block(std::vector<std::byte> raw);

 private:
  Node(ChainState chain, const devnet::CoinParams& coin, const NodeOptions& options, const StoredBlocks& stored);
  [[nodiscard]] Status load_mempool(const std::filesystem::path& path);
  [[nodiscard]] Status mine_one(const MineRequest& request, std::uint32_t mempool_percent);
  [[nodiscard]] Status connect(const Block& block);
  /// Returns what came back to the mempool.
  std::vector<Txid> disconnect(std::uint32_t depth);
  /// Accepts what it can, parents first; returns how many are left over.
  std::size_t accept_all(std::vector<MempoolEntry> entries);
  /// A transaction of our own making, which is lawful.
  void take_own(Transaction tx);
  [[nodiscard]] std::vector<Transaction> choose_from_mempool(std::uint32_t percent);
  [[nodiscard]] std::vector<Transaction> make_conflicts(const std::vector<Transaction>& chosen, std::uint32_t count);
  [[nodiscard]] std::uint64_t fees(const std::vector<Transaction>& txs) const;
  void tell(const Transaction& tx) const;
  /// Those of them that no later block has confirmed.
  void tell_returned(const std::vector<Txid>& returned) const;
  void tell_tip() const;

  ChainState chain_;
  Mempool mempool_;
  const devnet::CoinParams& coin_;
  TxMaker maker_;
  BlockFileWriter files_;
  std::function<std::int64_t()> now_;
  NodeObserver observer_;
};

}  // namespace sluice::devnet_node
